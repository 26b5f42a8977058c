"""An emulated serial device and the driver that reads it, joined by a pty."""

from __future__ import annotations

import asyncio
import time

import pytest

DEADLINE = 60.0  # s, against a hang; the longest pause of a driver is four


class PtyBench:
    """Runs `emulator` and `driver` side by side while it is entered."""

    def __init__(self, emulator, driver):
        self.emulator = emulator
        self.driver = driver

    async def __aenter__(self):
        self.emulator.plug()
        self.running = asyncio.ensure_future(self.emulator.run())
        await self.driver.__aenter__()
        self.stream = self.driver.readings()
        return self

    async def __aexit__(self, *_):
        await self.driver.__aexit__(None, None, None)
        self.running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.running

    async def next(self):
        return await asyncio.wait_for(anext(self.stream), DEADLINE)

    async def until(self, condition):
        """Read until `condition` holds; the driver only works while somebody reads."""
        reading = asyncio.ensure_future(anext(self.stream))
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, self.driver.health
            if reading.done():
                await reading
                reading = asyncio.ensure_future(anext(self.stream))
            await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.wait([reading])
        self.stream = self.driver.readings()
