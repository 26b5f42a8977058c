"""The sentences of one UTC time. Pure.

A receiver tells one solution in several sentences (GGA, RMC, GNS, GLL …). They belong together
when they carry the same time of day, and then they must agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TypeVar

from drivers.gnss.decode import Observation, worst
from drivers.gnss.geodesy import Place, apart
from drivers.gnss.sense import Fix

NO_FIX = "none"
POSITION = ("GGA", "GNS", "RMC", "GLL")  # say whether there is a fix; the most exact first
TIMED = (*POSITION, "ZDA")
AGREE = 1e-4  # degrees, 11 m: receivers with two digits of minutes in GLL round that much

T = TypeVar("T")


class Epoch:
    """One of them; `told` is for whoever tells it."""

    def __init__(self) -> None:
        self.time: int | None = None
        self.witnesses = 0  # sentences that place it
        self.told = False
        self._began = 0.0
        self._seen: dict[str, Observation] = {}
        self._first: tuple[str, Place] | None = None
        self._disagreement = ""

    @property
    def pending(self) -> bool:
        """Whether there is something to tell that was not told yet."""
        return not self.told and any(formatter in self._seen for formatter in POSITION)

    @property
    def valid(self) -> bool:
        """Whether there is a fix: some sentence says so, and none says the contrary."""
        said = [valid for seen in self._seen.values() if (valid := seen.valid) is not None]
        return bool(said) and all(said)

    def ends_before(self, new: Observation) -> bool:
        """Whether a sentence belongs to the next one."""
        if new.formatter not in TIMED:
            return False
        again = new.formatter in self._seen
        if new.time is None:
            # A sentence without a time says "no fix": it does not belong to an epoch that has one.
            return again or self.valid
        if self.time is None:
            return any(formatter in self._seen for formatter in POSITION)
        # The time of a receiver without a fix may stand still.
        return new.time != self.time or (again and self.told and not self.valid)

    def add(self, new: Observation, at: float) -> None:
        """Take a sentence that came `at`."""
        if not any(formatter in self._seen for formatter in TIMED):
            self._began = at
        before = self._seen.get(new.formatter)
        # One GSA comes for each constellation: the one with the most dimensions counts.
        if before is None or (before.dimensions or 0) <= (new.dimensions or 0):
            self._seen[new.formatter] = new
        if self.time is None:
            self.time = new.time
        if new.lat is not None and new.lon is not None:
            self._compare(new.formatter, Place(new.lat, new.lon))

    def _compare(self, formatter: str, place: Place) -> None:
        self.witnesses += 1
        if self._first is None:
            self._first = formatter, place
        name, first = self._first
        if not self._disagreement and apart(first, place) > AGREE:
            self._disagreement = (
                f"{name} says {first.lat:.5f}°, {first.lon:.5f}°, "
                f"{formatter} {place.lat:.5f}°, {place.lon:.5f}°"
            )

    @property
    def date(self) -> date | None:
        """The date as it was received."""
        return _first(seen.date for seen in self._in_order("RMC", "ZDA"))

    def warnings(self) -> Iterator[str]:
        """Yield what its sentences say against the fix."""
        if self._disagreement:
            yield self._disagreement
        if any(seen.unsafe for seen in self._seen.values()):
            yield "the receiver calls it unsafe"
        if self._dimensions() == 1:
            yield "GSA says that there is no fix"

    def fix(self, in_view: int) -> Fix:
        """Return what they say together; the UTC and its own doubts are not in it."""
        if not self.valid:
            return Fix(self._began, NO_FIX, self.time, in_view)
        best = next(seen for seen in self._in_order(*POSITION))
        altitude = _first(seen.altitude for seen in self._in_order("GGA", "GNS"))
        return Fix(
            self._began,
            self._kind(altitude),
            self.time,
            in_view,
            lat=best.lat,
            lon=best.lon,
            altitude=altitude,
            speed=_first(seen.speed for seen in self._in_order("RMC", "VTG")),
            course=_first(seen.course for seen in self._in_order("RMC", "VTG")),
            hdop=_first(seen.hdop for seen in self._in_order("GGA", "GNS", "GSA")),
            satellites=_first(seen.satellites for seen in self._in_order("GNS", "GGA")),
        )

    def _kind(self, altitude: float | None) -> str:
        fix = worst([seen.fix for seen in self._in_order(*POSITION) if seen.fix])
        if fix != "autonomous":
            return fix or NO_FIX
        dimensions = self._dimensions()
        if dimensions in (None, 1):
            dimensions = 2 if altitude is None else 3
        return f"{dimensions}d"

    def _dimensions(self) -> int | None:
        return _first(seen.dimensions for seen in self._in_order("GSA"))

    def _in_order(self, *formatters: str) -> Iterator[Observation]:
        return (self._seen[name] for name in formatters if name in self._seen)


def _first(values: Iterator[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
