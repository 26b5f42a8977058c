"""The gaps of one device, the newest first, however many records lie between them."""

from __future__ import annotations

import pytest

from agent.desks.control import BadRequest
from agent.desks.gap_notes import LOOK_BACK, MOST_SHOWN, PAGE, GapNoteDesk
from tests.agent.log_world import record


class Journal:
    """Records of temperature, but for the gaps: device by number."""

    def __init__(self, count, gaps):
        self._count, self._gaps = count, gaps

    async def count(self):
        return self._count

    async def records(self, first, limit):
        assert limit <= PAGE, "a year of records does not fit into memory"
        numbers = range(first, min(first + limit, self._count))
        return [self._record(number) for number in numbers]

    def _record(self, number):
        if number not in self._gaps:
            return record(number, device="cold-1")
        values = {"state": "open", "from_ms": 5, "reason": "x"}
        return record(number, device=self._gaps[number], kind="gap", values=values)


async def shown(count, gaps, device="cold-1"):
    desk = GapNoteDesk(["cold-1", "cold-2"], lambda _: [], Journal(count, gaps), None)
    return [each["n"] async for each in desk.gaps({"device": device})]


async def test_only_the_device_s_own_gaps_are_shown_the_newest_first():
    gaps = {3: "cold-1", PAGE: "cold-1", PAGE + 7: "cold-2", 2 * PAGE + 499: "cold-1"}
    assert await shown(2 * PAGE + 500, gaps) == [2 * PAGE + 499, PAGE, 3]
    assert await shown(2 * PAGE + 500, gaps, "cold-2") == [PAGE + 7]
    assert await shown(0, {}) == []


async def test_no_more_are_shown_than_fit_and_none_from_long_ago():
    many = dict.fromkeys(range(0, 40, 2), "cold-1")
    assert await shown(40, many) == list(range(38, 18, -2))
    assert len(await shown(40, many)) == MOST_SHOWN
    assert await shown(LOOK_BACK + 1, {0: "cold-1", 1: "cold-1"}) == [1]


async def test_a_device_that_is_none_is_told_with_the_nearest_name():
    with pytest.raises(BadRequest, match="there is no device 'cold-3'"):
        await shown(4, {}, "cold-3")


async def test_a_note_stands_with_the_gap_it_is_of_and_the_shipments_then(office):
    desk = GapNoteDesk(
        ["cold", "spare"], lambda name: ["WB-7", "WB-8"] if name == "cold" else [],
        office.journal, office.recorder,
    )  # fmt: skip
    office.verbs = dict(desk.verbs())
    gap = {"state": "closed", "from_ms": 1, "to_ms": 9, "duration_ms": 8, "reason": "reads again"}
    await office.recorder.note("gap", {"state": "open", "from_ms": 1, "reason": "x"}, device="cold")
    await office.recorder.note("gap", gap, device="cold")
    await office.recorder.note(
        "gap", {"state": "open", "from_ms": 5, "reason": "y"}, device="spare"
    )
    first, second, third = await office.records("gap")
    said = {"text": "a loose plug", "operator": "technician-1"}
    (told,) = await office.ask("gap-note", device="cold", **said)
    noted = {
        "gap": second.number, **said, "from_ms": 1, "to_ms": 9, "duration_ms": 8,
        "shipment": "WB-7, WB-8",
    }  # fmt: skip
    assert told == {"device": "cold", **noted, "state": "closed"}
    assert await office.told("note") == [("note", "cold", noted)]
    (told,) = await office.ask("gap-note", device="cold", number=first.number, **said)
    assert (told["gap"], told["state"]) == (first.number, "open")
    (told,) = await office.ask("gap-note", device="spare", **said)
    assert "shipment" not in told
    for wrong in (third.number, third.number + 100):
        with pytest.raises(BadRequest, match=f"record {wrong} is no gap of cold"):
            await office.ask("gap-note", device="cold", number=wrong, **said)
    shown, *_ = await office.ask("gaps", device="spare")
    assert (shown["n"], shown["at_ms"], shown["reason"]) == (third.number, third.wall_ms, "y")


async def test_without_a_gap_there_is_nothing_to_note(office):
    office.verbs = dict(
        GapNoteDesk(["cold"], lambda _: [], office.journal, office.recorder).verbs()
    )
    with pytest.raises(BadRequest, match=f"the last {LOOK_BACK} records have no gap of cold"):
        await office.ask("gap-note", device="cold", text="x", operator="y")
