"""The bytes of a Bosch BME280, pure: registers, calibration, values (BST-BME280-DS001, rev. 1.23).

The compensation is the data sheet's own, in integers (§4.2.3), but for the humidity, which it
clips to 0 to 100 %: what lies outside is the sensor's error, and whoever reads it should see it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from drivers.errors import BadFrame

# Registers, §5.3 table 18
CALIBRATION_LOW, CALIBRATION_LOW_LENGTH = 0x88, 26
CHIP_ID = 0xD0
RESET = 0xE0
CALIBRATION_HIGH, CALIBRATION_HIGH_LENGTH = 0xE1, 7
CTRL_HUM = 0xF2
STATUS = 0xF3
CTRL_MEAS = 0xF4
CONFIG = 0xF5
SETTINGS_LENGTH = CONFIG + 1 - CTRL_HUM
DATA, DATA_LENGTH = 0xF7, 8

BME280 = 0x60  # §5.4.1
OTHERS = {
    0x56: "a BMP280, which has no humidity",
    0x57: "a BMP280, which has no humidity",
    0x58: "a BMP280, which has no humidity",
    0x61: "a BME680 or BME688",
}
"""What else of Bosch answers at these addresses, by its chip id."""

SOFT_RESET = 0xB6  # §5.4.2
HUMIDITY_ONCE = 0x01  # §5.4.3: oversampling × 1; takes effect with the next write to CTRL_MEAS
NO_FILTER = 0x00  # §5.4.6
MEASURE = 0x25  # §5.4.5: temperature and pressure × 1, forced mode: one measurement, then sleep
MEASURING, COPYING = 0x08, 0x01  # §5.4.4: a measurement runs; the calibration is being loaded
STARTING = 0.002  # s, table 1: start-up time
LONGEST_MEASUREMENT = 0.0093  # s, §9.1 with oversampling × 1 for all three

SKIPPED_20_BITS, SKIPPED_16_BITS = 0x80000, 0x8000  # §4.2.1: not measured, and after a reset
BLANK = frozenset({0, 0xFFFF})  # words of a memory that was never written
ALWAYS_ZERO = 0x0F  # of the last bytes of pressure and temperature, §5.4.7 and §5.4.8

COLDEST, HOTTEST = -40.0, 85.0  # °C, table 1: the operating range
LOWEST, HIGHEST = 300.0, 1100.0  # hPa, table 3
DRIEST, WETTEST = 0.0, 100.0  # %, table 2


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the factory wrote into this chip, by the names of the data sheet (§4.2.2 table 16)."""

    temperature: tuple[int, ...]
    """dig_T1 to dig_T3."""
    pressure: tuple[int, ...]
    """dig_P1 to dig_P9."""
    humidity: tuple[int, ...]
    """dig_H1 to dig_H6."""

    @classmethod
    def parse(cls, low: bytes, high: bytes) -> Calibration:
        """Return what both blocks say; H4 and H5 share a byte."""
        words = struct.unpack_from("<Hhh H8h", low)
        h1 = low[-1]
        h2, h3, h4, shared, h5, h6 = struct.unpack("<hB bBb b", high)
        h4, h5 = h4 << 4 | shared & 0x0F, h5 << 4 | shared >> 4
        return cls(words[:3], words[3:], (h1, h2, h3, h4, h5, h6))

    @property
    def plausible(self) -> bool:
        """Whether a chip can have it; a blank one, and a bus that floats, have zeros or ones."""
        factors = self.temperature[1], self.humidity[1]
        return not {self.temperature[0], self.pressure[0]} & BLANK and min(factors) > 0


def set_up(settings: bytes) -> bool:
    """Whether the registers from CTRL_HUM to CONFIG hold what the chip was told."""
    return (settings[0], settings[-1]) == (HUMIDITY_ONCE, NO_FILTER)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Temperature in °C, pressure in hPa, relative humidity in %, which may be outside 0 to 100.

    `intact` tells whether the bits are zero that always are. `skipped` is a chip that did not
    measure: it lost its settings before it could. `words` are the raw temperature, humidity and
    pressure: two of the values also follow from the temperature's.
    """

    temperature: float
    pressure: float
    humidity: float
    intact: bool
    skipped: bool
    words: tuple[int, ...]

    @property
    def in_range(self) -> bool:
        """Whether the sensor is specified for all three values."""
        return (
            COLDEST <= self.temperature <= HOTTEST
            and LOWEST <= self.pressure <= HIGHEST
            and DRIEST <= self.humidity <= WETTEST
        )


def measurement(calibration: Calibration, data: bytes) -> Measurement:
    """Return what the eight data registers say, read in one burst; BadFrame where nothing."""
    raw_pressure = int.from_bytes(data[0:3], "big") >> 4
    raw_temperature = int.from_bytes(data[3:6], "big") >> 4
    raw_humidity = int.from_bytes(data[6:8], "big")
    fine = fine_temperature(calibration, raw_temperature)
    return Measurement(
        celsius(fine),
        hectopascals(calibration, raw_pressure, fine),
        percent(calibration, raw_humidity, fine),
        intact=any(data) and not (data[2] | data[5]) & ALWAYS_ZERO,  # zeros: a line held low
        skipped=SKIPPED_20_BITS in {raw_pressure, raw_temperature}
        or raw_humidity == SKIPPED_16_BITS,
        words=(raw_temperature, raw_humidity, raw_pressure),
    )


def fine_temperature(calibration: Calibration, raw: int) -> int:
    """Return t_fine, the temperature that the other two values are corrected with."""
    t1, t2, t3 = calibration.temperature
    linear = ((raw >> 3) - (t1 << 1)) * t2 >> 11
    offset = (raw >> 4) - t1
    return linear + ((offset * offset >> 12) * t3 >> 14)


def celsius(fine: int) -> float:
    """Return °C, to a hundredth."""
    return (fine * 5 + 128 >> 8) / 100


def hectopascals(calibration: Calibration, raw: int, fine: int) -> float:
    """Return hPa; the formula gives Pa with eight binary places. BadFrame where it divides by 0.

    C rounds a quotient to zero and Python down: they differ below 0 Pa only.
    """
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = calibration.pressure
    warmth = fine - 128_000
    offset = warmth * warmth * p6 + (warmth * p5 << 17) + (p4 << 35)
    slope = (warmth * warmth * p3 >> 8) + (warmth * p2 << 12)
    slope = ((1 << 47) + slope) * p1 >> 33
    if not slope:
        raise BadFrame(
            "the calibration and this temperature give no pressure: one of them is damaged"
        )
    pressure = ((0x100000 - raw << 31) - offset) * 3125 // slope
    square = p9 * (pressure >> 13) * (pressure >> 13) >> 25
    pressure = (pressure + square + (p8 * pressure >> 19) >> 8) + (p7 << 4)
    return pressure / 256 / 100


def percent(calibration: Calibration, raw: int, fine: int) -> float:
    """Return % relative humidity; the formula gives it with ten binary places, and more inside."""
    h1, h2, h3, h4, h5, h6 = calibration.humidity
    warmth = fine - 76_800
    offset = (raw << 14) - (h4 << 20) - h5 * warmth + 16_384 >> 15
    bend = (warmth * h6 >> 10) * ((warmth * h3 >> 11) + 32_768) >> 10
    humidity = offset * ((bend + 2_097_152) * h2 + 8_192 >> 14)
    humidity -= ((humidity >> 15) * (humidity >> 15) >> 7) * h1 >> 4
    return (humidity >> 12) / 1024
