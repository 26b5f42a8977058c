"""What happens between gateway and ledger becomes records, in order and no more than bounded."""

from __future__ import annotations

import asyncio

from agent.upstream.events import LedgerEvents
from agent.upstream.states import LinkState
from drivers.reading import Quality
from tests.agent.fakes import settle


class Recorder:
    def __init__(self) -> None:
        self.noted = []

    async def note(self, kind, values, *, quality):
        self.noted.append((kind, dict(values), quality))


async def recorded(events: LedgerEvents, recorder: Recorder):
    task = asyncio.create_task(events.run())
    await settle()
    task.cancel()
    return recorder.noted


async def test_each_event_is_a_record_in_the_order_in_which_they_came():
    recorder = Recorder()
    events = LedgerEvents(recorder)
    events.heard("harbour", LinkState.OK, "")
    events.heard("harbour", LinkState.UNREACHABLE, "nothing answers")
    events.heard("harbour", LinkState.FROZEN, "two histories")
    events.moved("eth0", "wwan0", "eth0: no answer")
    events.noticed("clock", {"offset_ms": 5}, Quality.SUSPECT)
    assert await recorded(events, recorder) == [
        ("ledger", {"node": "harbour", "state": "ok"}, Quality.OK),
        (
            "ledger",
            {"node": "harbour", "state": "unreachable", "detail": "nothing answers"},
            Quality.OK,
        ),
        ("fork", {"node": "harbour", "state": "frozen", "detail": "two histories"}, Quality.OK),
        (
            "uplink",
            {"interface": "wwan0", "before": "eth0", "reason": "eth0: no answer"},
            Quality.OK,
        ),
        ("clock", {"offset_ms": 5}, Quality.SUSPECT),
    ]


async def test_a_link_that_flaps_while_the_disk_refuses_says_nothing_new():
    recorder = Recorder()
    events = LedgerEvents(recorder)
    for number in range(100):
        events.noticed("ledger", {"number": number})
    noted = await recorded(events, recorder)
    assert [values["number"] for _, values, _ in noted] == list(range(64))
