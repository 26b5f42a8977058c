"""An Analog Devices ADXL375 ±200 g accelerometer at register level (ADXL375 datasheet, rev. B).

Samples appear at the configured rate from gravity, noise and a script of half-sine shocks. Modelled
are the register map, the FIFO with its trigger, single shock and activity (DC-coupled) detection;
not modelled are double shock, inactivity, self-test, sleep and AC coupling.
"""

from __future__ import annotations

import math
import random
import struct
import time
from collections.abc import Iterable, Mapping
from typing import Any

from hil.emulators.chips.accelerometer import FIFO_DEPTH, LONGEST_QUIET, Accelerometer, Sample
from hil.emulators.chips.i2c_chip import ChipKind, Clock
from hil.emulators.chips.motion import ABOUT as MOVED
from hil.emulators.chips.motion import (
    AT_REST,
    Acceleration,
    Motion,
    Shock,
    Vibration,
    scripted_shocks,
    scripted_vibrations,
)

DEVID = 0x00
THRESH_SHOCK = 0x1D
OFSX = 0x1E  # and Y, Z behind it
DUR = 0x21
THRESH_ACT = 0x24
ACT_INACT_CTL = 0x27
SHOCK_AXES = 0x2A
BW_RATE = 0x2C
POWER_CTL = 0x2D
INT_ENABLE = 0x2E
INT_MAP = 0x2F
INT_SOURCE = 0x30
DATA_FORMAT = 0x31
DATAX0 = 0x32
DATAZ1 = 0x37
FIFO_CTL = 0x38
FIFO_STATUS = 0x39
READ_ONLY = frozenset({DEVID, 0x2B, INT_SOURCE, *range(DATAX0, DATAZ1 + 1), FIFO_STATUS})
AT_RESET = {DEVID: 0xE5, BW_RATE: 0x0A, INT_SOURCE: 0x02}

DUR_LSB = 625e-6  # s
FULL_RATE, FULL_RATE_CODE = 3200.0, 0x0F  # Hz; each code below halves it
RATE_MASK = 0x0F
MEASURE = 0x08  # POWER_CTL D3
DATA_READY, SINGLE_SHOCK, ACTIVITY, WATERMARK, OVERRUN = 0x80, 0x40, 0x10, 0x02, 0x01
ACT_AXES = {0x40: 0, 0x20: 1, 0x10: 2}  # ACT_INACT_CTL: activity on x, y, z
SHOCK_AXIS_BITS = {0x04: 0, 0x02: 1, 0x01: 2}
BYPASS, FIFO, STREAM, TRIGGER = range(4)  # FIFO_CTL D7:D6
TRIGGER_PIN = 0x20  # FIFO_CTL D5: the trigger is INT2
SAMPLES_MASK = 0x1F
FIFO_TRIG = 0x80  # FIFO_STATUS D7
FULL_SCALE = 4095  # digits: 13 bits

NOISE = 0.1  # g rms

ABOUT = f"An ADXL375: shocks up to 200 g.\n\n{MOVED} Another `devid` makes another chip of it."


class Adxl375Chip(Accelerometer):
    """One accelerometer; `noise` is in g rms per axis, `gravity` in g."""

    model = "an ADXL375"
    at_reset = AT_RESET
    identity_at = DEVID
    read_only = READ_ONLY
    lsb = 0.049  # g
    threshold_lsb = 0.78  # g, THRESH_SHOCK and THRESH_ACT
    offset_lsb = 1.56  # g

    def __init__(
        self,
        shocks: Iterable[Shock] = (),
        rng: random.Random | None = None,
        clock: Clock = time.monotonic,
        *,
        noise: float = NOISE,
        gravity: Acceleration = AT_REST,
        devid: int = AT_RESET[DEVID],
        vibrations: Iterable[Vibration] = (),
    ) -> None:
        motion = Motion(shocks, vibrations, gravity)
        super().__init__(motion, rng or random.Random(0), clock, noise=noise, identity=devid)

    def power_on(self) -> None:
        """Take the state after reset: standby, FIFO in bypass."""
        super().power_on()
        self._latest: Sample = (0, 0, 0)
        self._triggered = False
        self._above_since: float | None = None

    def _set(self, register: int, value: int) -> None:
        self._registers[register] = value
        if register == FIFO_CTL:
            if value >> 6 == BYPASS:
                self._fifo.clear()
            self._triggered = False
        elif register in {POWER_CTL, BW_RATE}:
            measuring = self._registers[POWER_CTL] & MEASURE
            self._next_sample = self._now() + self._period() if measuring else math.inf

    def _get(self, register: int) -> int:
        """See Accelerometer; a burst over DATAX0 takes one entry of the FIFO."""
        if register == DATAX0:
            sample = self._fifo.popleft() if self._fifo else self._latest
            self._registers[DATAX0 : DATAZ1 + 1] = struct.pack("<hhh", *sample)
            self._registers[INT_SOURCE] &= ~(DATA_READY | OVERRUN)
        elif register == FIFO_STATUS:
            return len(self._fifo) | (FIFO_TRIG if self._triggered else 0)
        elif register == INT_SOURCE:
            value = self._registers[INT_SOURCE]
            self._registers[INT_SOURCE] &= ~(SINGLE_SHOCK | ACTIVITY)
            return value
        return self._registers[register]

    def _period(self) -> float:
        code = self._registers[BW_RATE] & RATE_MASK
        return 2.0 ** (FULL_RATE_CODE - code) / FULL_RATE

    def _advance(self) -> None:
        """See Accelerometer."""
        now, period = self._now(), self._period()
        while self._next_sample <= now:
            self._skip_quiet(now, period)
            self._sample(self._next_sample)
            self._next_sample += period

    def _skip_quiet(self, now: float, period: float) -> None:
        """Leave out samples that nobody can see any more, but none near a shock."""
        quiet_until = now - LONGEST_QUIET
        for shock in self._motion.shocks:
            if shock.at + shock.milliseconds / 1000.0 >= self._next_sample:
                quiet_until = min(quiet_until, shock.at - FIFO_DEPTH * period)
                break
        if quiet_until > self._next_sample:
            self._next_sample += period * int((quiet_until - self._next_sample) / period)

    def _sample(self, when: float) -> None:
        g = self._felt(when)
        for axis, digits in enumerate(struct.unpack_from("bbb", self._registers, OFSX)):
            g[axis] += digits * self.offset_lsb
        x, y, z = (min(FULL_SCALE, max(-FULL_SCALE - 1, round(value / self.lsb))) for value in g)
        self._latest = (x, y, z)
        self._store()
        self._detect(when)

    def _store(self) -> None:
        mode = self._registers[FIFO_CTL] >> 6
        self._registers[INT_SOURCE] |= DATA_READY
        if mode == BYPASS:
            return
        if len(self._fifo) == FIFO_DEPTH:
            self._registers[INT_SOURCE] |= OVERRUN
            if mode == FIFO or self._triggered:
                return
            self._fifo.popleft()
        self._fifo.append(self._latest)

    def _detect(self, when: float) -> None:
        before = self._registers[INT_SOURCE]
        if self._active():
            self._raise(ACTIVITY)
        if self._shocked(when):
            self._raise(SINGLE_SHOCK)
        pin = 0xFF if self._registers[FIFO_CTL] & TRIGGER_PIN else 0x00
        on_pin = self._registers[INT_ENABLE] & ~(self._registers[INT_MAP] ^ pin)
        rising = self._registers[INT_SOURCE] & ~before & (ACTIVITY | SINGLE_SHOCK)
        if rising & on_pin and self._registers[FIFO_CTL] >> 6 == TRIGGER and not self._triggered:
            self._triggered = True
            keep = self._registers[FIFO_CTL] & SAMPLES_MASK
            while len(self._fifo) > keep:
                self._fifo.popleft()

    def _raise(self, event: int) -> None:
        self._registers[INT_SOURCE] |= event & self._registers[INT_ENABLE]

    def _beyond(self, threshold: int, bits: int, axes: dict[int, int]) -> bool:
        limit = threshold * self.threshold_lsb
        return any(
            bits & bit and abs(self._latest[axis]) * self.lsb > limit for bit, axis in axes.items()
        )

    def _active(self) -> bool:
        return self._beyond(self._registers[THRESH_ACT], self._registers[ACT_INACT_CTL], ACT_AXES)

    def _shocked(self, when: float) -> bool:
        """Whether a pulse above THRESH_SHOCK ended just now, within DUR of its begin."""
        bits, limit = self._registers[SHOCK_AXES], self._registers[DUR] * DUR_LSB
        if self._beyond(self._registers[THRESH_SHOCK], bits, SHOCK_AXIS_BITS):
            self._above_since = when if self._above_since is None else self._above_since
            return False
        since, self._above_since = self._above_since, None
        return since is not None and when - since < limit


def accelerometer(
    seed: int,
    clock: Clock,
    *,
    shocks: Iterable[Mapping[str, Any]] = (),
    vibrations: Iterable[Mapping[str, Any]] = (),
    noise: float = NOISE,
    gravity: Acceleration = AT_REST,
    devid: int = AT_RESET[DEVID],
) -> Adxl375Chip:
    """Return a chip; see ABOUT."""
    return Adxl375Chip(
        scripted_shocks(shocks),
        random.Random(seed),
        clock,
        noise=noise,
        gravity=gravity,
        devid=devid,
        vibrations=scripted_vibrations(vibrations),
    )


ADXL375 = ChipKind(
    name="adxl375",
    about=ABOUT,
    address=0x53,  # pin ALT ADDRESS low
    make=accelerometer,
    driver="sensors.adxl375",
)
