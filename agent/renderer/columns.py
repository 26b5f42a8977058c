"""A series drawn in columns of pixels: of each column what it began and ended with, its smallest
and its largest value. So no peak is lost, and a plot's size does not grow with its series. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

Point = tuple[int, float]
"""A moment, ms, and the value then."""

Run = Sequence[Point]
"""Points between which nothing is unknown."""


class Frame(NamedTuple):
    """What part of time and values is drawn, on how many columns and steps of height."""

    start: int
    end: int
    low: float
    high: float
    columns: int
    steps: int

    def column(self, at: int) -> int:
        """Return the column of a moment, within the frame."""
        share = (at - self.start) * (self.columns - 1) // max(1, self.end - self.start)
        return min(max(share, 0), self.columns - 1)

    def step(self, value: float) -> int:
        """Return the height of a value, counted downwards from the highest."""
        share = (self.high - value) / (self.high - self.low)
        return min(max(round(share * self.steps), 0), self.steps)


class Column(NamedTuple):
    """What one column shows, in steps."""

    at: int
    first: int
    top: int
    bottom: int
    last: int


def columns(frame: Frame, run: Run) -> Iterator[Column]:
    """Yield the columns of a run in the order of time."""
    held: list[int] = []
    before = 0
    for at, value in run:
        column = frame.column(at)
        if held and column != before:
            yield Column(before, held[0], min(held), max(held), held[-1])
            held = []
        before = column
        held.append(frame.step(value))
    if held:
        yield Column(before, held[0], min(held), max(held), held[-1])


def line(frame: Frame, runs: Iterable[Run]) -> str:
    """Return the runs as the `d` of a path (SVG 2 §9.3), lines between their columns."""
    return "".join(_run_path(list(columns(frame, run))) for run in runs)


def _run_path(run: Sequence[Column]) -> str:
    out = []
    x = y = 0
    for number, each in enumerate(run):
        if number == 0:
            out.append(f"M{each.at} {each.first}")
        else:
            out.append(f"l{each.at - x}{_signed(each.first - y)}")
        x, y = each.at, each.first
        for next_y in (each.top, each.bottom, each.last):
            if next_y != y:
                out.append(f"v{next_y - y}")
                y = next_y
    if len(run) == 1 and run[0].top == run[0].bottom:
        out.append("h0")  # a point: its round end is seen
    return "".join(out)


def _signed(number: int) -> str:
    return str(number) if number < 0 else f" {number}"


def bands(frame: Frame, spans: Iterable[tuple[int, int]], top: int, height: int) -> str:
    """Return spans of time as the `d` of a path: rectangles of whole columns.

    What is shorter than a column has one, so that nothing is too short to be seen.
    """
    return "".join(
        f"M{first} {top}h{last - first + 1}v{height}H{first}z"
        for first, last in merged(frame, spans)
    )


def merged(frame: Frame, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the columns of spans of time, first and last; what touches is one."""
    begin: int | None = None
    until = 0
    for start, end in sorted(spans):
        first, last = frame.column(start), frame.column(end)
        if begin is not None and first <= until + 1:
            until = max(until, last)
            continue
        if begin is not None:
            yield begin, until
        begin, until = first, last
    if begin is not None:
        yield begin, until
