"""Where a vehicle can be after where it was: what a fix is held against. Pure.

Time is the receiver's own, so that a recording is judged as it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.gnss.dates import HALF_DAY, MICROSECONDS
from drivers.gnss.geodesy import Place, Velocity, ahead, between, distance, heading
from drivers.gnss.sense import FASTEST, Fix

SCATTER = 100.0  # m between two fixes of a receiver at rest, in a street of high houses
PUSH = 10.0  # m/s²; no road vehicle brakes harder
CONFIRMED_AFTER = (
    60.0  # s in which fixes agree among themselves: then it is there, and was not here
)

FORESEEN = 11.0  # m, as much as sentences may differ; in 2 s a lorry that brakes leaves it
SOON = 3.0  # s ahead that a velocity says anything
JITTER = 0.05  # share of the period by which a receiver's own times may lie beside it
AT_REST = 1.0  # m/s; below it receivers leave the course out

ALONE = "in one sentence only, the others of its moment are damaged or missing"


@dataclass(frozen=True, slots=True)
class _Point:
    """A fix that counts, and the velocity it was left with, if known."""

    fix: Fix
    place: Place
    velocity: Velocity | None

    @classmethod
    def after(cls, before: _Point | None, fix: Fix) -> _Point:
        """Return the point of `fix`, where `before` is the point before it."""
        assert fix.place is not None
        return cls(fix, fix.place, _velocity(before, fix, fix.place))

    def jump(self, fix: Fix, place: Place) -> str:
        """Return in words that no vehicle comes there in that time, or nothing."""
        seconds = elapsed(self.fix, fix)
        if seconds is None:
            return ""
        moved = distance(self.place, place)
        told = [speed for speed in (self.fix.speed, fix.speed) if speed is not None]
        speed = min(FASTEST, max(told) + PUSH * seconds) if told else FASTEST
        if moved <= SCATTER + speed * seconds:
            return ""
        return f"{moved / 1000:.3g} km from where it was {seconds:.3g} s before"

    def leads_to(self, place: Place, seconds: float) -> bool:
        """Whether the velocity leads there, or nothing moved."""
        if self.velocity is None:
            return False
        expected = ahead(self.place, self.velocity, seconds)
        return min(distance(expected, place), distance(self.place, place)) <= FORESEEN


class Track:
    """The way of one receiver."""

    def __init__(self) -> None:
        self._here: _Point | None = None
        self._elsewhere: tuple[_Point, _Point] | None = None  # the first and the last point there
        self._period = math.inf  # s between epochs

    def doubt(self, fix: Fix, *, alone: bool) -> str:
        """Return why `fix`, sound in itself, is doubtful; where it is not, it counts from now on.

        `alone`: one sentence told it, where more were to be expected.
        """
        assert fix.place is not None
        jump = "" if self._here is None else self._here.jump(fix, fix.place)
        if jump and not self._lasts(fix, fix.place):
            return jump
        if not jump and alone and not self._foreseen(fix, fix.place):
            return ALONE
        self._follow(fix)
        return ""

    def _follow(self, fix: Fix) -> None:
        if self._here is not None and (seconds := elapsed(self._here.fix, fix)):
            self._period = min(self._period, seconds)
        self._here, self._elsewhere = _Point.after(self._here, fix), None

    def _lasts(self, fix: Fix, place: Place) -> bool:
        """Whether it has been elsewhere for so long that it is there."""
        first, last = self._elsewhere or (None, None)
        point = _Point.after(last, fix)
        if first is None or last is None or last.jump(fix, place):
            first = point
        self._elsewhere = first, point
        return (elapsed(first.fix, fix) or 0.0) >= CONFIRMED_AFTER

    def _foreseen(self, fix: Fix, place: Place) -> bool:
        """Whether it is where it was to be expected, at a moment at which one was."""
        seconds = elapsed(self._here.fix, fix) if self._here is not None else None
        if self._here is None or not seconds or seconds > SOON:
            return False
        beside = abs(math.remainder(seconds, self._period))
        return beside <= JITTER * self._period and self._here.leads_to(place, seconds)


def elapsed(earlier: Fix, later: Fix) -> float | None:
    """Return the seconds between two fixes, whichever was first; None where times are not told."""
    if earlier.utc is not None and later.utc is not None:
        return abs((later.utc - earlier.utc).total_seconds())
    if earlier.time is None or later.time is None:
        return None
    apart = abs(later.time - earlier.time)
    return min(apart, 2 * HALF_DAY - apart) / MICROSECONDS  # midnight may lie in between


def _velocity(before: _Point | None, fix: Fix, place: Place) -> Velocity | None:
    """Return what the fix says of it, else what lies between it and the point before."""
    if fix.speed is not None and fix.course is not None:
        return heading(fix.speed, fix.course)
    if fix.speed is not None and fix.speed < AT_REST:
        return Velocity(0.0, 0.0)
    seconds = elapsed(before.fix, fix) if before is not None else None
    if before is None or not seconds or seconds > SOON:
        return None
    return between(before.place, place, seconds)
