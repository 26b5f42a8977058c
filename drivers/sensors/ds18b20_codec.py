"""What the kernel tells of a Maxim DS18B20, pure: the text of `w1_slave`, and the scratchpad in it.

Data sheet DS18B20, rev. 6 (19-7487). The text is that of the kernel's w1_therm: the nine bytes of
the scratchpad in hexadecimal, what the kernel thinks of their CRC, and again with the temperature.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from drivers.errors import BadFrame

CRC_POLYNOMIAL = 0x8C  # X⁸ + X⁵ + X⁴ + 1, least significant bit first (Maxim AN27)
STEPS = 16  # a degree has, figure 4
CONFIGURATION = 4  # byte: 0 R1 R0 1 1 1 1 1, figure 10
CONFIGURATION_MASK, CONFIGURATION_BITS = 0x9F, 0x1F
UNCONVERTED = 6  # byte: reserved, figure 9; 0x0C until the first conversion after power-up
NOT_YET = 0x0C
POWER_ON = 0x0550  # 85 °C, table 1: the register's value after power-up
FAILED = 0x07FF  # 127.94 °C: a conversion whose supply gave way (w1_therm.c)
COLDEST, HOTTEST = -55.0, 125.0  # °C, the operating range

_LINE = re.compile(r"((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (?:YES|NO)")


@dataclass(frozen=True, slots=True)
class Scratchpad:
    """Temperature in °C, and how far it can be believed.

    `intact`: its checksum is right, and it is not the nothing of a line that is held low.
    `converted`: a conversion made the value. `own`: the sensor is a DS18B20, by its configuration.
    """

    temperature: float
    intact: bool
    converted: bool
    own: bool

    @property
    def in_range(self) -> bool:
        """Whether the sensor is specified for the temperature."""
        return COLDEST <= self.temperature <= HOTTEST


def crc8(data: bytes) -> int:
    """Return Maxim's checksum."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ CRC_POLYNOMIAL if crc & 1 else crc >> 1
    return crc


def scratchpad_bytes(text: bytes) -> bytes:
    """Return the nine bytes that a `w1_slave` file tells; BadFrame where it tells none."""
    found = _LINE.match(text.decode("ascii", "replace"))
    if found is None:
        raise BadFrame(f"{text[:60]!r} is no scratchpad")
    return bytes.fromhex(found[1])


def scratchpad(data: bytes) -> Scratchpad:
    """Return what the nine bytes of a scratchpad say."""
    (raw,) = struct.unpack_from("<h", data)
    kept = ~0 << _unused_bits(data[CONFIGURATION])
    return Scratchpad(
        (raw & kept) / STEPS,
        intact=any(data) and crc8(data[:-1]) == data[-1],  # zeros have a right checksum
        converted=not (data[UNCONVERTED] == NOT_YET and raw in (POWER_ON, FAILED)),
        own=data[CONFIGURATION] & CONFIGURATION_MASK == CONFIGURATION_BITS,
    )


def _unused_bits(configuration: int) -> int:
    """Return how many of the lowest bits are undefined: none at 12 bits, three at 9 (table 2)."""
    return 3 - (configuration >> 5 & 0b11)
