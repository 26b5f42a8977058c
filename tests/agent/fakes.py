"""Stand-ins for the world around the agent: time, clocks, devices."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from agent.clock.clock import Clock
from agent.journal.thread import JournalThread
from drivers.driver import Driver, Host
from drivers.errors import DeviceMissing
from drivers.reading import FieldValue, Quality, Reading
from foundation.options import Option, OptionValue
from hil.made_up.devices import Interval

# A UTC moment of autumn 2026, in ms.
WALL_MS = 1_790_000_000_000


LEADS_TO = 4
"""Calls of a journal that one leads to: refused for room, asked what it has, committed, asked again."""


class FakeTiming:
    """Time that moves only when a test says so, and `thread` has done what it was asked by then."""

    def __init__(self, now: float = 100.0, thread: JournalThread | None = None) -> None:
        self.now = now
        self.thread = thread
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), future))
        await future

    def call_later(self, seconds: float, call: Callable[[], None]) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), future))
        future.add_done_callback(lambda done: None if done.cancelled() else call())
        return future

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, waking each sleeper at its time."""
        end = self.now + seconds
        await settle(self.thread)
        while self._sleepers and self._sleepers[0][0] <= end + 1e-9:
            due, _, future = heapq.heappop(self._sleepers)
            self.now = max(self.now, due)
            if not future.done():
                future.set_result(None)
                await settle(self.thread)
        self.now = end
        await settle(self.thread)


async def settle(thread: JournalThread | None = None) -> None:
    """Let every task that can run do so, threads included; `thread`, a journal's, takes its time."""
    await _turns()
    if thread is None:
        await asyncio.sleep(0.002)
    for _ in range(0 if thread is None else LEADS_TO):
        await thread.run(lambda: None)  # behind all that it was asked before
        await _turns()
    await asyncio.to_thread(lambda: None)
    await _turns()


async def _turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


class FakeSystemClock:
    """The machine's clocks, as a test wants them."""

    def __init__(
        self, timing: FakeTiming | None = None, *, wall_ms: int = WALL_MS, rtc: bool = False
    ) -> None:
        self.timing = timing or FakeTiming()
        self.offset_ms = wall_ms - round(self.timing.now * 1000)
        self.ntp_ms: int | None = None
        self.rtc = rtc

    def monotonic(self) -> float:
        return self.timing.monotonic()

    def wall_offset_ms(self) -> int:
        return self.offset_ms

    def ntp_bound_ms(self) -> int | None:
        return self.ntp_ms

    def has_rtc(self) -> bool:
        return self.rtc


def fake_clock(timing: FakeTiming | None = None) -> Clock:
    return Clock(FakeSystemClock(timing), boot=3)


def reading(
    device: str = "cold-1",
    kind: str = "temperature",
    monotonic: float = 100.0,
    quality: Quality = Quality.OK,
    utc: datetime | None = None,
    **fields: FieldValue,
) -> Reading:
    return Reading(device, kind, fields or {"temperature": 4.31}, monotonic, quality, utc)


class FakeDriver(Interval):
    """Reads 4.31 °C every `interval` seconds, until the file `absent` appears."""

    def __init__(self, name: str, options: dict[str, OptionValue], host: Host) -> None:
        super().__init__(name, options, host)
        self.count = 0
        self.acknowledged = 0

    async def read_once(self) -> Reading:
        if self.options["fault"] == "missing":
            raise DeviceMissing(f"{self.name} is not plugged in")
        if self.options["fault"] == "bug":
            raise ZeroDivisionError("a mistake in the driver")
        self.count += 1
        self.health.count("readings")
        return reading(self.name, monotonic=self.timing.monotonic(), temperature=4.31)

    def committed(self, count: int) -> None:
        self.acknowledged = count
        super().committed(count)


class FakeModule:
    """The module of a thermometer, as `drivers.catalog` would import it."""

    OPTIONS = (
        Option("port", str, "where it is"),
        Option("interval", float, "between readings", 10.0, 0.01, 3600.0, "s"),
        Option("fault", str, "what is wrong with it", "none", choices=("none", "missing", "bug")),
    )
    KINDS = ("temperature",)

    def build(self, name: str, options: dict[str, OptionValue], host: Host) -> Driver:
        return FakeDriver(name, options, host)

    def interval(self, options: dict[str, OptionValue]) -> float | None:
        return float(options["interval"])


class FakeCatalog:
    """A catalogue of one kind that is there and one whose package is missing."""

    DEVICES: ClassVar = {"fake.thermometer": "fake", "fake.zigbee": "zigbee"}

    def module(self, kind: str) -> FakeModule:
        if kind == "fake.zigbee":
            raise ModuleNotFoundError("No module named 'zigpy'")
        return FakeModule()
