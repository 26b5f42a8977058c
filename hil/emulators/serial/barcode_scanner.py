"""An emulated barcode scanner on a serial port, and what serial and keyboard scanners share."""

from __future__ import annotations

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path

from hil.emulators.choices import chosen
from hil.emulators.serial.device import SerialDevice
from hil.emulators.serial.pty_port import PtyPort, Unplugged

SUFFIXES = {"cr": b"\r", "lf": b"\n", "cr-lf": b"\r\n", "none": b"", "tab": b"\t"}
PATIENCE = 2.0  # s to wait for a driver that reads slowly


class Gun(SerialDevice):
    """Fires a list of codes, one `every` so many seconds, each `times` times; then those of `scan`.

    `scans` are the symbols' contents with their AIM identifier before them and GS as \\x1d. A
    subclass says which bytes a content becomes.
    """

    def __init__(
        self,
        port: PtyPort,
        scans: Iterable[str],
        every: float,
        times: int,
        *,
        repeat: bool,
    ) -> None:
        super().__init__(port)
        self._scans = list(scans)
        self._every = every
        self._times = times
        self._repeat = repeat
        self._told: asyncio.Queue[str] = asyncio.Queue()
        self.sent = 0

    async def live(self) -> None:
        """Fire; without `repeat` the list ends in silence."""
        await self._fire_all()
        while True:
            content = await self._told.get()
            with contextlib.suppress(Unplugged):
                await self.fire(content)

    async def _fire_all(self) -> None:
        while self._scans:
            for content in self._scans:
                for _ in range(self._times):
                    await asyncio.sleep(self._every)
                    with contextlib.suppress(Unplugged):
                        await self.fire(content)
            if not self._repeat:
                return

    def scan(self, content: str) -> None:
        """Scan one symbol once the list is done."""
        self._told.put_nowait(content)

    async def fire(self, content: str) -> None:
        """Scan one symbol now; Unplugged when the port is not there."""
        await self.port.write(self.bytes_of(content))
        self.sent += 1

    @abstractmethod
    def bytes_of(self, content: str) -> bytes:
        """Return what the scanner sends for a symbol."""


class SerialGun(Gun):
    """A barcode scanner on a serial port.

    It fires `scans`, one `every` so many seconds, each `times` times, over again if `repeat`: the
    symbols' contents with their AIM identifier before them and GS as \\x1d. `suffix` is what
    follows a scan (cr, lf, cr-lf, tab or none). With `aim` off the AIM identifier is not sent, with
    `gs` off FNC1 is lost, as scanners in their factory setting do.
    """

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        baudrate: int = 9600,
        scans: Iterable[str] = (),
        every: float = 1.0,
        times: int = 1,
        repeat: bool = False,
        suffix: str = "cr",
        aim: bool = True,
        gs: bool = True,
    ) -> None:
        super().__init__(PtyPort(link, baudrate, PATIENCE), scans, every, times, repeat=repeat)
        self._suffix = chosen(SUFFIXES, suffix, "a scanner has no suffix")
        self._aim = aim
        self._gs = gs

    def bytes_of(self, content: str) -> bytes:
        """See Gun."""
        return configured(content, aim=self._aim, gs=self._gs).encode() + self._suffix


def configured(content: str, *, aim: bool, gs: bool) -> str:
    """Return a content as a scanner with these settings transmits it."""
    if not aim and content.startswith("]"):
        content = content[3:]
    return content if gs else content.replace("\x1d", "")
