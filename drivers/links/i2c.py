"""An I2C bus of the machine: smbus2 in one thread, so that a slow chip never stops the event loop.

All chips of a bus share its thread, which serialises their transfers. A transfer that hangs in the
kernel costs its caller TRANSFER_TIMEOUT and everybody else an immediate LinkLost until it ends.
"""

from __future__ import annotations

import errno
import fcntl

from smbus2 import SMBus, i2c_msg
from smbus2.smbus2 import I2C_SLAVE

from drivers.errors import DeviceFault, DeviceMissing, DriverError, LinkLost, WrongDevice
from drivers.links import causes
from drivers.links.bus_thread import TRANSFER_TIMEOUT, BusThread

NO_ACKNOWLEDGE = frozenset({errno.EREMOTEIO, errno.ENXIO, errno.EIO})  # differs by controller
NO_BUS = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV})
NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM})


def open_error(path: str, error: OSError) -> DriverError:
    """Return the error that says why the bus could not be opened."""
    if error.errno in NO_BUS:
        return DeviceMissing(f"{path}: no such bus", cause=causes.NO_I2C)
    if error.errno in NOT_ALLOWED:
        return DeviceMissing(f"{path}: permission denied", cause=causes.I2C_FORBIDDEN)
    if error.errno == errno.ENOTTY:
        return WrongDevice(f"{path} is not an I2C bus")
    return DeviceMissing(f"{path}: {error.strerror}")


def transfer_error(path: str, address: int, error: OSError) -> DriverError:
    """Return the error that says why the chip at `address` could not be reached."""
    if error.errno in NO_ACKNOWLEDGE:
        silent = causes.I2C_SILENT.of(bus_number=path.rpartition("-")[2])
        return DeviceMissing(f"no chip answers at {address:#04x} on {path}", cause=silent)
    if error.errno == errno.ETIMEDOUT:
        return LinkLost(f"{path} is stuck: a line is held low", cause=causes.I2C_STUCK)
    if error.errno == errno.ENODEV:
        return LinkLost(f"{path} was taken away", cause=causes.I2C_GONE)
    return LinkLost(f"{path} failed with {address:#04x}: {error.strerror}")


class I2cBus:
    """The bus behind `path`. Opens at first use, and again after it failed.

    Every method raises DeviceMissing (no bus, no permission, no acknowledge), LinkLost (stuck,
    hanging, taken away), WrongDevice (no I2C bus) with the bus and the address in the text.
    """

    def __init__(self, path: str, timeout: float = TRANSFER_TIMEOUT) -> None:
        self.path = path
        self._thread = BusThread(path, f"i2c {path}", timeout)
        self._file: SMBus | None = None  # touched by the thread only

    async def claim(self, address: int) -> None:
        """Make sure that no kernel driver uses the chip; DeviceFault when one does."""
        await self._thread.run(lambda: self._claim(address))

    async def write(self, address: int, data: bytes) -> None:
        """Write `data` in one message."""
        await self._thread.run(lambda: self._transfer(address, i2c_msg.write(address, data)))

    async def read(self, address: int, count: int) -> bytes:
        """Read `count` bytes in one message."""
        message = i2c_msg.read(address, count)
        await self._thread.run(lambda: self._transfer(address, message))
        return bytes(message)

    async def write_read(self, address: int, data: bytes, count: int) -> bytes:
        """Write `data`, then read `count` bytes after a repeated start."""
        return (await self.repeat_write_read(address, data, count, times=1))[0]

    async def repeat_write_read(
        self, address: int, data: bytes, count: int, times: int
    ) -> list[bytes]:
        """Do `write_read` several times, each a transfer of its own, with nobody in between."""

        def burst() -> list[bytes]:
            answers = []
            for _ in range(times):
                answer = i2c_msg.read(address, count)
                self._transfer(address, i2c_msg.write(address, data), answer)
                answers.append(bytes(answer))
            return answers

        return await self._thread.run(burst)

    def close(self) -> None:
        """Close the file for good as soon as no transfer uses it; never blocks."""
        self._thread.close(self._drop_file)

    def _open(self) -> SMBus:
        if self._file is None:
            file = SMBus()
            try:
                file.open(self.path)
            except OSError as error:
                file.close()
                raise open_error(self.path, error) from error
            self._file = file
        return self._file

    def _drop_file(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _claim(self, address: int) -> None:
        file = self._open()
        assert file.fd is not None
        try:
            fcntl.ioctl(file.fd, I2C_SLAVE, address)
        except OSError as error:
            if error.errno != errno.EBUSY:
                self._drop_file()
                raise transfer_error(self.path, address, error) from error
            raise DeviceFault(
                f"a driver of the kernel has taken {address:#04x} on {self.path}",
                cause=causes.I2C_CLAIMED,
            ) from error

    def _transfer(self, address: int, *messages: i2c_msg) -> None:
        file = self._open()
        try:
            file.i2c_rdwr(*messages)
        except OSError as error:
            if error.errno not in NO_ACKNOWLEDGE:
                self._drop_file()
            raise transfer_error(self.path, address, error) from error
