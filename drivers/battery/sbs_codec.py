"""The words of a smart battery, pure (Smart Battery Data Specification 1.1, and SMBus 1.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drivers.battery.pack import KELVIN, Pack, state_of

ADDRESS = 0x0B  # SMBus address of a smart battery (SBD §1, 16h with the direction bit)

# Commands, SBD §5.1
MODE, TEMPERATURE, VOLTAGE, CURRENT = 0x03, 0x08, 0x09, 0x0A
CHARGE, REMAINING, FULL = 0x0D, 0x0F, 0x10
STATUS, CYCLES, SPECIFICATION = 0x16, 0x17, 0x1A
ASKED = (MODE, TEMPERATURE, VOLTAGE, CURRENT, CHARGE, REMAINING, FULL, STATUS, CYCLES)

PLAIN_LENGTH, CHECKED_LENGTH = 2, 3  # bytes of a word, without and with its packet error code

IN_ENERGY = 1 << 15  # CAPACITY_MODE of BatteryMode: capacities in 10 mWh (SBD §5.1.4)
REVISION = 1  # SpecificationInfo: what there is (SBD §5.1.25)
VERSIONS = (1, 2, 3)  # 1.0, 1.1, and 1.1 with packet error codes
WITH_CODES = 3

FULLY_DISCHARGED, FULLY_CHARGED = 1 << 4, 1 << 5  # BatteryStatus (SBD §5.1.21)
ALARMS: Mapping[int, str] = {
    15: "over charged",
    14: "asks to end the charge",
    12: "over temperature",
    11: "asks to end the discharge",
    9: "little capacity is left",
    8: "little time is left",
}
"""Bits of BatteryStatus that are alarms."""
ALL_ONES = 0xFFFF
"""A word that nobody drove: the bus is pulled up. No status has all bits, two are reserved."""
_POLYNOMIAL = 0x07  # of the packet error code: x^8 + x^2 + x + 1 (SMBus 1.1, §8.4.1.3)


@dataclass(frozen=True, slots=True)
class Kind:
    """What SpecificationInfo says: whether words are checked, and the powers of ten of V and A."""

    checked: bool
    volt_power: int = 0
    ampere_power: int = 0


def kind_of(word: int) -> Kind | None:
    """Return what a battery with this SpecificationInfo is; None for none."""
    version = word >> 4 & 0x0F
    if word & 0x0F != REVISION or version not in VERSIONS:
        return None
    return Kind(version == WITH_CODES, word >> 8 & 0x0F, word >> 12 & 0x0F)


def word_of(data: bytes) -> int:
    """Return the word in the first two bytes, low byte first (SMBus 1.1, §5.5.5)."""
    return int.from_bytes(data[:2], "little")


def intact(address: int, command: int, data: bytes) -> bool:
    """Whether the third byte is the packet error code of the whole transfer."""
    sent = bytes([address << 1, command, address << 1 | 1]) + data[:2]
    return error_code(sent) == data[2]


def error_code(data: bytes) -> int:
    """Return the packet error code of bytes: a CRC-8."""
    code = 0
    for byte in data:
        code ^= byte
        for _ in range(8):
            code = (code << 1 ^ (_POLYNOMIAL if code & 0x80 else 0)) & 0xFF
    return code


def pack_of(kind: Kind, words: Mapping[int, int]) -> Pack:
    """Return what the words of ASKED say."""
    milli = 1000 / 10**kind.ampere_power
    amperes = _signed(words[CURRENT]) / milli
    status, ampere_hours = words[STATUS], not words[MODE] & IN_ENERGY
    return Pack(
        charge=float(words[CHARGE]),
        state=state_of(
            amperes, full=bool(status & FULLY_CHARGED), empty=bool(status & FULLY_DISCHARGED)
        ),
        voltage=words[VOLTAGE] * 10**kind.volt_power / 1000,
        current=amperes,
        temperatures=[round(words[TEMPERATURE] / 10 - KELVIN, 1)],
        remaining=words[REMAINING] / milli if ampere_hours else None,
        full=words[FULL] / milli if ampere_hours else None,
        cycles=words[CYCLES],
        faults=tuple(_alarms(status)),
    )


def _signed(word: int) -> int:
    return word - 0x10000 if word & 0x8000 else word


def _alarms(status: int) -> Iterator[str]:
    return (text for bit, text in ALARMS.items() if status >> bit & 1)
