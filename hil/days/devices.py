"""Devices whose readings are written beforehand, as drivers that the agent's own parts read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from drivers.cause import DeviceCause
from drivers.driver import Driver, DriverModule, Health, Host, State, Timer
from drivers.errors import DeviceFault
from drivers.reading import Quality, Reading
from foundation.options import Option, OptionValue
from hil.days.signals import Told

UP_S = 40.0  # s since the kernel began when the agent starts
SELDOM = 60.0
"""s: nothing looks about more often, where the agent would every quarter of a second: what follows
is told so much later at most, and a day takes half a second."""

INTERVAL = "interval"
KINDS: Mapping[str, Sequence[str]] = {
    "day.climate": ("temperature",),
    "day.door": ("input",),
    "day.reader": ("tag",),
    "day.receiver": ("position",),
}
"""Kind of device → kinds of its readings."""


class DayTiming:
    """The monotonic clock of a boot that began at a moment of the day; waits in a jumping loop."""

    def __init__(self, booted: float) -> None:
        self.booted = booted

    def monotonic(self) -> float:
        """See `Timing.monotonic`."""
        return self.of_day() - self.booted + UP_S

    def of_day(self) -> float:
        """Return the seconds of the day."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """See `Timing.sleep`; what looks about looks seldom."""
        await asyncio.sleep(max(seconds, SELDOM))

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """See `Timing.call_later`; moments below a second are kept."""
        later = seconds if seconds < 1.0 else max(seconds, SELDOM)
        return asyncio.get_running_loop().call_later(later, call)


class Scripted:
    """A driver that says what is written; what was said before its start is lost."""

    def __init__(self, name: str, script: Sequence[Told], timing: DayTiming) -> None:
        self.name = name
        self.health = Health(State.RUNNING)
        self._script = script
        self._timing = timing

    async def readings(self) -> AsyncIterator[Reading]:
        """See `Driver.readings`."""
        begun = self._timing.of_day()
        for at, kind, fields, utc in self._script:
            if at < begun:
                continue
            wait = at - self._timing.of_day()
            if wait > 0:
                await asyncio.sleep(wait)
            moment = self._timing.monotonic()
            yield Reading(self.name, kind, fields, moment, Quality.OK, utc)
        await asyncio.get_running_loop().create_future()

    async def read_once(self) -> Reading:
        """See `Driver.read_once`: nobody asks."""
        raise DeviceFault(f"{self.name} says what is written", advice="read what it recorded")

    def committed(self, count: int) -> None:
        """See `Driver.committed`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.health.enter(State.CLOSED, self._timing.monotonic())


class ScriptedModule:
    """The module of one kind of device, whose options are its interval alone."""

    OPTIONS: Sequence[Option] = (
        Option(INTERVAL, float, "seconds between readings; 0: silence says nothing", default=0.0),
    )
    CAUSES: Sequence[DeviceCause] = ()

    def __init__(self, kind: str, scripts: Mapping[str, Sequence[Told]], timing: DayTiming) -> None:
        self.KINDS: Sequence[str] = KINDS[kind]
        self._scripts = scripts
        self._timing = timing

    def build(self, name: str, options: dict[str, OptionValue], host: Host) -> Driver:
        """See `DriverModule.build`."""
        del options, host
        return Scripted(name, self._scripts[name], self._timing)

    def interval(self, options: dict[str, OptionValue]) -> float | None:
        """See `DriverModule.interval`."""
        return float(options[INTERVAL]) or None


class ScriptedCatalog:
    """Stands for `drivers.catalog`."""

    DEVICES: Mapping[str, str] = {kind: kind for kind in KINDS}

    def __init__(self, scripts: Mapping[str, Sequence[Told]], timing: DayTiming) -> None:
        self._scripts = scripts
        self._timing = timing

    def module(self, kind: str) -> DriverModule:
        """Return the module of a kind."""
        return ScriptedModule(kind, self._scripts, self._timing)
