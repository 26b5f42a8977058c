"""Words as Sensirion's humidity sensors send them, each with its checksum."""

from __future__ import annotations

import struct

FULL_SCALE = 65535
LOWEST_TEMPERATURE, TEMPERATURE_SPAN = -45.0, 175.0  # SHT3x-DIS §4.13; SHT4x the same


def crc8(data: bytes) -> int:
    """Return the checksum: polynomial 0x31, start 0xFF, neither reflected nor inverted."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def word(value: int) -> bytes:
    """Return `value` as the chip sends it: two bytes, most significant first, and their CRC."""
    data = struct.pack(">H", value)
    return data + bytes([crc8(data)])


def scaled(value: float, lowest: float, span: float) -> int:
    """Return what the converter makes of a value, which it cannot take beyond its ends."""
    return min(FULL_SCALE, max(0, round((value - lowest) / span * FULL_SCALE)))
