"""A battery's faults on the way: one stretch, which names all of them, until it reports none."""

from __future__ import annotations

from agent.shipments.incidents import stretches
from tests.evidence.building import record

RULE = {"rule": "the battery reports a fault", "profile": "battery", "version": 1}


def told(number, kind, state, **values):
    said = RULE | {"state": state, "from_ms": 60_000 * number} | values
    return record(number, kind, device="pack", values=said), None


def test_another_fault_ends_no_stretch_and_is_named_in_it():
    low, both = "little time is left", "over temperature, little time is left"
    first, again = stretches(
        [
            told(1, "alarm", "alarm", reports=low),
            told(4, "alarm", "alarm", reports=both),
            told(9, "excursion", "ok"),
            told(12, "alarm", "alarm", reports="short circuit"),
        ]
    )
    assert first.reports == "little time is left, over temperature"
    assert (first.number, first.start_ms, first.end_ms) == (1, 60_000, 540_000)
    assert (again.reports, again.end_ms) == ("short circuit", None)
