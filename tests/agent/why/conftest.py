"""What the tests of `why` share: looks that come to their end, however busy this machine is."""

from __future__ import annotations

import pytest

from agent.why import heard, machine, machine_cases

UNHURRIED = 60.0  # s; a look at this machine's files takes milliseconds


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """What a look may take is tested by itself, in test_machine."""
    for module in (heard, machine, machine_cases):
        monkeypatch.setattr(module, "LOOK_WITHIN", UNHURRIED)
