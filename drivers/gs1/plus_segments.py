"""Coding methods of the "+" schemes (TDS 2, section 14.5). Pure.

Their fields are named by the GS1 application identifier (AI) whose value they hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.gs1.bits import BitReader, BitWriter
from drivers.gs1.characters import CHARACTERS, DIGITS, UPPER, check_characters
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.segments import OneField, check_length, padded
from drivers.gs1.value_checks import check_date

NIBBLE = 4  # bits of a decimal digit (§14.5.4)
DELIMITER, TERMINATOR = 14, 15  # §14.5.5
INDICATOR_BITS = 3  # §14.5.6, table E
NUMERIC, UPPER_HEX, LOWER_HEX, BASE64, ASCII, CODE40 = range(6)

_HEX = "0123456789ABCDEF"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CODE40 = "\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"  # index 0 pads (§14.5.6.5)
_GROUP, _GROUP_BITS = 3, 16  # of URN Code 40
_TABLES = {  # indicator: characters in the order of their codes, bits of each
    UPPER_HEX: (_HEX, 4),
    LOWER_HEX: (_HEX.lower(), 4),
    BASE64: (_BASE64, 6),
    ASCII: ("".join(map(chr, range(128))), 7),
}
_SETS = {
    NUMERIC: DIGITS,
    UPPER_HEX: frozenset(_HEX),
    LOWER_HEX: frozenset(_HEX.lower()),
    BASE64: frozenset(_BASE64),
    CODE40: DIGITS | UPPER | frozenset("-.:"),
    ASCII: CHARACTERS | {"#"},
}

# Date type indicators of DSGTIN+ (§14.5.3), in the order of their codes.
DATE_TYPES = ("11", "13", "15", "16", "17", "7006", "7007")
DATE_TYPE_BITS = 4
YEAR_BITS, MONTH_BITS, DAY_BITS = 7, 4, 5  # §14.5.8


def digits_bits(count: int) -> int:
    """Return the bits that any number of `count` digits fits into (TDS, table B)."""
    return int(10**count - 1).bit_length()


def value_bits(indicator: int, length: int) -> int:
    """Return the bits of `length` characters coded by the method `indicator`."""
    if indicator == NUMERIC:
        return digits_bits(length)
    if indicator == CODE40:
        return -(-length // _GROUP) * _GROUP_BITS
    return length * _TABLES[indicator][1]


def best_method(text: str) -> int:
    """Return the method that codes `text` in the fewest bits; the 7-bit one takes everything."""
    able = [indicator for indicator, allowed in _SETS.items() if allowed.issuperset(text)]
    return min(able or [ASCII], key=lambda indicator: value_bits(indicator, len(text)))


@dataclass(frozen=True, slots=True)
class Digits(OneField):
    """`count` decimal digits of four bits each (§14.5.4)."""

    count: int

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        codes = [bits.take(NIBBLE) for _ in range(self.count)]
        if max(codes) > 9:  # noqa: PLR2004  decimal digits
            raise Gs1Error(
                Fault.CHARACTER, f"({self.name}) holds {max(codes):X}, which is no digit"
            )
        return ("".join(map(str, codes)),)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        check_length(f"({self.name})", values[0], self.count, self.count)
        check_characters(f"({self.name})", values[0], DIGITS)
        for digit in values[0]:
            bits.add(int(digit), NIBBLE)


@dataclass(frozen=True, slots=True)
class Alphanumeric(OneField):
    """1 to `most` characters by one of six methods, which an indicator names (§14.5.6)."""

    most: int
    allowed: frozenset[str] = CHARACTERS
    length_bits: int = 5

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        indicator = bits.take(INDICATOR_BITS)
        if indicator not in _SETS:
            raise Gs1Error(Fault.ENCODING, f"encoding indicator {indicator} is reserved")
        length = bits.take(self.length_bits)
        if not 1 <= length <= self.most:
            raise Gs1Error(
                Fault.LENGTH, f"({self.name}) of {length} characters, where 1 to {self.most} may be"
            )
        text = _read_text(indicator, length, bits)
        check_characters(f"({self.name})", text, self.allowed)
        return (text,)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        text = values[0]
        check_length(f"({self.name})", text, 1, self.most)
        check_characters(f"({self.name})", text, self.allowed)
        indicator = best_method(text)
        bits.add(indicator, INDICATOR_BITS)
        bits.add(len(text), self.length_bits)
        _write_text(indicator, text, bits)


def _read_text(indicator: int, length: int, bits: BitReader) -> str:
    if indicator == NUMERIC:
        return padded("number", bits.take(digits_bits(length)), length)
    if indicator == CODE40:
        return _read_code40(length, bits)
    table, width = _TABLES[indicator]
    return "".join(table[bits.take(width)] for _ in range(length))


def _write_text(indicator: int, text: str, bits: BitWriter) -> None:
    if indicator == NUMERIC:
        bits.add(int(text), digits_bits(len(text)))
    elif indicator == CODE40:
        _write_code40(text, bits)
    else:
        table, width = _TABLES[indicator]
        for char in text:
            bits.add(table.index(char), width)


def _read_code40(length: int, bits: BitReader) -> str:
    text = ""
    for _ in range(-(-length // _GROUP)):
        value = bits.take(_GROUP_BITS) - 1
        high, rest = divmod(value, 1600)
        if not 0 <= high < len(_CODE40):
            raise Gs1Error(Fault.ENCODING, f"{value + 1} is no group of URN Code 40")
        text += _CODE40[high] + _CODE40[rest // 40] + _CODE40[rest % 40]
    if "\0" in text[:length] or text[length:].strip("\0"):
        raise Gs1Error(Fault.PADDING, "URN Code 40 is padded elsewhere than at its end")
    return text[:length]


def _write_code40(text: str, bits: BitWriter) -> None:
    filled = text + "\0" * (-len(text) % _GROUP)
    for at in range(0, len(filled), _GROUP):
        one, two, three = (_CODE40.index(char) for char in filled[at : at + _GROUP])
        bits.add(1600 * one + 40 * two + three + 1, _GROUP_BITS)


@dataclass(frozen=True, slots=True)
class Delimited(OneField):
    """Digits of four bits, then the rest of the characters if there is one (§14.5.5)."""

    most: int
    allowed: frozenset[str] = CHARACTERS

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        text = ""
        while (code := bits.take(NIBBLE)) < 10:  # noqa: PLR2004  decimal digits
            text += str(code)
        if code == DELIMITER:
            (rest,) = self._rest(text).read(bits)
            if rest[0] in DIGITS:
                raise Gs1Error(
                    Fault.ENCODING, f"({self.name}) goes on with a digit after its digits"
                )
            text += rest
        elif code != TERMINATOR:
            raise Gs1Error(Fault.CHARACTER, f"({self.name}) holds {code:X}, which is no digit")
        self._check(text)
        return (text,)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        text = values[0]
        self._check(text)
        rest = text.lstrip("0123456789")
        for digit in text.removesuffix(rest):
            bits.add(int(digit), NIBBLE)
        if not rest:
            bits.add(TERMINATOR, NIBBLE)
            return
        bits.add(DELIMITER, NIBBLE)
        self._rest(text.removesuffix(rest)).write((rest,), bits)

    def _rest(self, head: str) -> Alphanumeric:
        return Alphanumeric(self.name, self.most - len(head), self.allowed)

    def _check(self, text: str) -> None:
        check_length(f"({self.name})", text, 1, self.most)
        check_characters(f"({self.name})", text, self.allowed)
        if text[0] not in DIGITS:
            raise Gs1Error(Fault.CHARACTER, f"({self.name}) does not begin with a company prefix")


@dataclass(frozen=True, slots=True)
class VariableDigits(OneField):
    """1 to `most` digits behind their number (§14.5.13)."""

    most: int
    length_bits: int = 4

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        length = bits.take(self.length_bits)
        if not 1 <= length <= self.most:
            raise Gs1Error(
                Fault.LENGTH, f"({self.name}) of {length} digits, where 1 to {self.most} may be"
            )
        return (padded(f"({self.name})", bits.take(digits_bits(length)), length),)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        text = values[0]
        check_length(f"({self.name})", text, 1, self.most)
        check_characters(f"({self.name})", text, DIGITS)
        bits.add(len(text), self.length_bits)
        bits.add(int(text), digits_bits(len(text)))


@dataclass(frozen=True, slots=True)
class Date(OneField):
    """A date YYMMDD in 16 bits (§14.5.8)."""

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        year, month, day = (bits.take(width) for width in (YEAR_BITS, MONTH_BITS, DAY_BITS))
        text = f"{year:02d}{month:02d}{day:02d}"
        check_date(self.name, text)
        return (text,)

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        text = values[0]
        check_date(self.name, text)
        for at, width in ((0, YEAR_BITS), (2, MONTH_BITS), (4, DAY_BITS)):
            bits.add(int(text[at : at + 2]), width)


@dataclass(frozen=True, slots=True)
class PrioritisedDate:
    """What date it is, as its AI, and the date (§14.5.3)."""

    names: tuple[str, ...] = ("date_ai", "date")

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        kind = bits.take(DATE_TYPE_BITS)
        if kind >= len(DATE_TYPES):
            raise Gs1Error(Fault.ENCODING, f"date type {kind} is reserved")
        return (DATE_TYPES[kind], *Date(DATE_TYPES[kind]).read(bits))

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        kind, date = values
        if kind not in DATE_TYPES:
            raise Gs1Error(Fault.DATE, f"({kind}) is no date that an EPC can hold")
        bits.add(DATE_TYPES.index(kind), DATE_TYPE_BITS)
        Date(kind).write((date,), bits)
