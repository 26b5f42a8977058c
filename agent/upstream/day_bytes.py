"""Bytes by day, way and what they carried: what `tallyman uplink` shows and budgets stand on. Pure.

A day is one of UTC, as its number since 1970.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

DAYS = 7  # so many are kept, today included
MS_PER_DAY = 86_400_000


class Carried(StrEnum):
    """What a message was for."""

    ALARMS = "alarms"  # batches with an alarm: statement and body
    LIVE = "live"  # batches sealed since the connection came about
    BACKLOG = "backlog"  # bodies that an outage left
    PROOFS = "proofs"  # statements that go ahead, receipts, checkpoints
    UPKEEP = "upkeep"  # connections, greetings, probes


class Line(NamedTuple):
    """What went over a way in a day, either way."""

    day: int
    way: str
    carried: Carried
    size: int


class DayBytes:
    """The counts of the newest DAYS days."""

    def __init__(self, lines: tuple[Line, ...] = ()) -> None:
        self._counts: Counter[tuple[int, str, Carried]] = Counter()
        for day, way, carried, size in lines:
            self._counts[day, way, carried] += size

    def count(self, day: int, way: str, carried: Carried, size: int) -> None:
        """Add bytes."""
        self._counts[day, way, carried] += size

    def of(self, day: int, way: str | None = None) -> int:
        """Return the bytes of a day, of all ways or of one."""
        return sum(
            size
            for (when, where, _), size in self._counts.items()
            if when == day and way in {None, where}
        )

    def lines(self) -> Iterator[Line]:
        """Yield everything, the oldest day first."""
        for (day, way, carried), size in sorted(self._counts.items()):
            yield Line(day, way, carried, size)

    def begin(self, day: int) -> None:
        """Forget what is too old beside `day`, and what is of a day that is still to come."""
        kept = range(day - DAYS + 1, day + 1)
        self._counts = Counter({at: n for at, n in self._counts.items() if at[0] in kept})
