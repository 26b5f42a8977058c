"""Whatever the drivers' tests make a driver say, the registry knows: its kind, fields and types."""

from __future__ import annotations

import pytest

from agent.clock.belief import Stamp
from agent.records.convert import from_reading
from drivers.reading import Quality, Reading

STAMP = Stamp(1, 0, 0, "none", None)


@pytest.fixture(autouse=True)
def _every_reading_fits_the_registry(monkeypatch):
    """A test fails at its end for each reading whose record is `suspect` and nobody had said so."""
    unfit: list[Reading] = []
    make = Reading.__init__

    def made(self, *args, **named) -> None:
        make(self, *args, **named)
        if from_reading(self, 0, STAMP).quality == Quality.SUSPECT != self.quality:
            unfit.append(self)

    monkeypatch.setattr(Reading, "__init__", made)
    yield
    assert unfit == []
