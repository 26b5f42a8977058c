"""Rice codes in two planes: of each number its quotient in unary, and its low bits.

docs/PROTOCOL.md, "Body", codec 2. A number v with parameter k is v >> k ones and a zero in the
first plane, and its low k bits in the second. Quotients from `ESCAPE` on are `ESCAPE` ones and a
zero; how far they exceed it is written elsewhere. Both planes are filled up with zero bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, repeat

from evidence.errors import MalformedError

SAMPLE = 128
"""Values that decide on a column's form, taken from all of it: a truck drives, then stands."""

ESCAPE = 24
"""A rare jump shall not cost thousands of bits."""

BYTE = 8  # bits

MAX_LOW_BITS = 69
"""Second differences of 64-bit integers, in zigzag."""

_UNARY = ["1" * quotient + "0" for quotient in range(ESCAPE + 1)]
_TABLE_BITS = 8  # tables of all low bits up to here; wider ones are rare


@lru_cache(maxsize=_TABLE_BITS + 1)
def _table(width: int) -> list[str]:
    return [f"{low:0{width}b}" for low in range(1 << width)]


@lru_cache(maxsize=_TABLE_BITS + 1)
def _numbers(width: int) -> dict[str, int]:
    return {bits: low for low, bits in enumerate(_table(width))}


def sampled(values: Sequence[int]) -> slice:
    """Return what picks `SAMPLE` values, or a few more, evenly from the whole column."""
    return slice(None, None, max(1, -(-len(values) // SAMPLE)))


def best_width(values: Sequence[int]) -> int:
    """Return the parameter that writes unsigned `values` in the fewest bits, or nearly so."""
    ranked = sorted(values[sampled(values)])
    middle = ranked[len(ranked) // 2].bit_length()
    widths = range(max(0, middle - 1), middle + 1)
    return min(widths, key=lambda width: _bits(ranked, width))


def _bits(ranked: Sequence[int], width: int) -> int:
    quotients = [value >> width for value in ranked]
    if quotients[-1] > 2 * ESCAPE:
        quotients = list(map(min, quotients, repeat(2 * ESCAPE)))
    return len(ranked) * (width + 1) + sum(quotients)


class PlaneWriter:
    """Collects both planes."""

    def __init__(self) -> None:
        self._quotients: list[str] = []
        self._lows: list[str] = []

    def write(self, values: Sequence[int], width: int) -> list[int]:
        """Add unsigned `values` with parameter `width`; return the excess of escaped quotients."""
        quotients = [value >> width for value in values]
        excess = []
        if max(quotients) >= ESCAPE:
            excess = [quotient - ESCAPE for quotient in quotients if quotient >= ESCAPE]
            quotients = [min(quotient, ESCAPE) for quotient in quotients]
        self._quotients += map(_UNARY.__getitem__, quotients)
        mask = (1 << width) - 1
        if 0 < width <= _TABLE_BITS:
            self._lows += map(_table(width).__getitem__, [value & mask for value in values])
        elif width:
            self._lows += [f"{value & mask:0{width}b}" for value in values]
        return excess

    def planes(self) -> tuple[bytes, bytes]:
        """Return the two planes."""
        return _packed("".join(self._quotients)), _packed("".join(self._lows))


def _packed(bits: str) -> bytes:
    size = -(-len(bits) // 8)
    return int(bits.ljust(8 * size, "0") or "0", 2).to_bytes(size, "big")


class PlaneReader:
    """Reads both planes; MalformedError where they end too soon."""

    def __init__(self, quotients: bytes, lows: bytes) -> None:
        runs = _unpacked(quotients).split("0")
        self._tail = runs.pop()
        self._quotients: Iterator[int] = map(len, runs)
        self._lows = _unpacked(lows)
        self._at = 0

    def quotients(self, count: int) -> list[int]:
        """Return the next quotients, `ESCAPE` standing for those that are larger."""
        quotients = list(islice(self._quotients, count))
        if len(quotients) < count or max(quotients, default=0) > ESCAPE:
            raise MalformedError("columns-bits", "the quotients end too soon, or have no end")
        return quotients

    def lows(self, count: int, width: int) -> list[int]:
        """Return the low bits of the next numbers."""
        if width == 0:
            return [0] * count
        start, end = self._at, self._at + count * width
        if end > len(self._lows):
            raise MalformedError("columns-bits", "the low bits end too soon")
        self._at = end
        bits = self._lows
        if width <= _TABLE_BITS:
            number = _numbers(width)
            return [number[bits[at : at + width]] for at in range(start, end, width)]
        return [int(bits[at : at + width], 2) for at in range(start, end, width)]

    def finish(self) -> None:
        """Refuse planes that hold more than was read, apart from the zero bits of a last byte."""
        left = list(self._quotients)
        rest = self._lows[self._at :]
        if self._tail or any(left) or max(len(left), len(rest)) >= BYTE or "1" in rest:
            raise MalformedError("columns-trailing", "bits follow those of the last column")


def _unpacked(plane: bytes) -> str:
    return f"{int.from_bytes(plane, 'big'):0{8 * len(plane)}b}" if plane else ""
