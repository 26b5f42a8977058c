"""The bytes of a Sensirion SHT4x, pure: commands, checksums, values (datasheet SHT4x, v6)."""

from __future__ import annotations

from dataclasses import dataclass

MEASURE = bytes.fromhex("FD")  # table "Command overview": high precision
READ_SERIAL = bytes.fromhex("89")
SOFT_RESET = bytes.fromhex("94")

ANSWER_LENGTH = 6  # two words, each with its CRC: temperature and humidity, or the serial number
WORD_LENGTH = 3

CRC_POLYNOMIAL = 0x31  # "Checksum Calculation"
CRC_START = 0xFF
FULL_SCALE = 65535  # "Conversion of Signal Output"
LOWEST, SPAN = -45.0, 175.0  # °C, the same
DRIEST, HUMIDITY_SPAN = -6.0, 125.0  # %RH, the same
COLDEST, HOTTEST = -40.0, 125.0  # °C, the specified range
MARGIN = 6.0  # %RH beyond 0 and 100 that are the sensor's error: so far the formula goes below 0


@dataclass(frozen=True, slots=True)
class Measurement:
    """Temperature in °C and relative humidity in %, as computed; `intact`: both checksums fit."""

    temperature: float
    uncropped: float
    intact: bool

    @property
    def humidity(self) -> float:
        """The humidity within 0 to 100 %, to which the data sheet says to crop it."""
        return min(100.0, max(0.0, self.uncropped))

    @property
    def in_range(self) -> bool:
        """Whether both values are such that the sensor is specified for."""
        near = -MARGIN <= self.uncropped <= 100.0 + MARGIN
        return near and COLDEST <= self.temperature <= HOTTEST


def crc8(data: bytes) -> int:
    """Return the checksum; BE EF has 92."""
    crc = CRC_START
    for byte in data:
        crc ^= byte
        for _ in range(8):
            carry = crc & 0x80
            crc = (crc << 1) & 0xFF
            if carry:
                crc ^= CRC_POLYNOMIAL
    return crc


def is_intact(data: bytes) -> bool:
    """Whether both words of an answer have the checksum beside them."""
    return all(crc8(data[at : at + 2]) == data[at + 2] for at in (0, WORD_LENGTH))


def temperature(raw: int) -> float:
    """Return °C."""
    return LOWEST + SPAN * raw / FULL_SCALE


def humidity(raw: int) -> float:
    """Return % relative humidity, which may be below 0 or above 100."""
    return DRIEST + HUMIDITY_SPAN * raw / FULL_SCALE


def measurement(data: bytes) -> Measurement:
    """Return what the six bytes of a measurement say, whether their checksums fit or not."""
    raw = [int.from_bytes(data[at : at + 2], "big") for at in (0, WORD_LENGTH)]
    return Measurement(temperature(raw[0]), humidity(raw[1]), is_intact(data))
