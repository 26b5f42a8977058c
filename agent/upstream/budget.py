"""Bytes a day on metered ways: what is spent, and what is held back when it runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path

from agent.clock.clock import Clock
from agent.config.ways import ANY_WAY, Sends, Way
from agent.journal.journal import Rank
from agent.upstream.day_bytes import MS_PER_DAY, Carried, DayBytes, Line
from foundation.durable import WriteFailed, write_file

_log = logging.getLogger(__name__)

FILE_NAME = "uplink-spent"

WRITES_PER_DAY = 64
"""So often at most the file is written: what a crash may count too much is a budget's 64th."""

UNLIMITED_STEP = 1 << 18
"""Bytes between two writes where no budget is set and only the ways' bytes are counted: so many at
most a crash forgets."""


class Share(Enum):
    """What part of the day's budget may be spent when something is sent; alarms always go."""

    BACKLOG = 0.7
    NEWEST = 0.9
    STATEMENTS = 1.0


SHARE = {Rank.BACKLOG: Share.BACKLOG, Rank.NEWEST: Share.NEWEST}

NOT_OVER = {
    Sends.ALARMS: frozenset(Share),
    Sends.LIVE: frozenset({Share.BACKLOG}),
    Sends.BACKLOG: frozenset[Share](),
}
"""What may not go over a way, by what it is to send."""


class ByteBudget:
    """Counts the bytes of a UTC day, over all ways and over each. `per_day` 0: everything may go.

    `used` tells which of `ways` is in use. The count survives a restart: where there is a budget,
    the file is written ahead of what is spent. A clock that nobody vouches for can begin a later
    day, never an earlier one.
    """

    def __init__(
        self,
        per_day: int,
        folder: Path,
        clock: Clock,
        ways: Sequence[Way] = (),
        used: Callable[[], Way] = lambda: ANY_WAY,
    ) -> None:
        self.per_day = per_day
        self._path = folder / FILE_NAME
        self._clock = clock
        self._ways = ways
        self._used = used
        limits = [limit for limit in (per_day, *(w.budget_bytes_per_day for w in ways)) if limit]
        self._ahead_by = max(1, min(limits) // WRITES_PER_DAY) if limits else 0
        self._late_by = 0 if limits else UNLIMITED_STEP
        self._kept = bool(limits or ways)
        self._day, self._ahead, self._bytes = _load(self._path) if self._kept else _nothing()
        self._stored = self.spent

    @property
    def spent(self) -> int:
        """Bytes spent today."""
        self._roll()
        return self._ahead + self._bytes.of(self._day)

    def spent_over(self, way: Way) -> int:
        """Bytes spent today over a way; what no file told apart may have been its."""
        self._roll()
        return self._ahead + self._bytes.of(self._day, way.interface)

    @property
    def untold(self) -> int:
        """Bytes of today that may have been spent before the agent was cut off: at most so many."""
        self._roll()
        return self._ahead

    def lines(self) -> Iterator[Line]:
        """Yield what went over each way, day by day."""
        self._roll()
        return self._bytes.lines()

    def spend(self, count: int, carried: Carried = Carried.UPKEEP, way: Way | None = None) -> None:
        """Count bytes that went over `way`, either way; None: over the one in use."""
        self._roll()
        self._bytes.count(self._day, (way or self._used()).interface, carried, count)

    def allows(self, share: Share) -> bool:
        """Tell whether something of this share may go now, over the way in use."""
        way = self._used()
        if share in NOT_OVER[way.sends]:
            return False
        if self.per_day and self.spent >= share.value * self.per_day:
            return False
        limit = way.budget_bytes_per_day
        return not limit or self.spent_over(way) < share.value * limit

    @property
    def why_held(self) -> str:
        """Why something is held back, for people."""
        if NOT_OVER[self._used().sends]:
            return "held back: the way in use is not for it"
        return "held back: the day's bytes are nearly used up"

    @property
    def used_up(self) -> bool:
        """Whether the day's bytes, or those of a way of its own, are spent."""
        over = (each for each in self._ways if each.budget_bytes_per_day)
        total = self.per_day and self.spent >= self.per_day
        return bool(total) or any(self.spent_over(w) >= w.budget_bytes_per_day for w in over)

    @property
    def takes_backlog(self) -> bool:
        """Whether the way in use is one for what an outage left, be its budget spent or not."""
        return self._used().sends is Sends.BACKLOG

    @property
    def due(self) -> bool:
        """Whether `save` should be called."""
        return self._kept and self.spent > self._stored + self._late_by

    def save(self) -> None:
        """Store what is spent, with some of what will be; blocks on the disk.

        A disk that refuses is no reason to stop sending: the count goes on in memory.
        """
        ahead = self.spent + self._ahead_by
        rows = [f"{self._day} {ahead}", *(" ".join(map(str, line)) for line in self._bytes.lines())]
        try:
            write_file(self._path, "".join(f"{row}\n" for row in rows).encode())
        except WriteFailed as error:
            _log.warning("bytes spent on the uplink are not kept: %s (%s)", error, error.advice)
            return
        self._stored = ahead

    def _roll(self) -> None:
        now = self._clock.now()
        today = now.wall_ms // MS_PER_DAY
        if today > self._day or (today < self._day and now.bound_ms is not None):
            self._day, self._ahead, self._stored = today, 0, 0
            self._bytes.begin(today)


def _nothing() -> tuple[int, int, DayBytes]:
    return 0, 0, DayBytes()


def _load(path: Path) -> tuple[int, int, DayBytes]:
    """Return the day, what may have been spent beyond its lines, and the lines.

    There is nothing of it where the file is missing or makes no sense.
    """
    try:
        first, *rest = path.read_text().splitlines()
        day, spent = map(int, first.split())
        known = DayBytes(tuple(map(_line, rest)))
    except (OSError, ValueError):
        return _nothing()
    return day, max(0, spent - known.of(day)), known


def _line(text: str) -> Line:
    day, *way, carried, count = text.split(" ")
    return Line(int(day), " ".join(way), Carried(carried), int(count))
