"""Drivers of chips on a bus: they talk straight to the emulated chip, and nobody waits."""

from __future__ import annotations

import asyncio

from drivers.driver import Host
from hil.emulators.catalog import emulator_class
from hil.emulators.chips.catalog import CHIPS
from tests.conformance.bench import Bench
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.i2c_bench import BUS, BenchHost, DirectBus
from tests.drivers.rfid.nfc_bench import PATH, DirectSpi

STUCK = 1_000_000  # turns of the event loop without a sleep of the driver


class BusBench(Bench):
    """Time passes when the driver sleeps."""

    STEP, ROUND, A_WHILE, PATIENCE = 0.05, 1.0, 600.0, 200.0
    PIECES = 40
    JITTER = 0.001

    def __init__(self, kind, stir=None):
        super().__init__(kind, stir)
        self.timing = FakeTiming()

    async def passes(self, seconds):
        until = self.timing.now + seconds
        for _ in range(STUCK):
            if self.timing.now >= until or self.reading.done():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"the driver neither reads nor sleeps: {self.health}")


class I2cBench(BusBench):
    """The first chip of the emulators' table that `kind` drives."""

    def __init__(self, kind, _folder, stir=None, **emulated):
        super().__init__(kind, stir)
        entry = next(each for each in CHIPS.values() if each.driver == kind)
        self.address = entry.address
        self.chip = entry.make(1, self.timing.monotonic, **emulated)
        self.bus = SpokenBus(self)
        self.given = {"bus": BUS, "address": entry.address, **entry.options}
        self.where = f"{entry.address:#04x} on {BUS}"
        self.plug()
        self.timing.now += 1.0  # it has been up for a while

    def host(self):
        return BenchHost(self.timing, self.bus)

    def plug(self):
        self.chip.power_on()
        self.bus.chips[self.address] = self.chip

    def unplug(self):
        self.bus.chips.pop(self.address, None)


class SpokenBus(DirectBus):
    """A bus whose chip answers by the bench's voice."""

    def __init__(self, bench):
        super().__init__({})
        self._bench = bench

    def message(self, address, method, argument):
        said = self._bench.voice.says(super().message(address, method, argument) or b"")
        if self._bench.voice.cut:
            self._bench.voice.cut = False
            self._bench.unplug()
            super().message(address, method, argument)
        return said


class SpiBench(BusBench):
    """The emulated board of `kind` behind one chip select."""

    def __init__(self, kind, _folder, stir=None, **emulated):
        super().__init__(kind, stir)
        make = emulator_class(kind)
        self.emulator = make(link="/nowhere", clock=self.timing.monotonic, **emulated)
        self.emulator.supply()
        self.given = {"bus": PATH}
        self.where = PATH
        self.timing.now += 1.0

    def host(self):
        host = Host(self.timing)
        host.spi = lambda path, speed, mode=0: SpokenSpi(self)
        return host

    def plug(self):
        self.emulator.supply()

    def unplug(self):
        self.emulator.unplug()


class SpokenSpi(DirectSpi):
    """A chip select whose chip answers by the bench's voice."""

    def __init__(self, bench):
        super().__init__(bench.emulator, bench.timing)
        self._bench = bench

    async def exchange(self, *accesses):
        answers = [self._bench.voice.says(each) for each in await super().exchange(*accesses)]
        if self._bench.voice.cut:
            self._bench.voice.cut = False
            self._bench.unplug()
        return [said.ljust(len(sent), b"\0") for said, sent in zip(answers, accesses, strict=True)]
