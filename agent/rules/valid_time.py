"""How long a value holds: until the next one, and for at most 1.5 intervals. Pure.

What comes after that is unknown time, and never counts as good.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drivers.reading import Quality

REACH = 1.5
"""Intervals for which a value holds at most: a reading may be late, not missing."""

BELIEVED = frozenset(map(str, (Quality.OK, Quality.MANUAL, Quality.UNCALIBRATED)))
"""Qualities whose values count; of any other word nobody knows that they do."""

FLOORS = frozenset(map(str, (Quality.SATURATED, Quality.UNDERSAMPLED)))
"""Qualities whose true values are larger."""


class Sample(NamedTuple):
    """A value of a moment in ms; None: not to be believed. `floor`: the true value is larger."""

    at: int
    value: float | None
    floor: bool = False


class Span(NamedTuple):
    """The time from `start` to `end`, ms, in which one value held, or nobody knows which.

    `event`: it is the moment of something that happened, and did not last.
    """

    start: int
    end: int
    value: float | None
    floor: bool = False
    event: bool = False


def reach_of(interval: float | None) -> int | None:
    """Return for how many ms a value holds, of an interval in seconds; None: for its moment."""
    return None if interval is None else round(REACH * interval * 1000)


def spans(sample: Sample, until: int, reach: int | None) -> Iterator[Span]:
    """Yield what is known from a sample on until the moment `until`, of the next one at most.

    Without a `reach` it tells of an event: it holds for its moment, and silence means nothing.
    """
    if sample.value is None:
        yield Span(sample.at, until, None)
    elif reach is None:
        yield Span(sample.at, sample.at, sample.value, sample.floor, event=True)
    else:
        known = min(until, sample.at + reach)
        yield Span(sample.at, known, sample.value, sample.floor)
        if known < until:
            yield Span(known, until, None)
