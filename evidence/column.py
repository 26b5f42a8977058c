"""One column of a body: integers less a simple rule, strings as a table and indexes.

docs/PROTOCOL.md, "Body", codec 2. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, compress, pairwise
from itertools import count as steps
from math import gcd
from operator import add, sub

from evidence.bit_planes import ESCAPE, MAX_LOW_BITS, best_width, sampled
from evidence.errors import MalformedError
from evidence.shape import MAX_INT
from evidence.varint import Input, Output, unzigzag, zigzag

SAME = 0
THIRDS = {3: 500, 2: 50, 1: 5}
"""Forms of columns whose unit is so many thirds: 10⁻³, 10⁻⁴, 10⁻⁵ minutes of arc in 10⁻⁷ degrees,
which is how receivers tell a position. The largest first: what is of 500 thirds is of 5, too."""
STEPS = 3
"""A form above this is the step by which all values lie apart from each other, plus this."""

ORDERS = 3
"""Units against a line, against the one before, or against the line through the two before."""

SPARSE = 0
"""Width of a column that has few residuals other than zero; others are one more than Rice's k."""

SPARSE_BITS = 20
"""What a residual costs in a sparse column, roughly: what deflate leaves of gap and value."""

PROBE = 4


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
        # Most columns are not of thirds, which the first few values tell.
        if _in_thirds(values[:PROBE], numerator) and (units := _in_thirds(values, numerator)):
            return form, units
    return STEPS + 1, values


def _in_thirds(values: Sequence[int], numerator: int) -> list[int]:
    """Return `values` in units of so many thirds; nothing where they are no such numbers."""
    units = [(6 * value + numerator) // (2 * numerator) for value in values]
    return units if _from_thirds(units, numerator) == values else []


def _from_thirds(units: Sequence[int], numerator: int) -> list[int]:
    """Return units × `numerator` / 3, rounded to the nearest integer: halves do not occur."""
    return [(unit * numerator + 1) // 3 for unit in units]


def _shortest(offsets: Sequence[int]) -> tuple[int, int, list[int]]:
    """Return slope, order and residuals of offsets from the first, that one left out."""
    values = list(offsets[1:])
    rises = _differences(values)
    apart = sampled(values)
    slope = sorted(rises[apart])[len(rises[apart]) // 2]
    choices = [
        (0, 0, values),
        (slope, 1, [rise - slope for rise in rises]),
        (0, 2, _differences(rises)),
    ]
    if slope:
        choices.append((slope, 0, list(map(sub, values, steps(slope, slope)))))
    return min(choices, key=lambda choice: sum(map(int.bit_length, choice[2][apart])))


def _differences(values: Sequence[int]) -> list[int]:
    """Return by how much each value is more than the one before, the first more than zero."""
    return list(map(sub, values, chain((0,), values)))


def _write_residuals(out: Output, residuals: Sequence[int]) -> None:
    places = list(compress(steps(), residuals))
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
    offsets: Iterable[int] = unzigzag(_read_residuals(data, count - 1))
    for _ in range(order):
        offsets = accumulate(offsets)
    units = [base, *map(add, offsets, steps(base + slope, slope))]
    numerator = THIRDS.get(form)
    if numerator is not None:
        values = _from_thirds(units, numerator)
    elif form == STEPS + 1:
        values = units
    else:
        step = form - STEPS
        values = [base + step * (unit - base) for unit in units]
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
    return [quotient << width | low for quotient, low in zip(quotients, lows)]  # noqa: B905  of one length, and often


def _read_sparse(data: Input, count: int) -> list[int]:
    places = data.places(data.count(count, "residuals"), count)
    residuals = [0] * count
    for place, residual in zip(places, data.varints(len(places)), strict=True):
        residuals[place] = residual
    return residuals


def write_strings(out: Output, values: Sequence[bytes]) -> None:
    """Write a column of byte strings: those that differ, then which one stands where."""
    if values.count(values[0]) == len(values):  # as most columns are
        _write_table(out, values[:1])
        return
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
    write_integers(out, indexes)


def read_strings(data: Input, count: int) -> list[bytes]:
    """Return a column of `count` byte strings."""
    table = _read_table(data, count)
    if len(table) == 1:
        return table * count
    indexes = read_integers(data, count)
    if not 0 <= min(indexes) <= max(indexes) <= len(table):
        raise MalformedError("columns-index", "an index leads beyond the table of strings")
    if indexes.count(0) != len(table):
        raise MalformedError("columns-index", "not every string of a table stands somewhere first")
    fresh = iter(table)
    return [table[index - 1] if index else next(fresh) for index in indexes]


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
