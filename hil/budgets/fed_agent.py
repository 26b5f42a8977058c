"""`tallyman run` fed with traced days, for `run_fed`: CONFIG SEED FAST PACED HELD.

The first FAST readings come as fast as it takes them, the next PACED ones at 20 a second. HELD is 1
where all are to be made before the first is fed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Self, cast

from agent.assembly import late_loop
from agent.assembly.run import run
from agent.assembly.world import World
from agent.cli.run import arm_last_exit
from agent.clock.kernel import KernelClock
from agent.config.settings import load
from drivers.cause import DeviceCause
from drivers.driver import DriverModule, Health, Host, State
from drivers.errors import DeviceMissing
from drivers.reading import Reading
from foundation.options import Option, OptionValue
from hil.budgets.begun import BEGUN, Begun
from hil.traces.truck_day import STARTED, UP_S, truck_days

KIND = "trace.truck"
FEED_AFTER_S = 2.0
"""The idle agent is measured before."""

AT_ONCE = 32
"""Readings in one turn of the event loop: what a reader's report or a receiver's second brings
when a driver catches up. More of them would keep the others waiting."""


PER_SECOND = 20
"""They come together, in one report a second: one wake-up stands for all of the sensors' I/O."""


@dataclass(frozen=True, slots=True)
class Feed:
    """The readings, how many of them come at once, and the file that says when the first came."""

    days: Iterable[Reading]
    fast: int
    begun: Path


class TraceDriver:
    """Yields the days' readings, then nothing."""

    def __init__(self, name: str, host: Host, feed: Feed) -> None:
        self.name = name
        self.health = Health()
        self._host = host
        self._days = iter(feed.days)
        self._feed = feed

    async def readings(self) -> AsyncIterator[Reading]:
        """See `Driver`."""
        timing = self._host.timing
        self.health.enter(State.RUNNING, timing.monotonic())
        await timing.sleep(FEED_AFTER_S)
        Begun.now().write(self._feed.begun)
        for number, reading in enumerate(islice(self._days, self._feed.fast)):
            yield reading
            if number % AT_ONCE == 0:
                await timing.sleep(0)
        begin = timing.monotonic()
        for number, reading in enumerate(self._days):
            if number % PER_SECOND == 0:
                due = begin + number / PER_SECOND
                await timing.sleep(max(0.0, due - timing.monotonic()))
            yield reading
        await asyncio.Event().wait()

    async def read_once(self) -> Reading:
        """See `Driver`."""
        raise DeviceMissing("a trace has no device to ask")

    def committed(self, count: int) -> None:
        """See `Driver`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class TraceModule:
    """The one device of the catalogue."""

    feed: Feed
    OPTIONS: Sequence[Option] = ()
    KINDS: Sequence[str] = ("position", "temperature", "soc-temperature", "tag", "shock")
    CAUSES: Sequence[DeviceCause] = ()

    def build(self, name: str, _options: dict[str, OptionValue], host: Host) -> TraceDriver:
        """See `DriverModule`."""
        return TraceDriver(name, host, self.feed)

    def interval(self, _options: dict[str, OptionValue]) -> float | None:
        """See `DriverModule`."""
        return None


class TraceCatalog:
    """See `agent.config.devices.Catalog`."""

    DEVICES: Mapping[str, str] = {KIND: __name__}

    def __init__(self, feed: Feed) -> None:
        made: Any = TraceModule(feed)
        self.module: Callable[[str], DriverModule] = lambda _kind: cast("DriverModule", made)

    def check_options(self, _kind: str, given: Mapping[str, object]) -> dict[str, OptionValue]:
        """See `drivers.catalog`."""
        return {key: str(value) for key, value in given.items()}


def todays(days: Iterable[Reading]) -> Iterator[Reading]:
    """Move the traced days to this machine's clocks: they begin now."""
    clock = KernelClock()
    start = clock.monotonic() - UP_S
    now_ms = clock.wall_offset_ms() + 1000 * clock.monotonic()
    ahead = timedelta(milliseconds=now_ms - 1000 * STARTED.timestamp())
    for reading in days:
        utc = None if reading.utc is None else reading.utc + ahead
        yield replace(reading, monotonic=reading.monotonic + start, utc=utc)


def main() -> int:
    """Run until stopped."""
    seed, fast, paced, held = map(int, sys.argv[2:])
    path = Path(sys.argv[1])
    days = todays(islice(truck_days(seed), fast + paced))
    catalog: Any = TraceCatalog(Feed(list(days) if held else days, fast, path.with_name(BEGUN)))
    config = load(path, catalog)
    failure = late_loop.run(run(config, World(catalog=catalog), arm_last_exit))
    return 0 if failure is None else 1
