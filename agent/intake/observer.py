"""Looks about once a second: has the clock changed, a device's state, has one gone silent?

It looks when a commit has woken the agent anyway, as each wake-up costs system calls; where no
commit comes, by a timer.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.clock.clock import Clock
from agent.intake.collector import Collector, note_change
from agent.journal.async_journal import AsyncJournal
from agent.journal.due import Due
from agent.journal.recorder import Recorder
from agent.observe.devices import DeviceStates
from agent.observe.silence import Opened, Silence, open_gaps
from drivers.driver import State, Timing
from evidence.leaf import Record

LOOK_WITHIN = 2.0  # s; silence and states are told in seconds
LOOK_AFTER = 0.5  # s between two looks, however many commits there are
CLOCK_EVERY = 10.0  # s; adjtimex is a system call, and a step may wait that long to be noticed
LOOK_BACK = 2000  # records searched for gaps that an earlier run left open; takes 50 ms


class Observer:
    """Derives `clock`, `device` and `gap` records; `run` is its task."""

    def __init__(
        self,
        collectors: Sequence[Collector],
        silence: Silence,
        clock: Clock,
        recorder: Recorder,
        journal: AsyncJournal,
        timing: Timing,
    ) -> None:
        self._collectors = {collector.device.name: collector for collector in collectors}
        self._states = DeviceStates()
        self._silence = silence
        self._clock = clock
        self._recorder = recorder
        self._journal = journal
        self._timing = timing
        self._due = Due(timing)
        self._looked = timing.monotonic()

    async def inherit(self) -> None:
        """Take over the gaps that the run before left open."""
        count = await self._journal.count()
        first = max(0, count - LOOK_BACK)
        records = await self._journal.records(first, count - first)
        for device, from_ms in open_gaps(records).items():
            self._silence.reopen(device, from_ms)

    def _expect_all(self) -> None:
        """Start to wait for every device whose silence means something."""
        now = self._timing.monotonic()
        for name, collector in self._collectors.items():
            if collector.device.interval is not None:
                self._silence.expect(name, collector.device.interval, now)

    async def run(self) -> None:
        """Take over what the run before left open, then look, for ever."""
        self._expect_all()
        await self.inherit()
        self._recorder.listen(self._committed)
        try:
            await self._watch()
        finally:
            self._recorder.unlisten(self._committed)

    async def _watch(self) -> None:
        polled = float("-inf")
        while True:
            now = self._timing.monotonic()
            if now - polled >= CLOCK_EVERY:
                polled = now
                await self._poll()
            await self._look(now)
            self._looked = now
            self._due.clear()
            self._due.within(LOOK_WITHIN)
            await self._due.wait()

    def _committed(self, _: Sequence[Record]) -> None:
        if self._timing.monotonic() - self._looked >= LOOK_AFTER:
            self._due.within(0.0)

    async def _poll(self) -> None:
        change = self._clock.poll()
        if change is not None:
            await note_change(self._recorder, change)

    async def _look(self, now: float) -> None:
        for name, collector in self._collectors.items():
            values = self._states.changed(name, collector.health, now)
            if values is not None:
                await self._recorder.note("device", values, device=name)
        for opened in self._silence.check(now):
            await self._recorder.note("gap", self._values(opened), device=opened.device)

    def _values(self, opened: Opened) -> dict[str, int | str]:
        health = self._collectors[opened.device].health
        reason = f"no reading for {opened.limit:g} s"
        if health.state is not State.RUNNING:
            reason = f"{reason}; the device is {health.state}: {health.detail}"
        return {
            "state": "open",
            "from_ms": self._clock.stamp(opened.since).wall_ms,
            "reason": reason,
        }
