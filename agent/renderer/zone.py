"""Moments as people of a place read them: local time with its offset, and UTC beside it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from agent.renderer.markup import NOTHING, Html, element, joined

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)
DAY = 86_400_000  # ms; no place changes its clocks twice in one
MOST_DAYS = 3660
"""What is looked through for changes: no journey is longer, and a wrong clock must cost nothing."""


class Change(NamedTuple):
    """The clocks of a place go over from one offset to another, both in minutes, at `at` ms."""

    at: int
    before: int
    after: int


class Zone:
    """Local time of a place; without `info` that of the machine."""

    def __init__(self, info: tzinfo | None = None) -> None:
        self._info = info

    def local(self, ms: int) -> datetime | None:
        """Return the local time of a moment, ms of UTC; None where no year fits."""
        try:
            return (_EPOCH + ms * _MS).astimezone(self._info)
        except (OverflowError, OSError, ValueError):
            return None

    def offset(self, ms: int) -> int:
        """Return local time minus UTC at a moment, in minutes."""
        local = self.local(ms)
        offset = None if local is None else local.utcoffset()
        return 0 if offset is None else offset // _MINUTE

    def changes(self, start: int, end: int) -> list[Change]:
        """Return each change of the offset between two moments."""
        found = []
        for day in range(start, min(end, start + MOST_DAYS * DAY), DAY):
            later = min(day + DAY, end)
            before, after = self.offset(day), self.offset(later)
            if before != after:
                found.append(Change(self._first(day, later), before, after))
        return found

    def _first(self, low: int, high: int) -> int:
        """Return the first moment of the new offset, of one change between `low` and `high`."""
        before = self.offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.offset(middle) == before else (low, middle)
        return high


def offset_words(minutes: int) -> str:
    """Return an offset as ISO 8601 has it, +01:00."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def stamp(zone: Zone, ms: int | None, unknown: str) -> Html:
    """Return a moment: local time with its offset, and UTC; `unknown` in words for None."""
    local = None if ms is None else zone.local(ms)
    if ms is None:
        return element("span", unknown)
    if local is None:
        return element("span", f"{ms} ms")
    utc = local.astimezone(UTC)
    told = f"{utc:%Y-%m-%d %H:%M:%S}" if utc.date() != local.date() else f"{utc:%H:%M:%S}"
    shown = f"{local:%Y-%m-%d %H:%M:%S} {offset_words(zone.offset(ms))}"
    machine = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    beside = NOTHING if not zone.offset(ms) else joined((" ", element("small", f"{told} UTC")))
    return joined((element("time", shown, datetime=machine), beside))
