"""One line of a GPIO chip (/dev/gpiochipN), by the kernel's character device, version 2.

Made here through fcntl, as SPI is: one structure and four numbers (`gpio_uapi`).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
from collections.abc import Awaitable, Callable
from typing import Any, Self

from drivers.errors import DeviceMissing, DriverError, LinkLost, WrongDevice
from drivers.links import causes, gpio_uapi
from drivers.links.gpio_uapi import Edge
from drivers.links.ready import readable

CONSUMER = "tallyman"
"""What the kernel shows others who want the line (gpioinfo)."""

READ_SIZE = 16 * gpio_uapi.EVENT.size  # bytes; the kernel keeps 16 events of a line

Ioctl = Callable[..., Any]

_GONE = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR)
_FORBIDDEN = (errno.EACCES, errno.EPERM)


def open_error(chip: str, number: int | None) -> DriverError:
    """Return the error for a chip that could not be opened."""
    if number in _GONE:
        return DeviceMissing(f"there is no GPIO chip {chip}", cause=causes.NO_GPIO)
    if number in _FORBIDDEN:
        return DeviceMissing(f"no permission to open {chip}", cause=causes.GPIO_FORBIDDEN)
    return DeviceMissing(f"cannot open {chip}: {os.strerror(number or 0)}")


def line_error(chip: str, line: int, number: int | None, user: str) -> DriverError:
    """Return the error for a line that the chip does not give; `user` is who has it."""
    where = f"line {line} of {chip}"
    if number == errno.EBUSY:
        by = f" by {user!r}" if user else ""
        return DeviceMissing(f"{where} is in use{by}", cause=causes.GPIO_HELD.of(line=line))
    if number == errno.ENOTTY:
        return WrongDevice(f"{chip} is no GPIO chip, or one of a kernel before 5.10")
    if number == errno.EINVAL:
        return WrongDevice(f"there is no {where}, or it cannot be what is asked of it")
    if number in _GONE:
        return DeviceMissing(f"{chip} was taken away", cause=causes.NO_GPIO)
    return DeviceMissing(f"cannot get {where}: {os.strerror(number or 0)}")


class GpioLine:
    """A line that is ours until `close`."""

    def __init__(self, where: str, fd: int, ioctl: Ioctl) -> None:
        self._where = where
        self._fd = fd
        self._open = True
        self._ioctl = ioctl

    @classmethod
    async def open(
        cls,
        chip: str,
        line: int,
        flags: int,
        attribute: tuple[int, int] | None = None,
        ioctl: Ioctl = fcntl.ioctl,
    ) -> Self:
        """Take a line, set up as `flags` of `gpio_uapi` say; DeviceMissing or WrongDevice."""
        fd = await asyncio.to_thread(_open, chip, line, flags, attribute, ioctl)
        return cls(f"line {line} of {chip}", fd, ioctl)

    def level(self) -> int:
        """Return the electrical level now; LinkLost where the chip went away."""
        answer = self._ask(gpio_uapi.GET_VALUES, gpio_uapi.values())
        return gpio_uapi.level_of(answer)

    def drive(self, level: int) -> None:
        """Set the electrical level of an output."""
        self._ask(gpio_uapi.SET_VALUES, gpio_uapi.values(level))

    async def edges(self, within: float) -> list[Edge]:
        """Return the next changes of an input, none after `within` seconds; LinkLost, BadFrame."""
        try:
            async with asyncio.timeout(within):
                while True:
                    if data := self._receive():
                        return list(gpio_uapi.edges(data))
                    await readable(self._fd)
        except TimeoutError:
            return []

    def close(self) -> None:
        """Give the line back; an output then floats, or as the board pulls it."""
        if self._open:
            self._open = False  # from now on its number may be another file's
            with contextlib.suppress(OSError):
                os.close(self._fd)

    def _ask(self, number: int, argument: bytearray) -> bytes:
        try:
            self._ioctl(self._fd, number, argument)
        except OSError as error:
            raise self._lost(error.strerror) from error
        return bytes(argument)

    def _receive(self) -> bytes:
        try:
            data = os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost(error.strerror) from error
        if not data:
            raise self._lost("no more events")
        return data

    def _lost(self, why: str | None) -> LinkLost:
        return LinkLost(f"{self._where} went away while in use: {why}", cause=causes.NO_GPIO)


OpenLine = Callable[[str, int, int, tuple[int, int] | None], Awaitable[GpioLine]]
"""Takes a line of a chip, as `GpioLine.open` does."""


def _open(chip: str, line: int, flags: int, attribute: tuple[int, int] | None, ioctl: Ioctl) -> int:
    try:
        chip_fd = os.open(chip, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise open_error(chip, error.errno) from error
    try:
        wanted = gpio_uapi.request(line, CONSUMER, flags, attribute)
        ioctl(chip_fd, gpio_uapi.GET_LINE, wanted)
        fd = gpio_uapi.file_of(bytes(wanted))
        os.set_blocking(fd, False)
    except OSError as error:
        raise line_error(chip, line, error.errno, _user(chip_fd, line, ioctl)) from error
    finally:
        os.close(chip_fd)
    return fd


def _user(chip_fd: int, line: int, ioctl: Ioctl) -> str:
    """Return who has a line, where the kernel says so."""
    asked = gpio_uapi.info_request(line)
    try:
        ioctl(chip_fd, gpio_uapi.GET_LINE_INFO, asked)
    except OSError:
        return ""
    return gpio_uapi.user_of(bytes(asked))
