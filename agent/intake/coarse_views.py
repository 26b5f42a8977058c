"""Tells each hour where the vehicle was, to the cell: `place` records beside the positions."""

from __future__ import annotations

from collections.abc import Sequence

from agent.clock.clock import Clock
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.replay import replay
from agent.observe.coarse import KIND, Grid, Places
from drivers.driver import Timing
from evidence.leaf import Record

TICK = 10.0  # s; a record's own time then tells the hour's end and nothing of the journey
REPLAY_MOST = 20_000  # records, 0.5 s of a Pi: an hour of positions each second, and others


class CoarseViews:
    """Makes the `place` records of one gateway; `run` is its task."""

    def __init__(self, grid: Grid, recorder: Recorder, clock: Clock, timing: Timing) -> None:
        self._places = Places(grid)
        self._recorder = recorder
        self._clock = clock
        self._timing = timing
        self._inherited = False

    async def inherit(self, journal: AsyncJournal) -> None:
        """Take over what the run before saw in an hour that it did not tell."""
        if self._inherited:
            return
        first = max(0, await journal.count() - REPLAY_MOST)
        await replay(journal, first, self._committed)
        self._recorder.listen(self._committed)
        self._inherited = True

    def _committed(self, records: Sequence[Record]) -> None:
        for record in records:
            self._places.apply(record)

    async def run(self) -> None:
        """Tell each hour once it is over, for ever."""
        while True:
            now = self._clock.now()
            if now.bound_ms is not None:
                for device, values in self._places.due(now.wall_ms):
                    await self._recorder.note(KIND, values, device=device)
            await self._timing.sleep(TICK)
