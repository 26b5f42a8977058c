"""A driver against a real device, or what stands for one, at a port: what can be asked there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import pairwise
from statistics import mean
from typing import Any

from agent.records.registry import KINDS
from drivers import catalog
from drivers.driver import Driver, Host, State
from drivers.errors import DriverError
from drivers.reading import Quality, Reading
from foundation.options import OptionError, OptionValue
from foundation.parser import UsageError
from foundation.printing import say
from hil.driver_kit.sheet import Answer, Sheet

PLACES = ("port", "bus", "address")
"""The options that say where a device is, in the order in which one of them is."""

READINGS = 6  # of which the interval is told
PATIENCE = 30.0  # s for what must come by itself
STEP = 0.05  # s between two looks at what came
AGAIN_WITHIN = 10.0  # s; the longest retry is 4 s, and devices take a second or two to start
UNPLUG_WITHIN = 120.0  # s that a person has
JITTER = 0.25  # share of an interval

Options = dict[str, OptionValue]


def check(kind: str, place: str, given: Mapping[str, Any], *, unplug: bool) -> Sheet:
    """Ask the device at `place`; UsageError where the driver has no such option."""
    options = options_at(kind, place, given)
    return Sheet(kind, place, asyncio.run(_asked(kind, options, unplug=unplug)))


def options_at(kind: str, place: str, given: Mapping[str, Any]) -> Options:
    """Return the driver's options with the one that leads to the device."""
    names = [option.name for option in catalog.module(kind).OPTIONS]
    where = next((name for name in PLACES if name in names), None)
    if where is None:
        raise UsageError(f"{kind} is found at no port", advice="check it --against emulated")
    try:
        return catalog.check_options(kind, {where: place, **given})
    except OptionError as error:
        raise UsageError(
            str(error), advice="tallyman describe --json has each kind's options"
        ) from error


async def _asked(kind: str, options: Options, *, unplug: bool) -> list[Answer]:
    host = Host()
    module = catalog.module(kind)
    try:
        found = [await _read_once(module.build("under-test", options, host))]
        if found[0].passed:
            async with UnderTest(module.build("under-test", options, host)) as device:
                found += await _in_use(device, kind, module.interval(options))
                if unplug:
                    found += await _unplugged(device, module.interval(options))
            found.append(await _read_once(module.build("under-test", options, host), "again "))
        return found
    finally:
        host.close()


async def _read_once(driver: Driver, again: str = "") -> Answer:
    question = f"it is opened, read once, and closed {again}".strip()
    try:
        async with driver:
            reading = await driver.read_once()
    except DriverError as error:
        return Answer(question, passed=False, seen=f"{error} ({error.advice})")
    return Answer(question, passed=True, seen=_shown(reading))


def _shown(reading: Reading) -> str:
    fields = ", ".join(f"{name} {value!r}" for name, value in reading.fields.items())
    return f"{reading.kind}, {reading.quality}: {fields}"


class UnderTest:
    """A driver that reads while it is entered; what it has `seen` is kept."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.seen: list[Reading] = []
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> UnderTest:
        await self.driver.__aenter__()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._reading is not None
        self._reading.cancel()
        await asyncio.wait([self._reading])
        await self.driver.__aexit__(None, None, None)

    async def _read(self) -> None:
        async for reading in self.driver.readings():
            self.seen.append(reading)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Return whether `condition` came to hold within so many seconds."""
        for _ in range(round(seconds / STEP)):
            if condition():
                return True
            await asyncio.sleep(STEP)
        return condition()


async def _in_use(device: UnderTest, kind: str, interval: float | None) -> list[Answer]:
    enough = READINGS if interval is not None else 1
    patience = PATIENCE + enough * (interval or 0.0)
    came = await device.until(lambda: len(device.seen) >= enough, patience)
    health = device.driver.health
    return [
        Answer("readings come by themselves", came, f"{len(device.seen)} came"),
        _declared(kind, device.seen),
        *([] if interval is None or not came else [_kept(interval, device.seen)]),
        await _beside(device.driver),
        Answer("it says that it runs", health.state is State.RUNNING, health.detail),
    ]


def _declared(kind: str, seen: list[Reading]) -> Answer:
    """Return whether the registry knows all that it says, and its driver declares it."""
    declared = catalog.module(kind).KINDS
    strange = {each.kind for each in seen if each.kind not in declared} | {
        f"{each.kind}.{name}"
        for each in seen
        for name in each.fields
        if each.kind in KINDS and KINDS[each.kind].field(name) is None
    }
    return Answer("all it says is declared and known", not strange, ", ".join(sorted(strange)))


def _kept(interval: float, seen: list[Reading]) -> Answer:
    moments = [each.monotonic for each in seen]
    found = mean(after - before for before, after in pairwise(moments))
    near = abs(found - interval) <= JITTER * interval
    return Answer("its interval is kept", near, f"{found:.2f} s, of {interval:g} s")


async def _beside(driver: Driver) -> Answer:
    question = "it is read by hand while it reads by itself"
    try:
        reading = await driver.read_once()
    except DriverError as error:
        return Answer(question, passed=False, seen=f"{error} ({error.advice})")
    return Answer(question, passed=True, seen=_shown(reading))


async def _unplugged(device: UnderTest, interval: float | None) -> list[Answer]:
    """Ask a person to pull it and to plug it in again."""
    health, before = device.driver.health, len(device.seen)
    say("pull the device now …", flush=True)
    gone = await device.until(lambda: health.state is State.MISSING, UNPLUG_WITHIN)
    found = [Answer("a pulled plug is noticed", gone, health.detail)]
    silent = [each for each in device.seen[before:] if each.quality is Quality.NO_ANSWER]
    if interval is not None:
        one = len(silent) == 1
        found.append(Answer("one reading marks the moment it went", one, f"{len(silent)} did"))
    say("plug it in again …", flush=True)
    back = await device.until(lambda: health.state is State.RUNNING, UNPLUG_WITHIN + AGAIN_WITHIN)
    found.append(Answer("it is read again once it is back", back, health.detail))
    return found
