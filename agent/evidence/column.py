"""One column of a body: integers less a simple rule, strings as a table and indexes.

docs/PROTOCOL.md, "Body", codec 2. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, compress, count, pairwise
from math import gcd
from operator import sub

from agent.evidence.bit_planes import ESCAPE, MAX_LOW_BITS, best_width
from agent.evidence.errors import MalformedError
from agent.evidence.shape import MAX_INT
from agent.evidence.varint import Input, Output, unzigzag, zigzag

SAME = 0
THIRDS = {1: 5, 2: 50, 3: 500}
"""Forms of columns whose unit is so many thirds: 10⁻⁵, 10⁻⁴, 10⁻³ minutes of arc in 10⁻⁷ degrees,
which is how receivers tell a position."""
STEPS = 3
"""A form above this is the step by which all values lie apart from each other, plus this."""

ORDERS = 3
"""Units against a line, against the one before, or against the line through the two before."""

SPARSE = 0
"""Width of a column that has few residuals other than zero; others are one more than Rice's k."""

SPARSE_BITS = 20
"""What a residual costs in a sparse column, roughly: what deflate leaves of gap and value."""

SAMPLE = 128
"""Residuals that decide on the order."""


def write_integers(out: Output, values: Sequence[int]) -> None:
    """Write a column of one integer at least."""
    form, units = _units(values)
    base = units[0]
    out.varints(*zigzag((base,)), form)
    if form == SAME:
        return
    slope, order, residuals = _shortest([unit - base for unit in units])
    out.varints(*zigzag((slope,)), order)
    _write_residuals(out, zigzag(residuals))


def _units(values: Sequence[int]) -> tuple[int, Sequence[int]]:
    """Return the form of a column, and its values in units of that form."""
    base = values[0]
    step = gcd(*[value - base for value in values])
    if step == 0:
        return SAME, values
    if step > 1:
        return STEPS + step, [base + (value - base) // step for value in values]
    for form, numerator in THIRDS.items():
        if all(_third(_nearest(value, numerator), numerator) == value for value in values):
            return form, [_nearest(value, numerator) for value in values]
    return STEPS + 1, values


def _nearest(value: int, numerator: int) -> int:
    return (6 * value + numerator) // (2 * numerator)


def _third(unit: int, numerator: int) -> int:
    """Return `unit` × `numerator` / 3, rounded to the nearest integer: halves do not occur."""
    return (unit * numerator + 1) // 3


def _shortest(offsets: Sequence[int]) -> tuple[int, int, list[int]]:
    """Return slope, order and residuals of offsets from the first, that one left out."""
    sample = offsets[: SAMPLE + 1]
    steps = sorted(map(sub, sample[1:], sample))
    slope = steps[len(steps) // 2]
    choices = ((0, 0), (slope, 0), (slope, 1), (0, 2))
    slope, order = min(choices, key=lambda choice: _bits(_residuals(sample, *choice)))
    return slope, order, _residuals(offsets, slope, order)


def _bits(residuals: Sequence[int]) -> int:
    return sum(map(int.bit_length, residuals))


def _residuals(offsets: Sequence[int], slope: int, order: int) -> list[int]:
    """Return what slope and order leave of offsets from the first, that one left out."""
    residuals = list(offsets[1:])
    if slope:
        residuals = list(map(sub, residuals, count(slope, slope)))
    for _ in range(order):
        residuals = list(map(sub, residuals, chain((0,), residuals)))
    return residuals


def _write_residuals(out: Output, residuals: Sequence[int]) -> None:
    places = list(compress(count(), residuals))
    if SPARSE_BITS * len(places) < len(residuals):
        gaps = map(sub, places, chain((0,), places))
        out.varints(SPARSE, len(places), *gaps, *(residuals[place] for place in places))
        return
    width = best_width(residuals)
    out.varints(width + 1, *out.planes.write(residuals, width))


def read_integers(data: Input, count: int) -> list[int]:
    """Return a column of `count` integers, each within ±`MAX_INT`."""
    base, form = data.signed(), data.varint()
    if form == SAME:
        return [_checked(base)] * count
    slope, order = data.signed(), data.count(ORDERS - 1, "orders")
    offsets = unzigzag(_read_residuals(data, count - 1))
    for _ in range(order):
        offsets = list(accumulate(offsets))
    units = [base, *(base + slope * (at + 1) + offset for at, offset in enumerate(offsets))]
    numerator = THIRDS.get(form)
    if numerator is None:
        step = form - STEPS
        values = [base + step * (unit - base) for unit in units]
    else:
        values = [_third(unit, numerator) for unit in units]
    _checked(min(values))
    _checked(max(values))
    return values


def _checked(value: int) -> int:
    if not -MAX_INT <= value <= MAX_INT:
        raise MalformedError("columns-range", f"{value} has more than 63 bits")
    return value


def _read_residuals(data: Input, count: int) -> list[int]:
    width = data.count(MAX_LOW_BITS + 1, "bits") - 1
    if width < 0:
        return _read_sparse(data, count)
    quotients = data.planes.quotients(count)
    if ESCAPE in quotients:
        quotients = [q + data.varint() if q == ESCAPE else q for q in quotients]
    if width == 0:
        return quotients
    lows = data.planes.lows(count, width)
    return [quotient << width | low for quotient, low in zip(quotients, lows, strict=True)]


def _read_sparse(data: Input, count: int) -> list[int]:
    number = data.count(count, "residuals")
    places = list(accumulate(data.varints(number)))
    if places and places[-1] >= count:
        raise MalformedError("columns-count", "a residual has no place")
    residuals = [0] * count
    for place, residual in zip(places, data.varints(number), strict=True):
        residuals[place] = residual
    return residuals


def write_strings(out: Output, values: Sequence[bytes]) -> None:
    """Write a column of byte strings: those that differ, then which one stands where."""
    table: dict[bytes, int] = {}
    indexes = []
    for value in values:
        index = table.get(value)
        if index is None:
            table[value] = len(table)
            indexes.append(0)
        else:
            indexes.append(index + 1)
    _write_table(out, list(table))
    if len(table) > 1:
        write_integers(out, indexes)


def read_strings(data: Input, count: int) -> list[bytes]:
    """Return a column of `count` byte strings."""
    table = _read_table(data, count)
    if len(table) == 1:
        return table * count
    values = []
    fresh = iter(table)
    for index in read_integers(data, count):
        value = next(fresh, None) if index == 0 else _known(table, index - 1)
        if value is None:
            raise MalformedError("columns-index", "an index leads beyond the table of strings")
        values.append(value)
    if next(fresh, None) is not None:
        raise MalformedError("columns-index", "the table holds a string that stands nowhere")
    return values


def _known(table: Sequence[bytes], index: int) -> bytes | None:
    return table[index] if 0 <= index < len(table) else None


def _write_table(out: Output, strings: Sequence[bytes]) -> None:
    """Write byte strings, each as what it does not share with the start of the one before."""
    shared = [_shared(*pair) for pair in pairwise(strings)]
    rests = [strings[0], *(s[cut:] for s, cut in zip(strings[1:], shared, strict=True))]
    out.varints(len(strings), *shared, *map(len, rests))
    out.raw(b"".join(rests))


def _shared(one: bytes, other: bytes) -> int:
    """Return how many bytes both start with."""
    most = min(len(one), len(other))
    return next((at for at in range(most) if one[at] != other[at]), most)


def _read_table(data: Input, most: int) -> list[bytes]:
    number = data.count(most, "strings")
    if number == 0:
        raise MalformedError("columns-count", "a table holds one string at least")
    shared = [0, *data.varints(number - 1)]
    lengths = data.varints(number)
    strings: list[bytes] = []
    before = b""
    for cut, length in zip(shared, lengths, strict=True):
        if cut > len(before):
            raise MalformedError("columns-prefix", "a string shares more than the one before has")
        data.spend(cut)
        before = before[:cut] + data.take(length)
        strings.append(before)
    return strings
