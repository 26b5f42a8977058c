"""A gateway as its desks see it: a real journal, a clock that a test moves, devices that only tell
their newest reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent.clock.clock import Clock
from agent.config.devices import Device
from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal
from drivers.driver import State
from drivers.reading import Reading
from evidence.leaf import Record
from foundation.notify import Progress
from tests.agent.fakes import FakeSystemClock, FakeTiming, settle

RING_BYTES = 1 << 20  # a test records little, and each one makes its journal


def device(name: str, last: Reading | None = None, **more: Any) -> SimpleNamespace:
    """A collector as far as a desk looks at it."""
    health = SimpleNamespace(state=State.RUNNING)
    made = Device(name=name, kind="sensors.sht3x", **more)
    return SimpleNamespace(device=made, kinds=("temperature",), last=last, health=health)


class Office:
    """Records what desks say; `ask` is the control socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.timing = FakeTiming()
        self.system = FakeSystemClock(self.timing)
        self.verbs: dict[str, Any] = {}

    async def start(self) -> None:
        self.system.ntp_ms = 20
        self.clock = Clock(self.system, boot=1)
        self.clock.poll()
        self.journal = await AsyncJournal.open(
            RingJournal, self.folder / "j", b"e" * 16, RING_BYTES
        )
        self.recorder = Recorder(
            self.journal, self.clock, self.timing, Progress(self.timing.monotonic), window=1.0
        )  # fmt: skip
        await self.recorder.open()
        self._task = asyncio.create_task(self.recorder.run())
        await settle()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        await self.journal.close()

    async def ask(self, verb: str, **request: Any) -> list[Any]:
        """What a desk answers, while time goes on; what it noted is durable by then."""

        async def collect() -> list[Any]:
            results = [result async for result in self.verbs[verb](request)]
            assert self.recorder.state.waiting == 0, "it was answered before it was durable"
            return results

        task = asyncio.ensure_future(collect())
        await settle()
        while not task.done():
            await self.timing.advance(0.05)
        return await task

    async def told(self, *kinds: str) -> list[tuple[str, str, Mapping[str, Any]]]:
        """The records of these kinds: kind, device and values."""
        return [(each.kind, each.device, each.values) for each in await self.records(*kinds)]

    async def records(self, *kinds: str) -> list[Record]:
        await self.recorder.flush()
        return [each for each in await self.journal.records(0, 9999) if each.kind in kinds]
