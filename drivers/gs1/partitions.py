"""The partition between company prefix and reference (TDS, §14.3.3 to 14.3.5 and 14.3.9). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from drivers.gs1.bits import BitReader, BitWriter
from drivers.gs1.characters import COMPONENT_CHARACTERS
from drivers.gs1.errors import Fault, Gs1Error
from drivers.gs1.segments import (
    FixedWidth,
    Integer,
    Segment,
    SixBitString,
    String,
    check_length,
    number,
    padded,
    spoken,
)

PARTITION_BITS = 3
PREFIX = "company_prefix"
PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)  # of a GS1 company prefix, by partition value
PREFIX_DIGITS = (12, 11, 10, 9, 8, 7, 6)


class Rest(Enum):
    """How the reference after the company prefix is coded."""

    PADDED = "digits with leading zeros"
    UNPADDED = "a number"
    STRING = "7-bit characters"
    SIX_BIT = "6-bit characters"


@dataclass(frozen=True, slots=True)
class Row:
    """One partition value: `limit` counts the digits or characters of the reference."""

    prefix_bits: int
    prefix_digits: int
    bits: int
    limit: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Three bits that divide what follows between company prefix and reference."""

    reference: str
    rows: tuple[Row, ...]
    rest: Rest = Rest.PADDED

    @property
    def names(self) -> tuple[str, ...]:
        """Company prefix and reference."""
        return (PREFIX, self.reference)

    def read(self, bits: BitReader) -> tuple[str, ...]:
        """See Segment."""
        value = bits.take(PARTITION_BITS)
        if value >= len(self.rows):
            raise Gs1Error(Fault.PARTITION, f"partition {value} is reserved")
        row = self.rows[value]
        prefix = padded(PREFIX, bits.take(row.prefix_bits), row.prefix_digits)
        if self.rest is Rest.PADDED:
            return prefix, padded(self.reference, bits.take(row.bits), row.limit)
        (reference,) = self._segment(row).read(bits)
        if self.rest is Rest.UNPADDED:
            padded(self.reference, int(reference), row.limit)
        return prefix, reference

    def write(self, values: tuple[str, ...], bits: BitWriter) -> None:
        """See Segment."""
        prefix, reference = values
        if len(prefix) not in PREFIX_DIGITS:
            raise Gs1Error(
                Fault.PARTITION, f"a company prefix has 6 to 12 digits, not {len(prefix)}"
            )
        value = PREFIX_DIGITS.index(len(prefix))
        row = self.rows[value]
        bits.add(value, PARTITION_BITS)
        bits.add(number(PREFIX, prefix, padded=True), row.prefix_bits)
        if self.rest is Rest.PADDED and not row.limit:
            self._nothing(reference)
            bits.add(0, row.bits)
            return
        if self.rest is Rest.UNPADDED:
            check_length(self.reference, reference, 1, row.limit)
        self._segment(row).write((reference,), bits)

    def _segment(self, row: Row) -> Segment:
        match self.rest:
            case Rest.PADDED:
                return FixedWidth(self.reference, row.bits, row.limit)
            case Rest.UNPADDED:
                return Integer(self.reference, row.bits)
            case Rest.STRING:
                return String(self.reference, row.bits, row.limit)
            case Rest.SIX_BIT:
                return SixBitString(self.reference, 1, row.limit, COMPONENT_CHARACTERS)

    def _nothing(self, reference: str) -> None:
        if reference:
            raise Gs1Error(
                Fault.LENGTH,
                f"a company prefix of 12 digits leaves none for the {spoken(self.reference)}",
            )


def rows(bits: tuple[int, ...], limits: tuple[int, ...]) -> tuple[Row, ...]:
    """Return a partition table from the columns behind the company prefix."""
    return tuple(Row(*row) for row in zip(PREFIX_BITS, PREFIX_DIGITS, bits, limits, strict=True))
