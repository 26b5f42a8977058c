"""Whatever the agent's tests make it record of itself, the registry knows: its kind and fields."""

from __future__ import annotations

import pytest

from agent.journal.recorder import Recorder
from agent.records.registry import KINDS


@pytest.fixture(autouse=True)
def _every_event_fits_the_registry(monkeypatch):
    """A test fails at its end for each event whose kind or field the registry does not know."""
    unknown: list[tuple[str, str]] = []
    note = Recorder.note

    async def noted(self, kind, values, **named) -> None:
        fields = {field.name for field in KINDS[kind].fields} if kind in KINDS else set()
        unknown.extend((kind, name) for name in values if name not in fields)
        await note(self, kind, values, **named)

    monkeypatch.setattr(Recorder, "note", noted)
    yield
    assert unknown == []
