"""A Bosch BME280 at register level (BST-BME280-DS001, rev. 1.23).

Measurements in forced mode, soft reset and calibration. Its raw values are those for which the data
sheet's formulas in floating point (§8.1) come to what the air is like. Normal mode, the filter and
SPI are not modelled.
"""

from __future__ import annotations

import bisect
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hil.emulators.chips.converter import Converter
from hil.emulators.chips.i2c_chip import ChipKind, Clock, Fault, I2cChip
from hil.emulators.chips.script import scripted
from hil.emulators.chips.weather import ABOUT, HIGH, LOW, PERIOD, Weather, drift

CALIBRATION_LOW, CALIBRATION_HIGH = 0x88, 0xE1  # §5.3 table 18
CHIP_ID, RESET, CTRL_HUM, STATUS, CTRL_MEAS, CONFIG, DATA = 0xD0, 0xE0, 0xF2, 0xF3, 0xF4, 0xF5, 0xF7
WRITABLE = frozenset({CTRL_HUM, CTRL_MEAS, CONFIG})
ID = 0x60
SOFT_RESET = 0xB6
MEASURING, COPYING = 0x08, 0x01  # STATUS, §5.4.4
SLEEP, NORMAL = 0x00, 0x03  # of CTRL_MEAS, §5.4.5; what lies between is forced mode
NOTHING_YET = bytes.fromhex("800000 800000 8000")  # §5.4.7 to 5.4.9: after a reset and if skipped
STARTING = 0.002  # s, table 1
OVERSAMPLING = (0, 1, 2, 4, 8, 16, 16, 16)  # by the codes of §5.4.3 and 5.4.5
BASE, EACH, EXTRA = 0.00125, 0.0023, 0.000575  # s, §9.1: at most; EXTRA for the second and third
SKIPPED = 0x80000
COARSEST = 16  # bits at oversampling × 1; each doubling adds one
WIDEST = 20  # bits
LAST_BIT = 1 << WIDEST - COARSEST  # of a word at oversampling × 1
PASCALS = 100.0  # in 1 hPa
FINE = 5120.0  # of t_fine in 1 °C
SEA_LEVEL = 1013.25  # hPa, ISO 2533

# A chip as the factory leaves it. Temperature and pressure: the worked example of BST-BMP280-DS001,
# §3.12, a chip with the same formulas. Bosch publishes none of humidity.
DIG_T = (27504, 26435, -1000)
DIG_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
DIG_H = (75, 360, 0, 325, 50, 30)


def fine_temperature(raw: float) -> float:
    """Return t_fine, the temperature that the others are corrected with."""
    t1, t2, t3 = DIG_T
    linear = (raw / 16384.0 - t1 / 1024.0) * t2
    return linear + (raw / 131072.0 - t1 / 8192.0) ** 2 * t3


def pascals(raw: float, fine: float) -> float:
    """Return Pa."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = DIG_P
    warmth = fine / 2.0 - 64000.0
    offset = (warmth * warmth * p6 / 32768.0 + warmth * p5 * 2.0) / 4.0 + p4 * 65536.0
    slope = (p3 * warmth * warmth / 524288.0 + p2 * warmth) / 524288.0
    slope = (1.0 + slope / 32768.0) * p1
    pressure = (1048576.0 - raw - offset / 4096.0) * 6250.0 / slope
    square = p9 * pressure * pressure / 2147483648.0
    return pressure + (square + pressure * p8 / 32768.0 + p7) / 16.0


def percent(raw: float, fine: float) -> float:
    """Return % relative humidity, which may lie outside 0 to 100."""
    h1, h2, h3, h4, h5, h6 = DIG_H
    warmth = fine - 76800.0
    dry = raw - (h4 * 64.0 + h5 / 16384.0 * warmth)
    bend = 1.0 + h3 / 67108864.0 * warmth
    humidity = dry * h2 / 65536.0 * (1.0 + h6 / 67108864.0 * warmth * bend) * bend
    return humidity * (1.0 - h1 * humidity / 524288.0)


def raw_value(rising: Callable[[int], float], wanted: float, bits: int) -> int:
    """Return the raw value of so many bits for which `rising` comes nearest to `wanted`."""
    return min(bisect.bisect_left(range(1 << bits), wanted, key=rising), (1 << bits) - 1)


def calibration() -> tuple[bytes, bytes]:
    """Return the two blocks of the memory (§4.2.2 table 16); H4 and H5 share a byte."""
    h1, h2, h3, h4, h5, h6 = DIG_H
    low = struct.pack("<Hhh H8h x B", *DIG_T, *DIG_P, h1)
    shared = h4 & 0x0F | (h5 & 0x0F) << 4
    return low, struct.pack("<hB bBb b", h2, h3, h4 >> 4, shared, h5 >> 4, h6)


class Bme280Chip(I2cChip):
    """One sensor in `weather` at `pressure` hPa.

    `script` are the data registers of its measurements, one after another from each power-on on,
    the last for ever; without it they follow from the weather.
    """

    model = "a BME280"

    def __init__(
        self,
        weather: Weather,
        pressure: float = SEA_LEVEL,
        clock: Clock = time.monotonic,
        script: Sequence[bytes] = (),
    ) -> None:
        self._weather = weather
        self._pressure = pressure * PASCALS
        self._clock = clock
        self._start = clock()
        self._noise = 0
        self._script = script
        self._converter = Converter()
        self.power_on()

    def power_on(self) -> None:
        """Take the state after reset: asleep, nothing measured, the calibration being loaded."""
        self._registers = bytearray(256)
        self._registers[CHIP_ID] = ID
        for at, block in zip((CALIBRATION_LOW, CALIBRATION_HIGH), calibration(), strict=True):
            self._registers[at : at + len(block)] = block
        self._registers[DATA : DATA + len(NOTHING_YET)] = NOTHING_YET
        self._measured = 0
        self._pointer = 0
        self._humidity = 0  # the oversampling that the last write to CTRL_MEAS took over
        self._ready_at = self._clock() + STARTING
        self._done_at: float | None = None

    def faults(self) -> dict[str, Fault]:
        """`bits`: the next measurement has bits set that the chip never sets. `freeze`: its values
        move no more.
        """
        return super().faults() | {"bits": self._spoil, "freeze": self._freeze}

    def _freeze(self) -> None:
        self._converter.freeze()

    def _spoil(self) -> None:
        self._noise = 0x05

    def write(self, data: bytes) -> None:
        """Take the pointer, or pairs of a register and its new value (§6.2.1)."""
        self._advance()
        if data:
            self._pointer = data[0]
        for register, value in zip(data[::2], data[1::2], strict=False):
            self._set(register, value)

    def _set(self, register: int, value: int) -> None:
        if register == RESET and value == SOFT_RESET:
            self.power_on()
        elif register in WRITABLE:
            self._registers[register] = value
        if register == CTRL_MEAS:
            self._humidity = self._registers[CTRL_HUM]
            if value & NORMAL not in {SLEEP, NORMAL}:
                self._done_at = self._clock() + BASE + EACH * sum(self._samples()) + 2 * EXTRA

    def _samples(self) -> tuple[int, int, int]:
        """Return how often temperature, pressure and humidity are measured."""
        control = self._registers[CTRL_MEAS]
        codes = control >> 5, control >> 2 & 0x07, self._humidity & 0x07
        temperature, pressure, humidity = (OVERSAMPLING[code] for code in codes)
        return temperature, pressure, humidity

    def read(self, count: int) -> bytes:
        """Return the registers from the pointer on."""
        self._advance()
        answer = bytes(self._registers[self._pointer : self._pointer + count])
        return answer.ljust(count, b"\xff")

    def _advance(self) -> None:
        """Finish a measurement that is due; say in STATUS what still goes on."""
        now = self._clock()
        if self._done_at is not None and now >= self._done_at:
            self._measure(self._done_at - self._start)
            self._registers[CTRL_MEAS] &= ~NORMAL
            self._done_at = None
        copying = COPYING if now < self._ready_at else 0
        self._registers[STATUS] = copying | (0 if self._done_at is None else MEASURING)

    def _measure(self, seconds: float) -> None:
        if self._script:
            data = self._script[min(self._measured, len(self._script) - 1)]
            self._registers[DATA : DATA + len(NOTHING_YET)] = data or NOTHING_YET
            self._measured += 1
            return
        celsius, humidity = self._weather(seconds)
        samples = self._samples()
        raw = raw_value(fine_temperature, celsius * FINE, WIDEST)
        fine = fine_temperature(coarse(raw, samples[0]))
        words = (
            raw_value(lambda raw: -pascals(raw, fine), -self._pressure, WIDEST),
            raw,
            raw_value(lambda raw: percent(raw, fine), humidity, COARSEST) << WIDEST - COARSEST,
        )
        taken = samples[1], samples[0], samples[2]
        converted = self._converter.words(words, LAST_BIT)
        said = [coarse(*each) << 4 | self._noise for each in zip(converted, taken, strict=True)]
        self._noise = 0
        data = b"".join(word.to_bytes(3, "big") for word in said)
        self._registers[DATA : DATA + len(NOTHING_YET)] = data[: len(NOTHING_YET)]


def coarse(raw: int, samples: int) -> int:
    """Return the part of `raw` that so many samples resolve; none is a measurement skipped."""
    if not samples:
        return SKIPPED
    unresolved = max(0, WIDEST - COARSEST + 1 - samples.bit_length())
    return raw >> unresolved << unresolved


def sensor(
    seed: int,
    clock: Clock,
    *,
    low: float = LOW,
    high: float = HIGH,
    period: float = PERIOD,
    noise: float = 0.0,
    heating: float = 0.0,
    pressure: float = SEA_LEVEL,
    script: str = "",
) -> Bme280Chip:
    """Return a sensor; its settings are those of `drift`, and `pressure` in hPa.

    `script` is a file: a line of eight hexadecimal bytes, F7 to FE, for each measurement.
    """
    played = scripted(Path(script).read_text(), len(NOTHING_YET)) if script else ()
    return Bme280Chip(drift(low, high, period, noise, seed, heating), pressure, clock, played)


BME280 = ChipKind(
    "bme280",
    "A Bosch BME280: temperature, humidity and pressure, which stays at `pressure` hPa.\n\n"
    f"{ABOUT}",
    0x76,
    sensor,
    driver="sensors.bme280",
)
