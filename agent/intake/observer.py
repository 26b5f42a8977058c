"""Looks about once a second: has the clock changed, a device's state, has one gone silent?"""

from __future__ import annotations

from collections.abc import Sequence

from agent.clock.clock import Clock
from agent.intake.collector import Collector, note_change
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.observe.devices import DeviceStates
from agent.observe.silence import Opened, Silence, open_gaps
from drivers.driver import State, Timing

TICK = 1.0  # s; silence and states are told in seconds
CLOCK_EVERY = 10  # ticks; adjtimex is a system call, and a step may wait that long to be noticed
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
        ticks = 0
        while True:
            if ticks % CLOCK_EVERY == 0:
                await note_change(self._recorder, self._clock.poll())
            await self._look()
            ticks += 1
            await self._timing.sleep(TICK)

    async def _look(self) -> None:
        now = self._timing.monotonic()
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
