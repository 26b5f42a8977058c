"""Tells each hour where the vehicle was, to the cell: `place` records beside the positions."""

from __future__ import annotations

from agent.clock.clock import Clock
from agent.journal.async_journal import AsyncJournal
from agent.journal.book import Book
from agent.journal.recorder import Recorder
from agent.observe.coarse import KIND, Grid, Places
from drivers.driver import Timing

TICK = 10.0  # s; a record's own time then tells the hour's end and nothing of the journey
REPLAY_MOST = 20_000  # records, 0.5 s of a Pi: an hour of positions each second, and others


def places_book(grid: Grid, recorder: Recorder, journal: AsyncJournal) -> Book[Places]:
    """Return the book of what is not told yet; the records of an hour are all that it needs."""
    return Book(lambda: Places(grid), recorder, journal, replay_most=REPLAY_MOST)


class CoarseViews:
    """Makes the `place` records of one gateway; `run` is its task."""

    def __init__(
        self, book: Book[Places], recorder: Recorder, clock: Clock, timing: Timing
    ) -> None:
        self._book = book
        self._recorder = recorder
        self._clock = clock
        self._timing = timing

    async def run(self) -> None:
        """Take over what the run before left untold, then tell each hour once it is over."""
        await self._book.open()
        while True:
            now = self._clock.now()
            if now.bound_ms is not None:
                for device, values in self._book.content.due(now.wall_ms):
                    await self._recorder.note(KIND, values, device=device)
            await self._timing.sleep(TICK)
