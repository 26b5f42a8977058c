"""A chip on an SPI bus of the machine: the ioctls of `/dev/spidevB.D`, in one thread for each bus.

The ioctls are made here, through fcntl: PyPI's spidev has no wheels, so every gateway would need a
compiler for what one structure and two numbers do (linux/spi/spidev.h).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import struct
import time
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from drivers.errors import DeviceMissing, DriverError, LinkLost, WrongDevice
from drivers.links import causes
from drivers.links.bus_thread import BusThread
from foundation.options import OptionError

PATH = re.compile(r"(/dev/spidev\d+)\.\d+")
LARGEST_MESSAGE = 4096  # bytes; spidev's parameter bufsiz, unless somebody raised it
MOST_TRANSFERS = 511  # an ioctl number has 14 bits for the size of its argument

WRITE_MODE = 0x40016B01  # SPI_IOC_WR_MODE
MESSAGE = 0x40006B00  # SPI_IOC_MESSAGE(0); the size goes into bits 16 and up
SIZE_SHIFT = 16
# spi_ioc_transfer: tx, rx, length, speed, delay, bits, cs_change, tx_nbits, rx_nbits, word delay
TRANSFER = struct.Struct("=QQIIHBBBBBB")

NO_BUS = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV})
NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM})


def open_error(path: str, error: OSError) -> DriverError:
    """Return the error that says why the chip's device could not be opened."""
    if error.errno in NO_BUS:
        return DeviceMissing(f"{path}: no such SPI device", cause=causes.NO_SPI)
    if error.errno in NOT_ALLOWED:
        return DeviceMissing(f"{path}: permission denied", cause=causes.SPI_FORBIDDEN)
    if error.errno in {errno.ENOTTY, errno.EINVAL}:
        return WrongDevice(f"{path} is not an SPI device")
    return DeviceMissing(f"{path}: {error.strerror}")


class Look(NamedTuple):
    """What a chip answered to one look, and to what followed; `at`: monotonic moment, s."""

    at: float
    answer: bytes
    others: Sequence[bytes]


class SpiChip:
    """The chip behind `path`, in SPI mode `mode`. Opens at first use, and again after it failed.

    SPI has no acknowledge: what answers, and whether anything does, is the driver's to find out.
    """

    def __init__(self, path: str, thread: BusThread, speed: int, mode: int = 0) -> None:
        self.path = path
        self._thread = thread
        self._speed = speed
        self._mode = mode
        self._fd: int | None = None  # touched by the thread only

    async def exchange(self, *accesses: bytes) -> list[bytes]:
        """Send each of `accesses` with the chip selected anew; return what came in meanwhile.

        All of them are one system call, with no other chip of the bus in between. Raises
        DeviceMissing (no bus, no permission), WrongDevice (no SPI bus) or LinkLost.
        """
        return await self._thread.run(lambda: self._exchange(accesses))

    async def polled(
        self, look: bytes, then: Callable[[bytes], Sequence[bytes]], every: float, times: int
    ) -> list[Look]:
        """Send `look` and what `then` makes of its answer, `times` times, `every` seconds apart.

        The thread does it alone, so that nothing else that goes on in the process comes between two
        looks; other chips of the bus wait meanwhile. Raises as `exchange` does.
        """

        def looks() -> list[Look]:
            found = []
            for _ in range(times):
                time.sleep(every)
                (said,) = self._exchange([look])
                at, wanted = time.monotonic(), then(said)
                found.append(Look(at, said, self._exchange(wanted) if wanted else []))
            return found

        return await self._thread.run(looks)

    def close(self) -> None:
        """Close the file; for the thread's end."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        if self._fd is None:
            fd = -1
            try:
                fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
                fcntl.ioctl(fd, WRITE_MODE, bytes([self._mode]))
            except OSError as error:
                if fd >= 0:
                    os.close(fd)
                raise open_error(self.path, error) from error
            self._fd = fd
        return self._fd

    def _exchange(self, accesses: Sequence[bytes]) -> list[bytes]:
        fd = self._open()
        sizes = [len(access) for access in accesses]
        assert sum(sizes) <= LARGEST_MESSAGE
        assert len(sizes) <= MOST_TRANSFERS
        data = ctypes.create_string_buffer(b"".join(accesses), sum(sizes))
        message = self._message(ctypes.addressof(data), sizes)
        try:
            fcntl.ioctl(fd, MESSAGE | len(message) << SIZE_SHIFT, message)
        except OSError as error:
            self.close()
            raise LinkLost(f"{self.path} failed: {error.strerror}") from error
        answers = memoryview(data.raw)
        return [bytes(answers[end - size : end]) for size, end in parts(sizes)]

    def _message(self, address: int, sizes: Sequence[int]) -> bytearray:
        """Return the transfers, each over its part of the buffer at `address`, both ways."""
        transfers = []
        for number, (size, end) in enumerate(parts(sizes), 1):
            at = address + end - size
            between = number < len(sizes)  # cs_change after the last would leave the chip selected
            transfers.append(TRANSFER.pack(at, at, size, self._speed, 0, 8, between, 0, 0, 0, 0))
        return bytearray().join(transfers)  # fcntl takes immutable bytes up to 1,024 only


def parts(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the size of each of consecutive parts, and where it ends."""
    return list(zip(sizes, accumulate(sizes), strict=True))


def bus_of(path: str) -> str:
    """Return the bus of a chip's path, whose chips share a thread; OptionError for other paths."""
    match = PATH.fullmatch(path)
    if match is None:
        raise OptionError("bus", f"{path} is not an SPI chip select like /dev/spidev0.0")
    return match[1]
