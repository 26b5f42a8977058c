"""`place` records from committed positions, hour by hour, through a restart."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.intake.coarse_views import CoarseViews, places_book
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from agent.journal.thread import JournalThread
from agent.observe.coarse import HOUR_MS, Grid
from foundation.notify import Progress
from tests.agent.fakes import FakeSystemClock, FakeTiming, reading

NINE = 500_001 * HOUR_MS


class Rig:
    """A recorder on a journal, and the views; `stop` leaves the disk."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.timing = FakeTiming()

    async def start(self) -> None:
        self.clock = Clock(FakeSystemClock(self.timing, wall_ms=5000), boot=1)
        self.timing.thread = thread = JournalThread()
        self.journal = await AsyncJournal.open_in(thread, RingJournal, self.folder / "j", b"e" * 16)
        progress = Progress(self.timing.monotonic)
        self.recorder = Recorder(self.journal, self.clock, self.timing, progress, window=1.0)
        await self.recorder.open()
        book = places_book(Grid(10), self.recorder, self.journal)
        views = CoarseViews(book, self.recorder, self.clock, self.timing)
        self.tasks = [asyncio.create_task(run()) for run in (self.recorder.run, views.run)]
        await book.opened()
        await self.timing.advance(0.0)

    async def at(self, wall_ms: int) -> None:
        """Let satellites say that it is that time, and let the views look."""
        utc = datetime.fromtimestamp(wall_ms / 1000, UTC)
        self.clock.offer(Source.GNSS, utc, self.timing.monotonic(), 100)
        await self.timing.advance(10.0)
        await self.timing.advance(0.0)

    async def fix(self, lat: float, lon: float) -> None:
        await self.recorder.take(reading("gps", "position", self.timing.now, lat=lat, lon=lon))
        await self.timing.advance(2.0)
        await self.timing.advance(0.0)

    async def places(self):
        await self.recorder.flush()
        records = await self.journal.records(0, 999)
        return [each for each in records if each.kind == "place"]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        await self.journal.close()


async def test_an_hour_is_told_when_it_is_over_and_once(tmp_path):
    rig = Rig(tmp_path)
    await rig.start()
    await rig.fix(45.0, 7.0)  # nobody knows the time yet
    await rig.at(NINE - 600_000)
    await rig.fix(45.45, 8.62)
    await rig.fix(45.451, 8.621)
    await rig.fix(45.07, 7.68)
    assert await rig.places() == []
    await rig.stop()
    await rig.start()
    await rig.at(NINE + 1000)
    told = await rig.places()
    assert [(each.device, each.values["hour_ms"]) for each in told] == [
        ("gps", NINE - HOUR_MS),
        ("gps", NINE - HOUR_MS),
    ]
    assert all(NINE <= each.wall_ms < NINE + 60_000 for each in told)
    await rig.stop()
    await rig.start()
    await rig.at(NINE + 120_000)
    assert len(await rig.places()) == 2
    await rig.stop()
