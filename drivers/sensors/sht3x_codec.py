"""The bytes of a Sensirion SHT3x, pure: commands, checksums, values (datasheet SHT3x-DIS, v7)."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.sensors.sensirion_words import (
    COLDEST,
    FULL_SCALE,
    HOTTEST,
    are_intact,
    crc8,
    raw_words,
    temperature,
)

MEASURE = bytes.fromhex("2400")  # §4.3: single shot, high repeatability, no clock stretching
READ_STATUS = bytes.fromhex("F32D")  # §4.11
CLEAR_STATUS = bytes.fromhex("3041")  # §4.11
SOFT_RESET = bytes.fromhex("30A2")  # §4.9
HEATER_OFF = bytes.fromhex("3066")  # §4.10
BREAK = bytes.fromhex("3093")  # §4.8: ends periodic measuring; allowed when there is none

MEASUREMENT_LENGTH = 6  # temperature, CRC, humidity, CRC
STATUS_LENGTH = 3  # status, CRC

STATUS_ALWAYS_ZERO = 0x500C  # §4.11 table 18: reserved bits 14, 12, 3, 2
STATUS_HEATER = 0x2000
STATUS_RESET = 0x0010  # a reset happened since the status was cleared


class ChecksumError(ValueError):
    """The checksum beside a word does not fit it; `word` is what was received."""

    def __init__(self, word: int, received: int, expected: int) -> None:
        super().__init__(f"CRC {received:#04x} where {word:#06x} has {expected:#04x}")
        self.word = word


@dataclass(frozen=True, slots=True)
class Measurement:
    """Temperature in °C and relative humidity in %; `intact` tells whether both checksums fit.

    `words` are what they were computed from.
    """

    temperature: float
    humidity: float
    intact: bool
    words: tuple[int, ...]

    @property
    def in_range(self) -> bool:
        """Whether the temperature is one that the sensor is specified for."""
        return COLDEST <= self.temperature <= HOTTEST


def word(data: bytes) -> int:
    """Return the word in three bytes of two data bytes and their checksum, or ChecksumError."""
    value, received, expected = int.from_bytes(data[:2], "big"), data[2], crc8(data[:2])
    if received != expected:
        raise ChecksumError(value, received, expected)
    return value


def humidity(raw: int) -> float:
    """Return % relative humidity."""
    return 100.0 * raw / FULL_SCALE


def measurement(data: bytes) -> Measurement:
    """Return what the six bytes of a measurement say, whether their checksums fit or not."""
    words = celsius, percent = tuple(raw_words(data))
    return Measurement(temperature(celsius), humidity(percent), are_intact(data), words)


def is_status(value: int) -> bool:
    """Whether `value` can be the status of an SHT3x: its reserved bits are zero."""
    return value & STATUS_ALWAYS_ZERO == 0
