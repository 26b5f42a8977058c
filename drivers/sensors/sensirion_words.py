"""Words as Sensirion's humidity sensors send them: two bytes and their checksum. Pure.

Data sheets SHT3x-DIS v7 §4.12, §4.13 and SHT4x v6 "Checksum Calculation", "Conversion of Signal
Output": the same for both.
"""

from __future__ import annotations

WORD_LENGTH = 3
FULL_SCALE = 65535
LOWEST, SPAN = -45.0, 175.0  # °C
COLDEST, HOTTEST = -40.0, 125.0  # °C, for which both families are specified

CRC_POLYNOMIAL = 0x31
CRC_START = 0xFF


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


def are_intact(data: bytes) -> bool:
    """Whether each word of an answer has the checksum beside it."""
    starts = range(0, len(data), WORD_LENGTH)
    return all(crc8(data[at : at + 2]) == data[at + 2] for at in starts)


def raw_words(data: bytes) -> list[int]:
    """Return the words of an answer, whether their checksums fit or not."""
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), WORD_LENGTH)]


def temperature(raw: int) -> float:
    """Return °C."""
    return LOWEST + SPAN * raw / FULL_SCALE
