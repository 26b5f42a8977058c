"""A battery pack with JBD's management on a serial port, by its general protocol (V4)."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from pathlib import Path

from hil.emulators.choices import chosen
from hil.emulators.serial.device import Command, SerialModule
from hil.emulators.serial.pty_port import PtyPort

START, END, READ = 0xDD, 0x77, 0xA5
PATIENCE = 2.0  # s to wait for a driver that reads slowly
DATE = 2 | 3 << 5 | 16 << 9  # 2016-03-02, as the protocol packs it
ZERO = 2731  # 0.1 K at 0 °C
FAULTS = {"none": 0, "cell-high": 1, "cell-low": 2, "hot": 1 << 4, "short": 1 << 10}


def framed(register: int, status: int, data: bytes) -> bytes:
    """Return an answer with its checksum: the sum of status, length and data, complemented."""
    total = status + len(data) + sum(data)
    check = (0x10000 - total) % 0x10000
    return bytes([START, register, status, len(data)]) + data + struct.pack(">HB", check, END)


class JbdPack(SerialModule):
    """A pack whose management answers and never speaks by itself.

    It has a `charge` in %, a `current` in A (negative: it is used), `cells` in V, and a temperature
    in °C at each of its `probes`. One that is `asleep` loses the first question.
    """

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        baudrate: int = 9600,
        charge: int = 72,
        current: float = -1.5,
        cells: Sequence[float] = (3.92, 3.941, 3.899, 3.93),
        probes: Sequence[float] = (20.3, 21.5),
        cycles: int = 12,
        nominal: float = 10.0,
        asleep: bool = False,
    ) -> None:
        super().__init__(PtyPort(link, baudrate, PATIENCE))
        self.charge, self.current = charge, current
        self.cells, self.probes = list(cells), list(probes)
        self._cycles, self._nominal = cycles, nominal
        self._sleeps = asleep
        self._protections = 0
        self._refuses = self._silent = False
        self._asleep = asleep

    def power_on(self) -> None:
        """Fall asleep where it does."""
        self._asleep = self._sleeps

    def fault(self, kind: str) -> None:
        """Take on a protection: `cell-high`, `cell-low`, `hot`, `short`; or `none`.

        Or `refuse` what is asked, or be `silent`, until the next fault.
        """
        self._refuses, self._silent = kind == "refuse", kind == "silent"
        if not (self._refuses or self._silent):
            self._protections = chosen(FAULTS, kind, "no fault")

    def commands(self, data: bytes) -> tuple[list[Command], bytes]:
        """See SerialModule: DD, A5, register, 0, two bytes of checksum, 77."""
        found: list[Command] = []
        while (at := data.find(bytes([START, READ]))) >= 0 and len(data) >= at + 7:
            whole = data[at : at + 7]
            sound = sum(whole[2:4]) + int.from_bytes(whole[4:6], "big") == 1 << 16
            if whole[3] == 0 and whole[6] == END and sound:
                found.append((whole[2], b""))
            data = data[at + 7 :]
        return found, data[-6:]

    async def obey(self, code: int, payload: bytes) -> None:
        """See SerialModule."""
        del payload
        if self._silent:
            return
        if self._asleep:
            self._asleep = False
            return
        data = {0x03: self._basic, 0x04: self._voltages}.get(code)
        if data is None or self._refuses:
            await self.port.write(framed(code, 0x80, b""))
        else:
            await self.port.write(framed(code, 0x00, data()))

    async def transmit(self) -> None:
        """See SerialModule: it says nothing by itself."""
        await asyncio.Event().wait()

    def _basic(self) -> bytes:
        volts = round(sum(self.cells) * 100)
        left = round(self._nominal * self.charge)
        head = struct.pack(
            ">HhHHHHHHHBBBBB",
            volts, round(self.current * 100), left, round(self._nominal * 100), self._cycles, DATE,
            0, 0, self._protections, 0x10, self.charge, 0x03, len(self.cells), len(self.probes),
        )  # fmt: skip
        return head + b"".join(struct.pack(">H", round(t * 10) + ZERO) for t in self.probes)

    def _voltages(self) -> bytes:
        return b"".join(struct.pack(">H", round(volts * 1000)) for volts in self.cells)
