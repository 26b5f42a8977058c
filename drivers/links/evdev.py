"""An input device (/dev/input/event*) as a byte link: raw `struct input_event`, grabbed."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
from collections.abc import Callable
from typing import Any, Self

from drivers.errors import CommandTimeout, DeviceMissing, DriverError, LinkLost, WrongDevice
from drivers.links import causes
from drivers.links.ready import received

READ_SIZE = 24 * 64  # bytes; the kernel keeps 64 events for a reader
NAME_SIZE = 256

# linux/input.h: _IOC(_IOC_READ, 'E', 0x06, NAME_SIZE) and _IOW('E', 0x90, int)
EVIOCGNAME = 0x80004506 | NAME_SIZE << 16
EVIOCGRAB = 0x40044590

Ioctl = Callable[..., Any]

_GONE = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.EIO)
_FORBIDDEN = (errno.EACCES, errno.EPERM)


def open_error(path: str, number: int | None) -> DriverError:
    """Return the error for a device that could not be opened or grabbed with errno `number`."""
    if number in _GONE:
        return DeviceMissing(f"there is no input device {path}", cause=causes.INPUT_ABSENT)
    if number in _FORBIDDEN:
        return DeviceMissing(f"no permission to open {path}", cause=causes.INPUT_FORBIDDEN)
    if number == errno.EBUSY:
        held = causes.INPUT_HELD.of(port=path)
        return DeviceMissing(f"{path} is grabbed by another process", cause=held)
    if number in {errno.ENOTTY, errno.EINVAL}:
        return WrongDevice(f"{path} is not an input device")
    cause = os.strerror(number) if number else "unknown cause"
    return DeviceMissing(f"cannot open {path}: {cause}")


def _open(path: str, ioctl: Ioctl) -> tuple[int, str]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise open_error(path, error.errno) from error
    try:
        name = ioctl(fd, EVIOCGNAME, bytes(NAME_SIZE))
        ioctl(fd, EVIOCGRAB, 1)
    except OSError as error:
        os.close(fd)
        raise open_error(path, error.errno) from error
    return fd, name.split(b"\0")[0].decode("utf-8", "replace")


class EvdevLink:
    """An input device that nobody else hears while it is open; `device_name` is its own."""

    def __init__(self, path: str, fd: int, device_name: str) -> None:
        self._path = path
        self._fd = fd
        self._open = True
        self.device_name = device_name

    @classmethod
    async def open(cls, path: str, ioctl: Ioctl = fcntl.ioctl) -> Self:
        """Open and grab `path`, or raise DeviceMissing or WrongDevice that names it."""
        return cls(path, *await asyncio.to_thread(_open, path, ioctl))

    async def read(self, within: float) -> bytes:
        """Return at least one byte, or nothing after `within` silent seconds; see `Link.read`."""
        return await received(self._fd, self._receive, within)

    async def write(self, data: bytes, within: float) -> None:
        """Refuse: an input device takes nothing from us."""
        raise CommandTimeout(f"{self._path} is only read")

    def close(self) -> None:
        """Close the device, which ends the grab; see `Link.close`."""
        if self._open:
            self._open = False  # from now on its number may be another file's
            with contextlib.suppress(OSError):
                os.close(self._fd)

    def _receive(self) -> bytes:
        try:
            data = os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise LinkLost(f"{self._path} went away while in use: {error.strerror}") from error
        if not data:
            raise LinkLost(f"{self._path} went away while in use")
        return data
