"""The device's end of an emulated serial port: a pty behind a stable path.

The driver opens `path` like any tty. Unplugging closes the device's end and takes the path away,
so the driver sees what a pulled USB plug shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import Awaitable, Callable
from pathlib import Path

READ_SIZE = 4096  # bytes; the size of the pty's buffer
GARBLE = 0xA5  # any fixed pattern: what a UART at another rate makes of a byte is garbage

POLL = 0.001  # s between two looks whether a full buffer has room again

Write = Callable[[bytes], Awaitable[None]]


class Unplugged(Exception):
    """The port was unplugged while in use."""


class PtyPort:
    """One emulated serial port.

    `link` is the stable path (a symbolic link that only exists while plugged in); without it the
    pty's own path serves. With `baudrate`, bytes are garbled both ways while the driver has set
    another rate. A send waits `patience` seconds for a driver to take what the buffer does not
    hold; `lost` counts the bytes nobody took, as on a UART without a listener.
    """

    def __init__(
        self,
        link: str | Path | None = None,
        baudrate: int | None = None,
        patience: float = 0.0,
    ) -> None:
        self._link = None if link is None else Path(link)
        self._speed = None if baudrate is None else speed_code(baudrate)
        self._master = -1
        self._slave = -1  # kept open: else the device's end gets EIO whenever no driver is there
        self._plugged = asyncio.Event()
        self._reading: asyncio.Future[None] | None = None
        self.write: Write = self.send
        self._patience = patience
        self.lost = 0

    @property
    def path(self) -> Path:
        """The path a driver opens; only valid while plugged in, unless there is a link."""
        return self._link or Path(os.ttyname(self._slave))

    @property
    def plugged_in(self) -> bool:
        """Whether the port is there."""
        return self._plugged.is_set()

    def through(self, wrapper: Callable[[Write], Write]) -> None:
        """Send from now on through `wrapper` (faults, recordings)."""
        self.write = wrapper(self.write)

    def plug(self) -> None:
        """Make the port appear; nothing happens when it is there."""
        if self.plugged_in:
            return
        self._master, self._slave = os.openpty()
        os.set_blocking(self._master, False)
        self._set_up_line()
        if self._link is not None:
            self._link.parent.mkdir(parents=True, exist_ok=True)
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(os.ttyname(self._slave))
        self._plugged.set()

    def _set_up_line(self) -> None:
        """Set raw mode and the device's own rate, so that `cat` reads it as it is."""
        tty.setraw(self._slave)
        if self._speed is not None:
            line = termios.tcgetattr(self._slave)
            line[4] = line[5] = self._speed
            termios.tcsetattr(self._slave, termios.TCSANOW, line)

    def unplug(self) -> None:
        """Make the port vanish under its driver; nothing happens when it is not there."""
        if not self.plugged_in:
            return
        self._plugged.clear()
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        if self._reading is not None:
            self._reading.get_loop().remove_reader(self._master)
            if not self._reading.done():
                self._reading.set_exception(Unplugged())
            self._reading = None
        os.close(self._slave)
        os.close(self._master)

    async def wait_plugged(self) -> None:
        """Return as soon as the port is there."""
        await self._plugged.wait()

    async def read(self) -> bytes:
        """Return what the driver sent, at least one byte; Unplugged when the port vanishes."""
        while self.plugged_in:
            await self._readable()
            if data := self._take():
                return data
        raise Unplugged

    async def send(self, data: bytes) -> None:
        """Put `data` on the wire; what is not taken within the port's patience is lost."""
        rest = memoryview(self._on_wire(data))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while rest:
                    rest = rest[self._put(rest) :]
                    if rest:
                        await asyncio.sleep(POLL)
        self.lost += len(rest)

    def _take(self) -> bytes:
        if not self.plugged_in:
            raise Unplugged
        try:
            return self._on_wire(os.read(self._master, READ_SIZE))
        except BlockingIOError:
            return b""

    def _put(self, data: memoryview) -> int:
        if not self.plugged_in:
            raise Unplugged
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def _on_wire(self, data: bytes) -> bytes:
        if not self.plugged_in:
            raise Unplugged
        if self._speed is None or self._speed == termios.tcgetattr(self._master)[4]:
            return data
        return bytes(byte ^ GARBLE for byte in data)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        reading: asyncio.Future[None] = loop.create_future()
        self._reading, master = reading, self._master
        loop.add_reader(master, _wake, reading)
        try:
            await reading
        finally:
            if self._reading is reading:
                self._reading = None
                loop.remove_reader(master)


def speed_code(baudrate: int) -> int:
    """Return what termios calls a rate in bit/s; ValueError when it has no such rate."""
    code = getattr(termios, f"B{baudrate}", None)
    if code is None:
        raise ValueError(f"no serial port runs at {baudrate} baud")
    return int(code)


def _wake(reading: asyncio.Future[None]) -> None:
    if not reading.done():
        reading.set_result(None)
