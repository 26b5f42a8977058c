"""The half-sine that fits a shock best, as test standards describe shocks (IEC 60068-2-27). Pure.

Its peak and duration are what UN 38.3 T.4 and packaging tests speak of. The residual says how far
the shock was from one: a fall on a hard edge is none, and then the numbers are no fit at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

SHRINK = 0.5  # of the search's steps, each time that no neighbour fits better
FINEST = 1e-4  # of a sample, where it ends
MOST_LOOKS = 200  # a search takes about 40
SHORTEST = 3.0  # samples; a half-sine has three numbers, so that in less one fits whatever comes


class HalfSine(NamedTuple):
    """`peak` in g, `duration` in ms from zero to zero; `residual` is RMS over peak."""

    peak: float
    duration: float
    residual: float


def fit(sizes: Sequence[float], begin: float, end: float, rate: float) -> HalfSine:
    """Return the half-sine nearest to `sizes` (g, `rate` per second), by least squares.

    `begin` and `end`, in samples, are about where the pulse is.
    """
    start, length = _nearest(sizes, begin, max(end - begin, SHORTEST))
    peak, error = _judged(sizes, start, length)
    inside = max(1, round(length))
    residual = math.sqrt(error / inside) / peak if peak > 0.0 else math.inf
    return HalfSine(peak, 1000.0 * length / rate, residual)


def _nearest(sizes: Sequence[float], start: float, length: float) -> tuple[float, float]:
    """Search start and length, step by step downhill; the peak follows from them."""
    step, best = 1.0, _judged(sizes, start, length)[1]
    for _ in range(MOST_LOOKS):
        around = [(start + a * step, max(length + b * step, SHORTEST)) for a, b in _DIRECTIONS]
        error, *better = min((_judged(sizes, *each)[1], *each) for each in around)
        if error < best:
            best, (start, length) = error, better
        elif step < FINEST:
            break
        else:
            step *= SHRINK
    return start, length


_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1), (-1, 2), (1, -2))


def _judged(sizes: Sequence[float], start: float, length: float) -> tuple[float, float]:
    """Return the best peak for a shape, and the sum of squares that it leaves.

    Samples beside the pulse count as far as it is long: there the shape is zero. Where its middle
    lies beside all samples it is none, and leaves inf: of a flank alone any peak could follow.
    """
    if not 0.0 <= start + length / 2.0 <= len(sizes) - 1:
        return 0.0, math.inf
    first = max(0, math.floor(start - length / 2.0))
    last = max(first, min(len(sizes), math.ceil(start + length * 1.5) + 1))
    shape = [_height((index - start) / length) for index in range(first, last)]
    power = sum(each * each for each in shape)
    seen = sizes[first:last]
    peak = sum(x * y for x, y in zip(shape, seen, strict=True)) / power
    return peak, sum((y - peak * x) ** 2 for x, y in zip(shape, seen, strict=True))


def _height(place: float) -> float:
    return math.sin(math.pi * place) if 0.0 <= place <= 1.0 else 0.0
