"""The bytes of an LM75 and its kin, pure: registers and values.

Data sheets: LM75B (NXP), TMP105, TMP102, TMP112 and TMP1075 (TI).
"""

from __future__ import annotations

from dataclasses import dataclass

TEMPERATURE = bytes([0x00])  # pointer register, TMP105 table 3
CONFIGURATION = 0x01

TEMPERATURE_LENGTH = 2

SHUTDOWN = 0x01  # of the configuration, TMP105 table 6; the same bit in all of them
MARK = 0x18
"""Six faults before the alert (LM75B table 7, TMP105 table 6), an output that nothing here uses.
All of them come up with one: a chip without this mark has lost its supply since it was set up."""
TWELVE_BITS = 0x60  # R1 and R0, TMP105 table 8; in a TMP102 always set, in a TMP1075 220 ms
LM75_RESERVED = 0xE0  # bits 7 to 5 read as zero (LM75B, table 7)
FOUR_A_SECOND = 0x80  # CR1 of a TMP102's second byte (its table 8), as it comes up
EXTENDED = 0x10  # EM of that byte: values of 13 bits

STEP = 1 / 256  # °C of the word's last bit: values are left-justified, bit 8 is 1 °C
COLDEST, HOTTEST = -55.0, 125.0  # °C, the specified range
FLOATING = b"\xff\xff"  # what is read when nobody drives the bus; -0.5 °C to an LM75

# Seconds until a value with a new configuration is there: the longest conversion is 300 ms (LM75
# table 9, TMP105 table 8), and one with the old configuration may just have begun.
SETTLING = 0.4


@dataclass(frozen=True, slots=True)
class Chip:
    """What differs between the family's members."""

    configuration: bytes
    """What its configuration register must hold."""
    checked: bytes
    """The bits of that register which the chip gives back."""
    value: int
    """The bits of the temperature word that hold the value."""
    zero: int
    """The bits of the temperature word that are always zero."""


_OF_NINE_BITS_AND_MORE = bytes([MARK]), bytes([LM75_RESERVED | MARK | SHUTDOWN])
_TMP105 = Chip(
    bytes([TWELVE_BITS | MARK]),
    checked=bytes([TWELVE_BITS | MARK | SHUTDOWN]),
    value=0xFFF0,
    zero=0x000F,
)
_TMP102 = Chip(
    bytes([TWELVE_BITS | MARK, FOUR_A_SECOND]),
    checked=bytes([TWELVE_BITS | MARK | SHUTDOWN, EXTENDED]),
    value=0xFFF0,
    zero=0x000F,
)

CHIPS = {
    # 9 bits of 0.5 °C; the data sheets leave the other seven undefined, so none must be zero
    "lm75": Chip(*_OF_NINE_BITS_AND_MORE, value=0xFF80, zero=0),
    # 11 bits of 0.125 °C, five undefined; LM75A and LM75B by NXP, most of the boards
    "lm75b": Chip(*_OF_NINE_BITS_AND_MORE, value=0xFFE0, zero=0),
    # 12 bits of 0.0625 °C
    "tmp105": _TMP105,
    "tmp75": _TMP105,
    "tmp1075": _TMP105,
    "tmp102": _TMP102,
    "tmp112": _TMP102,
}


def accepted(chip: Chip, configuration: bytes) -> bool:
    """Whether `configuration`, read back, is what the chip was told."""
    return all(
        (got ^ told) & checked == 0
        for got, told, checked in zip(configuration, chip.configuration, chip.checked, strict=True)
    )


def temperature(chip: Chip, data: bytes) -> float:
    """Return the °C in the two bytes of the temperature register."""
    value = int.from_bytes(data, "big", signed=True)
    return (value & ~0xFFFF | value & chip.value) * STEP


def intact(chip: Chip, data: bytes) -> bool:
    """Whether the chip can have sent these bytes. There is no checksum: it is all one can tell."""
    return int.from_bytes(data, "big") & chip.zero == 0


def undriven(chip: Chip, data: bytes) -> bool:
    """Whether these bytes may come of a bus that nobody drives, though the chip can send them."""
    return data == FLOATING and intact(chip, data)


def in_range(celsius: float) -> bool:
    """Whether the sensor is specified for the temperature."""
    return COLDEST <= celsius <= HOTTEST
