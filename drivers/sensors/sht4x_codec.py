"""The bytes of a Sensirion SHT4x, pure: commands, checksums, values (datasheet SHT4x, v6)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.sensors.sensirion_words import (
    COLDEST,
    FULL_SCALE,
    HOTTEST,
    are_intact,
    raw_words,
    temperature,
)

MEASURE = bytes.fromhex("FD")  # table "Command overview": high precision
READ_SERIAL = bytes.fromhex("89")
SOFT_RESET = bytes.fromhex("94")

ANSWER_LENGTH = 6  # two words, each with its CRC: temperature and humidity, or the serial number
DRIEST, HUMIDITY_SPAN = -6.0, 125.0  # %RH, "Conversion of Signal Output"
MARGIN = 6.0  # %RH beyond 0 and 100 that are the sensor's error: so far the formula goes below 0


@dataclass(frozen=True, slots=True)
class Measurement:
    """Temperature in °C and relative humidity in %, as computed; `intact`: both checksums fit.

    `words` are what they were computed from.
    """

    temperature: float
    uncropped: float
    intact: bool
    words: tuple[int, ...]

    @property
    def humidity(self) -> float:
        """The humidity within 0 to 100 %, to which the data sheet says to crop it."""
        return min(100.0, max(0.0, self.uncropped))

    @property
    def in_range(self) -> bool:
        """Whether both values are such that the sensor is specified for."""
        near = -MARGIN <= self.uncropped <= 100.0 + MARGIN
        return near and COLDEST <= self.temperature <= HOTTEST


def humidity(raw: int) -> float:
    """Return % relative humidity, which may be below 0 or above 100."""
    return DRIEST + HUMIDITY_SPAN * raw / FULL_SCALE


def measurement(data: bytes) -> Measurement:
    """Return what the six bytes of a measurement say, whether their checksums fit or not."""
    words = celsius, percent = tuple(raw_words(data))
    return Measurement(temperature(celsius), humidity(percent), are_intact(data), words)
