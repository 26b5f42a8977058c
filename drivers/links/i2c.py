"""An I2C bus of the machine: smbus2 in one thread, so that a slow chip never stops the event loop.

All chips of a bus share its thread, which serialises their transfers. A transfer that hangs in the
kernel costs its caller TRANSFER_TIMEOUT and everybody else an immediate LinkLost until it ends.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from smbus2 import SMBus, i2c_msg
from smbus2.smbus2 import I2C_SLAVE

from drivers.errors import DeviceFault, DeviceMissing, DriverError, LinkLost, WrongDevice

TRANSFER_TIMEOUT = 3.0  # s; the Pi's controller itself gives up after 1 s (i2c-bcm2835: 1 HZ)

NO_ACKNOWLEDGE = frozenset({errno.EREMOTEIO, errno.ENXIO, errno.EIO})  # differs by controller
NO_BUS = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV})
NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM})

T = TypeVar("T")
Job = tuple["Future[Any]", Callable[[], Any]]


def open_error(path: str, error: OSError) -> DriverError:
    """Return the error that says why the bus could not be opened."""
    if error.errno in NO_BUS:
        return DeviceMissing(
            f"{path}: no such bus",
            advice="enable I2C with dtparam=i2c_arm=on in /boot/firmware/config.txt and reboot; "
            "ls /dev/i2c-* shows the buses there are",
        )
    if error.errno in NOT_ALLOWED:
        return DeviceMissing(
            f"{path}: permission denied",
            advice="add the user that runs Tallyman to the group i2c, then restart it",
        )
    if error.errno == errno.ENOTTY:
        return WrongDevice(f"{path} is not an I2C bus")
    return DeviceMissing(f"{path}: {error.strerror}")


def transfer_error(path: str, address: int, error: OSError) -> DriverError:
    """Return the error that says why the chip at `address` could not be reached."""
    if error.errno in NO_ACKNOWLEDGE:
        return DeviceMissing(
            f"no chip answers at {address:#04x} on {path}",
            advice="check the chip's supply, its wires and its address pin; "
            f"i2cdetect -y {path.rpartition('-')[2]} lists the addresses that answer",
        )
    if error.errno == errno.ETIMEDOUT:
        return LinkLost(
            f"{path} is stuck: a line is held low",
            advice="power-cycle the chips on this bus; check its pull-ups and the cable's length",
        )
    if error.errno == errno.ENODEV:
        return LinkLost(f"{path} was taken away", advice="plug the bus adapter in again")
    return LinkLost(f"{path} failed with {address:#04x}: {error.strerror}")


class I2cBus:
    """The bus behind `path`. Opens at first use, and again after it failed.

    Every method raises DeviceMissing (no bus, no permission, no acknowledge), LinkLost (stuck,
    hanging, taken away), WrongDevice (no I2C bus) with the bus and the address in the text.
    """

    def __init__(self, path: str, timeout: float = TRANSFER_TIMEOUT) -> None:
        self.path = path
        self._timeout = timeout
        self._turn = asyncio.Lock()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._hanging: Future[Any] | None = None
        self._closed = False
        self._file: SMBus | None = None  # touched by the thread only

    async def claim(self, address: int) -> None:
        """Make sure that no kernel driver uses the chip; DeviceFault when one does."""
        await self._run(lambda: self._claim(address))

    async def write(self, address: int, data: bytes) -> None:
        """Write `data` in one message."""
        await self._run(lambda: self._transfer(address, i2c_msg.write(address, data)))

    async def read(self, address: int, count: int) -> bytes:
        """Read `count` bytes in one message."""
        message = i2c_msg.read(address, count)
        await self._run(lambda: self._transfer(address, message))
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

        return await self._run(burst)

    def close(self) -> None:
        """Close the file for good as soon as no transfer uses it; never blocks."""
        self._closed = True
        self._jobs.put((Future(), self._drop_file))
        self._jobs.put(None)

    async def _run(self, call: Callable[[], T]) -> T:
        async with self._turn:
            if self._closed:
                raise LinkLost(f"{self.path} is closed")
            if self._hanging is not None and not self._hanging.done():
                raise LinkLost(f"{self.path}: an earlier transfer still hangs in the kernel")
            job: Future[T] = Future()
            self._submit(job, call)
            try:
                async with asyncio.timeout(self._timeout):
                    return await asyncio.wrap_future(job)
            except TimeoutError:
                self._hanging = job
                raise LinkLost(
                    f"{self.path}: a transfer did not end within {self._timeout:g} s",
                    advice="power-cycle the chips on this bus; reboot if that does not help",
                ) from None

    def _submit(self, job: Future[T], call: Callable[[], T]) -> None:
        if self._thread is None or not self._thread.is_alive():
            name = f"i2c {self.path}"
            # A daemon: a transfer that hangs in the kernel must not keep the process from ending.
            self._thread = threading.Thread(target=work, args=(self._jobs,), name=name, daemon=True)
            self._thread.start()
        self._jobs.put((job, call))

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
                advice="remove the dtoverlay of this chip from /boot/firmware/config.txt, reboot",
            ) from error

    def _transfer(self, address: int, *messages: i2c_msg) -> None:
        file = self._open()
        try:
            file.i2c_rdwr(*messages)
        except OSError as error:
            if error.errno not in NO_ACKNOWLEDGE:
                self._drop_file()
            raise transfer_error(self.path, address, error) from error


def work(jobs: SimpleQueue[Job | None]) -> None:
    """Do jobs until None comes; a job's DriverError goes to whoever waits for it."""
    while (job := jobs.get()) is not None:
        future, call = job
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(call())
        except DriverError as error:
            future.set_exception(error)
