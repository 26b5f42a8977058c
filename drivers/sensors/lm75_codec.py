"""The bytes of an LM75, TMP75 or TMP105, pure: registers and values (datasheets LM75B, TMP105)."""

from __future__ import annotations

from dataclasses import dataclass

TEMPERATURE = bytes([0x00])  # pointer register, TMP105 table 3
CONFIGURATION = 0x01

TEMPERATURE_LENGTH = 2
CONFIGURATION_LENGTH = 1

SHUTDOWN = 0x01  # of the configuration, TMP105 table 6; the same bit in an LM75
TWELVE_BITS = 0x60  # R1 and R0, TMP105 table 8
LM75_RESERVED = 0xE0  # bits 7 to 5 read as zero (LM75B, table 7)

STEP = 1 / 256  # °C of the word's last bit: values are left-justified, bit 8 is 1 °C
COLDEST, HOTTEST = -55.0, 125.0  # °C, the specified range


@dataclass(frozen=True, slots=True)
class Chip:
    """What differs between the family's members."""

    configuration: int
    """What its configuration register must hold."""
    checked: int
    """The bits of that register which the chip gives back."""
    value: int
    """The bits of the temperature word that hold the value."""
    zero: int
    """The bits of the temperature word that are always zero."""


# Seconds until a value with a new configuration is there: the longest conversion is 300 ms (LM75
# table 9, TMP105 table 8), and one with the old configuration may just have begun.
SETTLING = 0.4

CHIPS = {
    # 9 bits of 0.5 °C; the datasheets leave the other seven undefined, so none must be zero
    "lm75": Chip(configuration=0, checked=LM75_RESERVED | SHUTDOWN, value=0xFF80, zero=0),
    # 12 bits of 0.0625 °C
    "tmp105": Chip(TWELVE_BITS, checked=TWELVE_BITS | SHUTDOWN, value=0xFFF0, zero=0x000F),
}


def accepted(chip: Chip, configuration: int) -> bool:
    """Whether `configuration`, read back, is what the chip was told."""
    return configuration & chip.checked == chip.configuration & chip.checked


def temperature(chip: Chip, data: bytes) -> float:
    """Return the °C in the two bytes of the temperature register."""
    value = int.from_bytes(data, "big", signed=True)
    return (value & ~0xFFFF | value & chip.value) * STEP


def intact(chip: Chip, data: bytes) -> bool:
    """Whether the chip can have sent these bytes. There is no checksum: it is all one can tell."""
    return int.from_bytes(data, "big") & chip.zero == 0


def in_range(celsius: float) -> bool:
    """Whether the sensor is specified for the temperature."""
    return COLDEST <= celsius <= HOTTEST
