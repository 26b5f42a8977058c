import asyncio

import pytest

from drivers.driver import Host
from drivers.errors import DeviceFault, DeviceMissing
from hil.emulators.chips.i2c_chip import Nack


class FakeTiming:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        due = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, due)


class DirectBus:
    """The methods of I2cBus, straight to emulated chips: no thread, no kernel, no socket."""

    path = "/dev/i2c-1"

    def __init__(self, chips):
        self.chips = chips
        self.taken = set()
        self.written = []

    async def claim(self, address):
        if address in self.taken:
            raise DeviceFault("a driver of the kernel has taken it")

    async def write(self, address, data):
        self.written.append(data)
        self._call(address, "write", data)

    async def read(self, address, count):
        return self._call(address, "read", count)

    async def write_read(self, address, data, count):
        self._call(address, "write", data)
        return self._call(address, "read", count)

    async def repeat_write_read(self, address, data, count, times):
        return [await self.write_read(address, data, count) for _ in range(times)]

    def _call(self, address, method, argument):
        try:
            return getattr(self.chips[address], method)(argument)
        except (KeyError, Nack):
            raise DeviceMissing(f"no chip answers at {address:#04x}") from None


class BenchHost(Host):
    """A host with one bus."""

    def __init__(self, timing, bus):
        super().__init__(timing)
        self.bus = bus

    def i2c(self, path):
        assert path == self.bus.path
        return self.bus


@pytest.fixture
def timing():
    return FakeTiming()


@pytest.fixture
def bus():
    return DirectBus({})


@pytest.fixture
def host(timing, bus):
    return BenchHost(timing, bus)
