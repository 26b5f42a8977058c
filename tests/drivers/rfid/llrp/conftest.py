"""An emulated LLRP reader on TCP and the driver that reads it."""

import asyncio
import random
import time

import pytest

from drivers.catalog import build
from drivers.driver import Host
from hil.emulators.llrp.reader import LlrpReader
from hil.site.ports import HERE, free_port

DEADLINE = 30.0  # s; everything here takes a second or two, on a busy machine more


class ReaderBench:
    """Runs `emulator` and a driver with `options` side by side."""

    def __init__(self, emulator, options):
        self.emulator = emulator
        self.options = options

    async def __aenter__(self):
        self.running = asyncio.ensure_future(self.emulator.run())
        async with asyncio.timeout(DEADLINE):
            await self.emulator.listening()
        given = {"address": self.emulator.where, "report_interval": 0.1} | self.options
        self.driver = build("rfid.llrp", "door", given, Host(rng=random.Random(1)))
        await self.driver.__aenter__()
        self.seen = []
        self.reading = asyncio.ensure_future(self._read())
        return self

    async def _read(self):
        async for reading in self.driver.readings():
            self.seen.append(reading)

    async def __aexit__(self, *_):
        for task in (self.reading, self.running):
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled(), task.exception()
        await self.driver.__aexit__(None, None, None)

    @property
    def health(self):
        return self.driver.health

    def tags(self):
        return [one for one in self.seen if one.kind == "tag"]

    async def until(self, condition):
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, (self.health, self.seen[-3:])
            await asyncio.sleep(0.01)


@pytest.fixture
def bench():
    """Make a bench from settings of the emulator and options of the driver."""

    def make(options=None, **settings):
        chosen = {"listen": f"{HERE}:{free_port()}", "tags": 4, "seed": 1} | settings
        return ReaderBench(LlrpReader(**chosen), options or {})

    return make
