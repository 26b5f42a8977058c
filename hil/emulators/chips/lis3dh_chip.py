"""An ST LIS3DH ±2 to ±16 g accelerometer at register level (data sheet DocID17530 rev. 2).

Modelled are identity, rates, full scales, the three resolutions and the FIFO; not modelled are the
high-pass filter, clicks, interrupts, the self-test and the auxiliary converter.
"""

from __future__ import annotations

import math
import random
import struct
import time
from collections.abc import Iterable, Mapping
from typing import Any

from hil.emulators.chips.accelerometer import (
    FIFO_DEPTH,
    LONGEST_QUIET,
    Accelerometer,
    Sample,
)
from hil.emulators.chips.i2c_chip import ChipKind, Clock
from hil.emulators.chips.motion import (
    ABOUT,
    AT_REST,
    Acceleration,
    Motion,
    scripted_shocks,
    scripted_vibrations,
)

WHO_AM_I = 0x0F
CTRL_REG0, CTRL_REG1, CTRL_REG4, CTRL_REG5 = 0x1E, 0x20, 0x23, 0x24
STATUS_REG, OUT_X_L, OUT_Z_H = 0x27, 0x28, 0x2D
FIFO_CTRL, FIFO_SRC = 0x2E, 0x2F
AT_RESET = {WHO_AM_I: 0x33, CTRL_REG0: 0x10, CTRL_REG1: 0x07}
READ_ONLY = frozenset({*range(0x10), STATUS_REG, *range(OUT_X_L, OUT_Z_H + 1), FIFO_SRC})
INCREMENT = 0x80  # of a sub-address, §6.1.1
RATES = (0.0, 1.0, 10.0, 25.0, 50.0, 100.0, 200.0, 400.0, 1600.0, 1344.0)  # Hz, table 31
LOW_POWER = 0x08  # CTRL_REG1
HIGH_RESOLUTION = 0x08  # CTRL_REG4
FULL_SCALES = (2.0, 4.0, 8.0, 16.0)  # g, CTRL_REG4 5:4
DIGITS = (0.001, 0.002, 0.004, 0.012)  # g per digit of 12 bits, table 4
BITS_HIGH, BITS_NORMAL, BITS_LOW = 12, 10, 8
WORD = 16  # bits; values are left-justified
FIFO_ENABLE = 0x40  # CTRL_REG5
BYPASS, FIFO, STREAM = range(3)  # FIFO_CTRL 7:6; stream-to-FIFO needs an interrupt
FULL, EMPTY, WATERMARK = 0x40, 0x20, 0x1F
NOISE = 0.004  # g rms, about: 220 µg/√Hz, table 4


class Lis3dhChip(Accelerometer):
    """One accelerometer; `noise` is in g rms per axis."""

    model = "an LIS3DH"
    at_reset = AT_RESET
    identity_at = WHO_AM_I
    read_only = READ_ONLY

    def __init__(
        self,
        motion: Motion,
        rng: random.Random,
        clock: Clock = time.monotonic,
        *,
        noise: float = NOISE,
        identity: int = AT_RESET[WHO_AM_I],
    ) -> None:
        super().__init__(motion, rng, clock, noise=noise, identity=identity)

    def power_on(self) -> None:
        """Take the state after reset: power-down, FIFO in bypass."""
        super().power_on()
        self._increments = False
        self._full = False

    def _point(self, first: int) -> None:
        super()._point(first & ~INCREMENT)
        self._increments = bool(first & INCREMENT)

    def _set(self, register: int, value: int) -> None:
        self._registers[register] = value
        if register == FIFO_CTRL and value >> 6 == BYPASS:
            self._fifo.clear()
            self._full = False
        elif register == CTRL_REG1:
            period = self._period()
            self._next_sample = self._now() + period if period else math.inf

    def _get(self, register: int) -> int:
        if register == OUT_X_L and self._fifo:
            self._show(self._fifo.popleft())
            self._full = False
        elif register == FIFO_SRC:
            unread = min(len(self._fifo), WATERMARK)
            return unread | (FULL if self._full else 0) | (0 if self._fifo else EMPTY)
        return self._registers[register]

    def _move(self) -> None:
        """See Accelerometer; with the FIFO on, a burst goes round and round over the six registers
        of a sample, each time of the next one.
        """
        if self._increments and self._pointer == OUT_Z_H and self._in_fifo:
            self._pointer = OUT_X_L
        elif self._increments:
            super()._move()

    @property
    def _in_fifo(self) -> bool:
        return bool(self._registers[CTRL_REG5] & FIFO_ENABLE)

    def _period(self) -> float:
        """Return the time between two samples; 0: powered down."""
        code = self._registers[CTRL_REG1] >> 4
        rate = RATES[code] if code < len(RATES) else 0.0
        return 1.0 / rate if rate else 0.0

    def _advance(self) -> None:
        """See Accelerometer."""
        now, period = self._now(), self._period()
        if now - self._next_sample > LONGEST_QUIET:
            missed = int((now - LONGEST_QUIET - self._next_sample) / period)
            self._next_sample += missed * period
            self._full = self._in_fifo
        while self._next_sample <= now:
            self._sample(self._next_sample)
            self._next_sample += period

    def _sample(self, when: float) -> None:
        bits = BITS_NORMAL if self._in_fifo else self._bits()
        x, y, z = (self._word(value, bits) for value in self._felt(when))
        mode = self._registers[FIFO_CTRL] >> 6
        if not self._in_fifo or mode == BYPASS:
            self._show((x, y, z))
            return
        if len(self._fifo) == FIFO_DEPTH:
            if mode == FIFO:
                return
            self._fifo.popleft()
        self._fifo.append((x, y, z))
        self._full = len(self._fifo) == FIFO_DEPTH

    def _show(self, sample: Sample) -> None:
        self._registers[OUT_X_L : OUT_Z_H + 1] = struct.pack("<hhh", *sample)

    def _bits(self) -> int:
        if self._registers[CTRL_REG1] & LOW_POWER:
            return BITS_LOW
        return BITS_HIGH if self._registers[CTRL_REG4] & HIGH_RESOLUTION else BITS_NORMAL

    def _word(self, g: float, bits: int) -> int:
        """Return what `g` is in so many bits, left-justified."""
        scale = self._registers[CTRL_REG4] >> 4 & 0x03
        most = FULL_SCALES[scale]
        digit = DIGITS[scale] * (1 << BITS_HIGH - bits)
        value = round(min(most, max(-most, g)) / digit)
        return min(value, (1 << bits - 1) - 1) << WORD - bits


def accelerometer(
    seed: int,
    clock: Clock,
    *,
    shocks: Iterable[Mapping[str, Any]] = (),
    vibrations: Iterable[Mapping[str, Any]] = (),
    noise: float = NOISE,
    gravity: Acceleration = AT_REST,
) -> Lis3dhChip:
    """Return a chip; see ABOUT."""
    motion = Motion(scripted_shocks(shocks), scripted_vibrations(vibrations), gravity)
    return Lis3dhChip(motion, random.Random(seed), clock, noise=noise)


LIS3DH = ChipKind(
    name="lis3dh",
    about=f"An ST LIS3DH: vibration, and shocks up to 16 g.\n\n{ABOUT}",
    address=0x18,  # pin SA0 low
    make=accelerometer,
    driver="sensors.lis3dh",
)
