"""A driver and emulated chips on one bus: no thread, no kernel, no socket, no waiting."""

from __future__ import annotations

import errno

from drivers.driver import Host
from drivers.errors import DeviceFault
from drivers.links.i2c import transfer_error
from hil.emulators.chips.i2c_chip import Nack

BUS = "/dev/i2c-1"


class DirectBus:
    """The methods of I2cBus, straight to the emulated chips by their addresses."""

    path = BUS

    def __init__(self, chips):
        self.chips = chips
        self.taken = set()
        self.written = []

    async def claim(self, address):
        if address in self.taken:
            raise DeviceFault("a driver of the kernel has taken it")

    async def write(self, address, data):
        self.written.append(data)
        self.message(address, "write", data)

    async def read(self, address, count):
        return self.message(address, "read", count)

    async def write_read(self, address, data, count):
        self.message(address, "write", data)
        return self.message(address, "read", count)

    async def repeat_write_read(self, address, data, count, times):
        return [await self.write_read(address, data, count) for _ in range(times)]

    def message(self, address, method, argument):
        try:
            return getattr(self.chips[address], method)(argument)
        except (KeyError, Nack):
            refused = OSError(errno.EREMOTEIO, "Remote I/O error")
            raise transfer_error(self.path, address, refused) from None


class BenchHost(Host):
    """A host with one bus."""

    def __init__(self, timing, bus):
        super().__init__(timing)
        self.bus = bus

    def i2c(self, path):
        assert path == self.bus.path
        return self.bus
