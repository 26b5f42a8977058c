"""A record of a dead gateway is taken over once, however often and by whomever it is brought."""

from __future__ import annotations

import asyncio

from agent.desks.salvage import SalvageDesk
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from foundation.notify import Progress
from tests.agent.fakes import FakeTiming, fake_clock
from tests.agent.journal.test_ring_journal import EPOCH, RING, records

DEAD = bytes(range(16, 32))


async def bring(desk: SalvageDesk, first: int, count: int) -> dict[str, int]:
    brought = [record.to_bytes().hex() for record in records(first, count)]
    request = {"gateway": "urn:dead", "epoch": DEAD.hex(), "records": brought}
    (answer,) = [each async for each in desk.salvage(request)]
    return answer


async def test_two_who_bring_the_same_card_at_once(tmp_path):
    timing = FakeTiming()
    journal = await AsyncJournal.open(RingJournal, tmp_path / "j.sqlite", EPOCH, RING)
    recorder = Recorder(journal, fake_clock(timing), timing, Progress(timing.monotonic), window=1.0)
    await recorder.open()
    task = asyncio.create_task(recorder.run())
    desk = SalvageDesk(recorder, journal, tmp_path)
    answers = await asyncio.gather(bring(desk, 0, 8), bring(desk, 4, 8))
    assert answers == [{"new": 8, "known": 0}, {"new": 4, "known": 4}]
    later = SalvageDesk(recorder, journal, tmp_path)  # after a restart
    assert await bring(later, 0, 12) == {"new": 0, "known": 12}
    taken = [each.values["number"] for each in await journal.records(0, 100)]
    assert taken == list(range(12))
    task.cancel()
    await asyncio.wait({task})
    await journal.close()
