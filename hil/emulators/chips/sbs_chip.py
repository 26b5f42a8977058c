"""A smart battery at the level of its words (Smart Battery Data Specification 1.1)."""

from __future__ import annotations

import random
from collections.abc import Callable

from hil.emulators.chips.i2c_chip import ChipKind, Clock, Fault, I2cChip, Nack

ADDRESS = 0x0B
MODE, TEMPERATURE, VOLTAGE, CURRENT, CHARGE = 0x03, 0x08, 0x09, 0x0A, 0x0D
REMAINING, FULL, STATUS, CYCLES, SPECIFICATION = 0x0F, 0x10, 0x16, 0x17, 0x1A
INITIALISED, DISCHARGING, FULLY_CHARGED, FULLY_DISCHARGED = 1 << 7, 1 << 6, 1 << 5, 1 << 4
OVER_TEMPERATURE = 1 << 12
CHECKED, PLAIN = 0x0031, 0x0021  # revision 1, version 1.1 with and without packet error codes
EMPTY = b"\xff"  # a line that nobody pulls down


def crc(data: bytes) -> int:
    """Return the packet error code: the remainder by x^8 + x^2 + x + 1, over the whole number."""
    remainder = int.from_bytes(data, "big") << 8
    for place in range(remainder.bit_length() - 9, -1, -1):
        if remainder >> place + 8 & 1:
            remainder ^= 0x107 << place
    return remainder


class SbsChip(I2cChip):
    """A battery whose `words` answer commands; `checked` says whether with an error code.

    `ripple` gives what is added to the current of each reading, in mA.
    """

    model = "a smart battery"

    def __init__(
        self, words: dict[int, int], *, checked: bool, ripple: Callable[[], float]
    ) -> None:
        self.words = words
        self._checked = checked
        self._ripple = ripple
        self._command = 0
        self._wrong = 0  # words that will come with a wrong error code

    def power_on(self) -> None:
        """Forget which word was asked for."""
        self._command = 0

    def faults(self) -> dict[str, Fault]:
        """`crc`: the next word has a wrong error code, `crc-twice`: and the one after it; `hot`: it
        reports over temperature; `cool`: no more.
        """
        return super().faults() | {
            "crc": lambda: self._spoil(1),
            "crc-twice": lambda: self._spoil(2),
            "hot": lambda: self._report(OVER_TEMPERATURE),
            "cool": lambda: self._report(0),
        }

    def _spoil(self, words: int) -> None:
        self._wrong = words

    def _report(self, alarms: int) -> None:
        self.words[STATUS] = self.words[STATUS] & 0xFF | alarms

    def write(self, data: bytes) -> None:
        """Take a command; words that a host may write are not modelled."""
        if len(data) > 1:
            raise Nack
        if data:
            self._command = data[0]

    def read(self, count: int) -> bytes:
        """Return the word, low byte first, its error code, and nothing that drives the line."""
        if self._command not in self.words:
            raise Nack
        value = self.words[self._command]
        if self._command == CURRENT:
            value = value + round(self._ripple()) & 0xFFFF
        word = value.to_bytes(2, "little")
        if self._checked:
            code = crc(bytes([ADDRESS << 1, self._command, ADDRESS << 1 | 1]) + word)
            if count > len(word) and self._wrong:
                self._wrong -= 1
                code ^= 0x01
            word += bytes([code])
        return (word + EMPTY * count)[:count]


def battery(
    seed: int,
    clock: Clock,
    *,
    charge: int = 72,
    volts: float = 14.8,
    amperes: float = -1.5,
    celsius: float = 24.5,
    full: float = 6.4,
    cycles: int = 41,
    noise: float = 0.0,
    checked: bool = True,
) -> SbsChip:
    """Return a battery with a `charge` in % of `full` A h, `volts`, `amperes` and `celsius`.

    `noise` is of the current, in A; `checked`: its words have packet error codes.
    """
    del clock
    rng = random.Random(seed)
    at_end = FULLY_CHARGED * (charge == 100) | FULLY_DISCHARGED * (charge == 0)  # noqa: PLR2004  %
    status = INITIALISED | at_end | (DISCHARGING if amperes <= 0 else 0)
    words = {
        MODE: 0x0000,
        TEMPERATURE: round(celsius * 10) + 2731,
        VOLTAGE: round(volts * 1000),
        CURRENT: round(amperes * 1000) & 0xFFFF,
        CHARGE: charge,
        REMAINING: round(full * charge * 10),
        FULL: round(full * 1000),
        STATUS: status,
        CYCLES: cycles,
        SPECIFICATION: CHECKED if checked else PLAIN,
    }
    return SbsChip(words, checked=checked, ripple=lambda: rng.gauss(0.0, noise * 1000))


SBS = ChipKind(
    name="sbs",
    about="A smart battery: charge, voltage, current, temperature, cycles and alarms.\n\n"
    "It has a `charge` in % of `full` A h, `volts`, `amperes` (negative: in use), `celsius` and "
    "`cycles`. `noise` is of its current (A, standard deviation). `checked`: its words have packet "
    "error codes.",
    address=ADDRESS,
    make=battery,
    driver="battery.sbs",
)
