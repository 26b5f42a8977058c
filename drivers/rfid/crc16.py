"""CRC-16 of the UHF Gen2 air interface. Pure."""

from __future__ import annotations

import binascii

PRESET = 0xFFFF


def crc16(data: bytes) -> int:
    """Return CRC-16/GENIBUS of `data`, as a tag sends it over PC and EPC (Gen2 §6.3.1.5)."""
    return binascii.crc_hqx(data, PRESET) ^ 0xFFFF
