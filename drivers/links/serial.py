"""A serial port as a byte link: pyserial opens and configures it, the event loop reads it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import termios
from typing import Self

import serial

from drivers.errors import CommandTimeout, DeviceMissing, DriverError, LinkLost, WrongDevice
from drivers.links import causes
from drivers.links.ready import received, writable
from foundation.options import option

BAUD_RATES = (4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
READ_SIZE = 4096  # bytes; the kernel's tty buffer gives no more at once

_GONE = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.EIO)
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_IN_USE = (errno.EBUSY, errno.EAGAIN)


def port_option() -> str:
    """Declare where the port is."""
    return option(str, "path of the serial port, preferably one in /dev/serial/by-id")


def baudrate_option(default: int) -> int:
    """Declare how fast the device talks."""
    return option(int, "bits per second", default, choices=BAUD_RATES)


def open_error(path: str, number: int | None) -> DriverError:
    """Return the error for a port that could not be opened with errno `number`."""
    if number in _GONE:
        return DeviceMissing(f"there is no serial port {path}", cause=causes.PORT_ABSENT)
    if number in _FORBIDDEN:
        return DeviceMissing(f"no permission to open {path}", cause=causes.PORT_FORBIDDEN)
    if number in _IN_USE:
        held = causes.PORT_HELD.of(port=path)
        return DeviceMissing(f"{path} is in use by another process", cause=held)
    if number == errno.ENOTTY:
        return WrongDevice(f"{path} is not a serial port")
    cause = os.strerror(number) if number else "unknown cause"
    return DeviceMissing(f"cannot open {path}: {cause}")


def _errno_of(error: BaseException | None) -> int | None:
    """Return the errno of pyserial's error; it hides that of termios in the context."""
    if isinstance(error, termios.error):
        return int(error.args[0])
    if isinstance(error, OSError):
        return error.errno if error.errno is not None else _errno_of(error.__context__)
    return None


def _open(path: str, baudrate: int) -> serial.Serial:
    try:
        return serial.Serial(path, baudrate, timeout=0, write_timeout=0, exclusive=True)
    except (OSError, termios.error) as error:  # also where it vanishes while it is opened
        raise open_error(path, _errno_of(error)) from error


class SerialLink:
    """An exclusively opened serial port, 8N1, without flow control."""

    def __init__(self, path: str, port: serial.Serial) -> None:
        self._path = path
        self._port = port
        self._fd = port.fileno()
        self._stuck = False  # whether a write was not taken in time

    @classmethod
    async def open(cls, path: str, baudrate: int) -> Self:
        """Open `path`, or raise DeviceMissing or WrongDevice that names it.

        Runs in a thread: the driver of a sick USB adapter can hold open(2) for seconds.
        """
        return cls(path, await asyncio.to_thread(_open, path, baudrate))

    async def read(self, within: float) -> bytes:
        """Return at least one byte, or nothing after `within` silent seconds; see `Link.read`."""
        return await received(self._fd, self._receive, within)

    async def write(self, data: bytes, within: float) -> None:
        """Hand `data` to the kernel, or raise CommandTimeout or LinkLost; see `Link.write`."""
        rest = memoryview(data)
        try:
            async with asyncio.timeout(within):
                while rest:
                    rest = rest[self._send(rest) :]
                    if rest:
                        await writable(self._fd)
        except TimeoutError:
            self._stuck = True
            raise CommandTimeout(
                f"{self._path} took {len(data) - len(rest)} of {len(data)} bytes in {within:g} s"
            ) from None

    def tune(self, baudrate: int) -> None:
        """Change the rate of the open port; see `Tunable.tune`."""
        try:
            self._port.baudrate = baudrate
            self._port.reset_input_buffer()
        except (OSError, termios.error) as error:
            raise LinkLost(f"{self._path} went away while in use: {error}") from error

    def close(self) -> None:
        """Close the port; see `Link.close`."""
        if self._stuck:  # close(2) would wait up to 30 s for output that is not taken
            with contextlib.suppress(termios.error):  # the device may be gone already
                termios.tcflush(self._fd, termios.TCOFLUSH)
        with contextlib.suppress(OSError):
            self._port.close()

    def _receive(self) -> bytes:
        """Return what is there; an empty answer is a hang-up only if poll(2) says so too."""
        try:
            data = os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost(error) from error
        if not data and self._hung_up():
            raise self._lost(None)
        return data

    def _send(self, data: memoryview) -> int:
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._lost(error) from error

    def _hung_up(self) -> bool:
        poller = select.poll()
        poller.register(self._fd, select.POLLIN)
        gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
        return any(events & gone for _, events in poller.poll(0))

    def _lost(self, error: OSError | None) -> LinkLost:
        cause = f": {error.strerror}" if error is not None else ""
        return LinkLost(f"{self._path} went away while in use{cause}")
