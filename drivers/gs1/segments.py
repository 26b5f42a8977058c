"""Coding methods of EPC binary encodings before TDS 2.0 (TDS, sections 14.3 and 14.4). Pure.

A segment reads its fields from bits and writes them back; what it would not write it does not
read. Its texts are those of EPC URIs, without escapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.gs1.bits import BitReader, BitWriter
from drivers.gs1.characters import CAGE_CHARACTERS, CHARACTERS, DIGITS, check_characters
from drivers.gs1.errors import Fault, Gs1Error

CHARACTER_BITS = 7  # ISO/IEC 646
SIX_BITS = 6  # TDS, table G-1: the low six bits of upper-case ASCII
LETTERS, LETTER_BIT = 0x1F, 0x40  # codes up to 31 are letters: ASCII less this bit
CAGE_LENGTH = 6  # characters; a CAGE code has five and a space before them
CAGE_SHORT = 5


class Segment(Protocol):
    """A run of bits that holds the fields called `names`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The fields, in the order of the URI."""
        ...

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """Take the fields from `bits`; Gs1Error says why they are none."""
        ...

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """Append the fields to `bits`; Gs1Error says why they cannot be encoded."""
        ...


def spoken(name: str) -> str:
    """Return a field's name for people."""
    return name.replace("_", " ")


def number(name: str, text: str, *, padded: bool = False) -> int:
    """Return the value of digits; Gs1Error for anything else, or for zeros that would be lost."""
    if not text or not DIGITS.issuperset(text):
        raise Gs1Error(Fault.CHARACTER, f"{spoken(name)} {text!r} is not made of digits")
    if not padded and text != "0" and text.startswith("0"):
        raise Gs1Error(Fault.RANGE, f"{spoken(name)} {text} would lose its leading zeros")
    return int(text)


def check_length(name: str, text: str, least: int, most: int) -> None:
    """Refuse text of another length."""
    if not text and least:
        raise Gs1Error(Fault.LENGTH, f"without a {spoken(name)}")
    if not least <= len(text) <= most:
        wanted = str(most) if least == most else f"{least} to {most}"
        raise Gs1Error(Fault.LENGTH, f"{spoken(name)} has {len(text)} characters, not {wanted}")


def _fits(name: str, value: int, bits: int) -> int:
    if value >= 1 << bits:
        raise Gs1Error(Fault.RANGE, f"{spoken(name)} {value} does not fit into {bits} bits")
    return value


@dataclass(frozen=True, slots=True)
class OneField:
    """What segments of one field share; `name` is the field's, or its application identifier."""

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        """The one field."""
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Integer(OneField):
    """A number without leading zeros (§14.3.1); `most` digits, where its bits could hold more."""

    bits: int
    most: int | None = None

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        text = str(bits.take(self.bits))
        if self.most is not None:
            check_length(self.name, text, 1, self.most)
        return (text,)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        if self.most is not None:
            check_length(self.name, values[0], 1, self.most)
        bits.add(_fits(self.name, number(self.name, values[0]), self.bits), self.bits)


@dataclass(frozen=True, slots=True)
class FixedWidth(OneField):
    """A number with leading zeros up to `digits` (§14.3.10)."""

    bits: int
    digits: int

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        return (padded(self.name, bits.take(self.bits), self.digits),)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        check_length(self.name, values[0], self.digits, self.digits)
        bits.add(number(self.name, values[0], padded=True), self.bits)


@dataclass(frozen=True, slots=True)
class NumericString(OneField):
    """Digits whose leading zeros a 1 before them keeps (§14.3.6)."""

    bits: int
    most: int

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        text = str(bits.take(self.bits))
        if not text.startswith("1") or len(text) == 1:
            raise Gs1Error(Fault.ENCODING, f"{spoken(self.name)} does not begin with its mark 1")
        check_length(self.name, text[1:], 1, self.most)
        return (text[1:],)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        check_length(self.name, values[0], 1, self.most)
        number(self.name, values[0], padded=True)
        bits.add(int("1" + values[0]), self.bits)


@dataclass(frozen=True, slots=True)
class String(OneField):
    """Up to `most` characters of 7 bits with zeros after them (§14.3.2)."""

    bits: int
    most: int

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        text = "".join(chr(bits.take(CHARACTER_BITS)) for _ in range(self.bits // CHARACTER_BITS))
        if bits.take(self.bits % CHARACTER_BITS):
            raise Gs1Error(Fault.PADDING, f"the padding after the {spoken(self.name)} is not zero")
        text = text.rstrip("\0")
        self._check(text)
        return (text,)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        self._check(values[0])
        for char in values[0]:
            bits.add(ord(char), CHARACTER_BITS)
        bits.add(0, self.bits - len(values[0]) * CHARACTER_BITS)

    def _check(self, text: str) -> None:
        check_length(self.name, text, 1, self.most)
        check_characters(spoken(self.name), text, CHARACTERS)


def padded(name: str, value: int, digits: int) -> str:
    """Return `value` with leading zeros; Gs1Error when it has more than `digits`."""
    if value >= 10**digits:
        raise Gs1Error(Fault.RANGE, f"{spoken(name)} {value} has more than {digits} digits")
    return f"{value:0{digits}d}" if digits else ""


@dataclass(frozen=True, slots=True)
class SixBitString(OneField):
    """Characters of 6 bits, then six zeros (§14.3.8); `mark` may stand before them."""

    least: int
    most: int
    allowed: frozenset[str]
    mark: str = ""

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        text = ""
        while code := bits.take(SIX_BITS):
            text += six_bit_character(code)
        self._check(text)
        return (text,)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        self._check(values[0])
        for char in values[0]:
            bits.add(ord(char) & 0x3F, SIX_BITS)
        bits.add(0, SIX_BITS)

    def _check(self, text: str) -> None:
        check_length(self.name, text, self.least, self.most)
        rest = text.removeprefix(self.mark) if self.mark else text
        if self.least and not rest:
            raise Gs1Error(Fault.LENGTH, f"{spoken(self.name)} is only its mark {self.mark}")
        check_characters(spoken(self.name), rest, self.allowed)


def six_bit_character(code: int) -> str:
    """Return the character of a 6-bit code: letters have lost a bit."""
    return chr(code if code > LETTERS else code | LETTER_BIT)


@dataclass(frozen=True, slots=True)
class Cage(OneField):
    """A CAGE code or DoDAAC of five or six characters, `width` bits each (§14.3.7; DoD guide)."""

    width: int

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        codes = [bits.take(self.width) for _ in range(CAGE_LENGTH)]
        character = six_bit_character if self.width == SIX_BITS else chr
        text = "".join(map(character, codes)).removeprefix(" ")
        self._check(text)
        return (text,)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        self._check(values[0])
        for char in values[0].rjust(CAGE_LENGTH):
            bits.add(ord(char) & (1 << self.width) - 1, self.width)

    def _check(self, text: str) -> None:
        check_characters(spoken(self.name), text, CAGE_CHARACTERS)
        if len(text) not in {CAGE_SHORT, CAGE_LENGTH}:
            raise Gs1Error(Fault.LENGTH, f"{spoken(self.name)} {text!r} has not 5 or 6 characters")
