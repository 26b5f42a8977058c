"""What makes a series of temperatures doubtful, though each value is sound. Pure.

A doubt is no proof: `python -m hil plausibility` says how often goods that fare well raise one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from agent.rules.valid_time import Sample

CHANCE = 1e-9  # of a run of equal values below which it is no chance, for one that may begin
FEWEST = 10  # equal values in a row that say anything at all
FASTEST = 3.0  # °C/min: air behind an open door does 1 to 2, a probe in ice water 10 and more
APART = 3.0  # °C that two sensors of one room differ more than they use to
LASTING = 30 * 60_000  # ms for which they must: one is nearer to the door
MINUTE = 60_000
WARMED = 1.5  # °C by which a sensor becomes warmer than its neighbour after its start
AT_START = 10 * MINUTE  # ms from a start in which a part is not warm yet
WARM_AFTER, WARM_UNTIL = 30 * MINUTE, 90 * MINUTE  # ms from a start in which it is


class Doubt(NamedTuple):
    """`what` is stuck, too-fast, apart or self-heated; `start` to `end`, ms; `text` for people."""

    what: str
    start: int
    end: int
    text: str


def doubts(samples: Sequence[Sample], beside: Sequence[Sample] = ()) -> list[Doubt]:
    """Return what is doubtful in samples in the order of time, `beside` those of a neighbour."""
    known = [sample for sample in samples if sample.value is not None]
    near = [sample for sample in beside if sample.value is not None]
    return sorted(
        (*stuck(known), *too_fast(known), *apart(known, near), *self_heated(known, near)),
        key=lambda each: each.start,
    )


def stuck(known: Sequence[Sample]) -> Iterator[Doubt]:
    """Yield the runs of equal values that are too long for how this sensor else behaves.

    A coarse sensor repeats itself: how often it does outside its longest run is what counts.
    """
    runs = [list(run) for _, run in groupby(known, key=lambda sample: sample.value)]
    longest = max(runs, key=len, default=[])
    steps = len(known) - len(longest)
    repeats = steps - (len(runs) - 1)
    share = (repeats + 1) / (steps + 2)  # Laplace: what was never seen may still happen
    for run in runs:
        if len(run) >= FEWEST and share ** (len(run) - 1) < CHANCE:
            text = f"{len(run)} times {run[0].value:g} °C in a row"
            yield Doubt("stuck", run[0].at, run[-1].at, text)


def too_fast(known: Sequence[Sample]) -> Iterator[Doubt]:
    """Yield the changes that no air makes: a probe was moved, warmed or cooled."""
    for before, after in pairwise(known):
        minutes = (after.at - before.at) / MINUTE
        change = (after.value or 0.0) - (before.value or 0.0)
        if abs(change) > FASTEST * max(minutes, 1.0):
            text = f"{change:+.1f} °C within {max(minutes, 0.0):.1f} min"
            yield Doubt("too-fast", before.at, after.at, text)


def apart(known: Sequence[Sample], near: Sequence[Sample]) -> Iterator[Doubt]:
    """Yield the time in which a sensor left its neighbour: ice on it, or it lies elsewhere."""
    differences = list(_differences(known, near))
    usual = median(difference for _, difference in differences) if differences else 0.0
    for far, run in groupby(differences, key=lambda each: abs(each[1] - usual) > APART):
        times = list(run)
        start, end = times[0][0], times[-1][0]
        if far and end - start >= LASTING:
            most = max((difference - usual for _, difference in times), key=abs)
            text = f"{most:+.1f} °C off its neighbour, more than they use to differ"
            yield Doubt("apart", start, end, text)


def self_heated(known: Sequence[Sample], near: Sequence[Sample]) -> Iterator[Doubt]:
    """Yield the starts after which a sensor became warmer, and its neighbour did not.

    What warms the air warms both; what warms the one alone from its start on is its own supply, or
    it came out of the cold. A start is the first sample, and one behind a gap of LASTING.
    """
    differences = list(_differences(known, near))
    befores = [None, *(each.at for each in known)]
    starts = [
        sample.at
        for sample, before in zip(known, befores, strict=False)
        if before is None or sample.at - before >= LASTING
    ]
    for start in starts:
        cold = [by for at, by in differences if start <= at < start + AT_START]
        warm = [by for at, by in differences if start + WARM_AFTER <= at < start + WARM_UNTIL]
        rise = median(warm) - median(cold) if cold and warm else 0.0
        if rise > WARMED:
            text = f"{rise:+.1f} °C against its neighbour within the hour after its start"
            yield Doubt("self-heated", start, start + WARM_UNTIL, text)


def _differences(known: Sequence[Sample], near: Sequence[Sample]) -> Iterator[tuple[int, float]]:
    """Yield each moment with the difference from the neighbour's value before it, if recent."""
    index = 0
    for sample in known:
        while index + 1 < len(near) and near[index + 1].at <= sample.at:
            index += 1
        if near and 0 <= sample.at - near[index].at <= LASTING:
            yield sample.at, (sample.value or 0.0) - (near[index].value or 0.0)
