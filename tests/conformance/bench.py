"""A device's production driver and its emulator, side by side; `buses` and `ports` say how."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from contextlib import suppress

from drivers import catalog
from drivers.driver import State
from drivers.errors import DriverError
from drivers.reading import Quality


class Voice:
    """What a device says: its own bytes, garbage, or half a piece and then nothing more."""

    def __init__(self):
        self.rng = random.Random(1)
        self.garbage = 0.0  # share of what it says
        self.cut = False
        self._left = None  # pieces until it is cut off

    def cut_after(self, pieces):
        self._left = pieces

    def says(self, data):
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                self._left, self.cut = None, True
                return data[: len(data) // 2]
        return self.rng.randbytes(len(data)) if self.rng.random() < self.garbage else data


class Bench(ABC):
    """Runs the emulator and the driver of `kind` while it is entered, and keeps what was `seen`.

    `given` are the driver's options, `where` is what it must name when the device is not there.
    `stir` makes the device say what it does not say by itself.
    """

    STEP: float  # s between looks at a condition
    ROUND: float  # s between two stirs
    A_WHILE: float  # s in which a driver notices what is wrong
    PATIENCE: float  # s
    JITTER: float  # share of an interval that two readings in a row may be off
    PIECES: int  # of what a device says: after each of the first it is unplugged once

    def __init__(self, kind, stir=None):
        self.kind = kind
        self.given = {}
        self.where = ""
        self.voice = Voice()
        self.seen = []
        self._stir = stir

    @abstractmethod
    def host(self):
        """Return what the driver lives on."""

    @abstractmethod
    def plug(self):
        """Put the device where the driver looks for it; it starts from reset."""

    @abstractmethod
    def unplug(self):
        """Pull it off."""

    @abstractmethod
    async def passes(self, seconds):
        """Let the driver work for so long."""

    def build(self):
        host = self.host()
        self.alarms = host.alarms  # what waits for a device that tells people
        return catalog.build(self.kind, "under-test", self.given, host)

    @property
    def health(self):
        return self.driver.health

    async def __aenter__(self):
        self.driver = self.build()
        await self.driver.__aenter__()
        self.reading = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *_):
        self.reading.cancel()
        await asyncio.wait([self.reading])
        await self.driver.__aexit__(None, None, None)

    async def _read(self):
        async for reading in self.driver.readings():
            self.seen.append(reading)

    async def until(self, condition):
        """Let the driver work until `condition` holds; no error may leave its readings."""
        left = self.PATIENCE
        while not condition():
            if self.reading.done():
                self.reading.result()
                raise AssertionError("the readings ended")
            assert left > 0, f"not within {self.PATIENCE} s: {self.health}, {self.seen[-3:]}"
            await self.passes(self.STEP)
            left -= self.STEP

    async def hears(self, enough=bool):
        """Return the readings of quality `ok` from now on as soon as they are `enough`."""
        before = len(self.seen)

        def new():
            return [each for each in self.seen[before:] if each.quality is Quality.OK]

        stirring = asyncio.ensure_future(self._keep_stirring())
        try:
            await self.until(lambda: enough(new()))
        finally:
            stirring.cancel()
        return new()

    async def _keep_stirring(self):
        while self._stir is not None:
            if self.health.state is State.RUNNING:
                with suppress(DriverError):  # it may be gone meanwhile
                    await self._stir(self)
            await self.passes(self.ROUND)
