"""The date of one receiver, epoch after epoch. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from drivers.gnss.dates import HALF_DAY, MICROSECONDS, Dated

CONFIRMED_AFTER = 60 * MICROSECONDS  # in which another date stays the same: then it is the date
FORGOTTEN_AFTER = 43_200.0  # s without a sound epoch: midnight may have passed unseen
DAY = timedelta(days=1)


class _Known(NamedTuple):
    day: date
    time: int  # of the newest epoch of it, in microseconds of the day
    at: float


class Days:
    """Carries a date on over midnight, and doubts one that jumps.

    `dated` says what date a received one stands for (see `drivers.gnss.dates`).
    """

    def __init__(self, dated: Dated) -> None:
        self._dated = dated
        self._known: _Known | None = None
        self._other: _Known | None = None  # another date, where it was told first

    def of(self, received: date | None, time: int, at: float) -> tuple[date | None, str]:
        """Return the date of an epoch at `time`, if it is known, and why it is doubtful.

        The epoch counts for the next ones once it is kept.
        """
        carried = _carried(self._known, time, at)
        day = carried if received is None else self._dated(received)
        if day is None or carried in (None, day) or self._confirmed(day, time, at):
            return day, ""
        return day, f"the date {day}, where it was {carried} a moment before"

    def keep(self, day: date, time: int, at: float) -> None:
        """Take the date of an epoch that is sound in all."""
        self._known, self._other = _Known(day, time, at), None

    def _confirmed(self, day: date, time: int, at: float) -> bool:
        """Whether another date than the known one has lasted."""
        if _carried(self._other, time, at) != day:
            self._other = _Known(day, time, at)
        assert self._other is not None
        return (time - self._other.time) % (2 * HALF_DAY) >= CONFIRMED_AFTER


def _carried(known: _Known | None, time: int, at: float) -> date | None:
    """Return the date at `time`, next after what is known."""
    if known is None or at - known.at > FORGOTTEN_AFTER:
        return None
    return known.day + DAY if time < known.time - HALF_DAY else known.day
