"""A DS18B20 as Linux shows it: a folder under /sys/bus/w1/devices with a file `w1_slave`.

Written from the data sheet (19-7487) and the kernel's w1_therm.c. A file does not measure when it
is read, as the kernel's does, so it is written anew all the time.
"""

from __future__ import annotations

import asyncio
import math
import random
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path

from hil.emulators.chips.script import scripted

EVERY = 0.02  # s between two files
TWELVE_BITS = 0x7F  # configuration, figure 10
ALARMS = bytes([0x4B, 0x46])  # TH and TL as they leave the factory
LENGTH = 9  # bytes of a scratchpad


def checksum(data: bytes) -> int:
    """Return the CRC of data sheet figure 11, bit by bit as its shift register does."""
    register = 0
    for bit in (byte >> place & 1 for byte in data for place in range(8)):
        feedback = bit ^ register & 1
        register >>= 1
        if feedback:
            register ^= 0b10001100
    return register


def told(pad: bytes) -> bytes:
    """Return the text of w1_slave for a scratchpad, as w1_therm.c prints it."""
    digits = "".join(f"{byte:02x} " for byte in pad)
    right = "YES" if checksum(pad[:8]) == pad[8] else "NO"
    (raw,) = struct.unpack_from("<h", pad)
    lines = f"{digits}: crc={pad[8]:02x} {right}\n{digits}t={raw * 1000 // 16}\n"
    return lines.encode()


class W1Probe:
    """A DS18B20 probe on one-wire.

    Its air swings from `low` to `high` °C and back in `period` s, and is measured with `noise` (°C,
    standard deviation). `script` is a file of scratchpads, a line of nine hexadecimal bytes each,
    which it shows one after another, `hold` seconds each; a blank line is a probe that says
    nothing.
    """

    def __init__(
        self,
        *,
        link: str | Path,
        low: float = 20.0,
        high: float = 20.0,
        period: float = 600.0,
        noise: float = 0.0,
        seed: int = 0,
        script: str = "",
        hold: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = Path(link)
        self._low, self._high, self._period = low, high, period
        self._noise, self._rng = noise, random.Random(seed)
        self._script = scripted(Path(script).read_text(), LENGTH) if script else []
        self._hold = hold
        self._clock = clock
        self._start = clock()
        self._fault = ""
        self.around: Callable[[bytes], bytes] = lambda data: data
        self.plugged = False

    @property
    def where(self) -> str:
        """The probe's folder."""
        return str(self._folder)

    def plug(self) -> None:
        """Let the kernel find the probe."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.plugged = True
        self._write()

    def unplug(self) -> None:
        """Let the kernel lose it."""
        self.plugged = False
        shutil.rmtree(self._folder, ignore_errors=True)

    def fault(self, kind: str) -> None:
        """Take on a fault: `power-on`, `failed`, `crc`, `silent`, `low` (the line), or `none`."""
        if kind not in {"power-on", "failed", "crc", "silent", "low", "none"}:
            raise ValueError(f"no fault {kind!r}")
        self._fault = "" if kind == "none" else kind

    async def run(self) -> None:
        """Be there and measure, until cancelled."""
        self.plug()
        try:
            while True:
                await asyncio.sleep(EVERY)
                if self.plugged:
                    self._write()
        finally:
            self.unplug()

    def _write(self) -> None:
        text = self.around(self._text())
        if not self.plugged:  # what is around the probe took it away
            return
        fresh = self._folder / ".fresh"
        fresh.write_bytes(text)
        fresh.replace(self._folder / "w1_slave")

    def _text(self) -> bytes:
        passed = self._clock() - self._start
        if self._script:
            pad = self._script[int(passed / self._hold) % len(self._script)]
            return told(pad) if pad else b""
        if self._fault == "silent":
            return b""
        return told(self._scratchpad(passed))

    def _scratchpad(self, passed: float) -> bytes:
        if self._fault == "low":
            return bytes(LENGTH)
        if self._fault in ("power-on", "failed"):
            return pad_of(0x0550 if self._fault == "power-on" else 0x07FF, 0x0C)
        warmth = (1.0 - math.cos(2.0 * math.pi * passed / self._period)) / 2.0
        celsius = self._low + (self._high - self._low) * warmth + self._rng.gauss(0.0, self._noise)
        raw = round(celsius * 16)
        pad = pad_of(raw, 0x10 - (raw & 0x0F))
        return pad[:8] + bytes([pad[8] ^ 1]) if self._fault == "crc" else pad


def pad_of(raw: int, sixth: int) -> bytes:
    """Return a scratchpad of 12 bits with its checksum."""
    body = struct.pack("<h", raw) + ALARMS + bytes([TWELVE_BITS, 0xFF, sixth, 0x10])
    return body + bytes([checksum(body)])
