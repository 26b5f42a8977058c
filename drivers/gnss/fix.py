"""Observations of one UTC epoch → at most one fix. Pure.

A receiver tells one solution in several sentences (GGA, RMC, GNS, GLL …). They belong together
when they carry the same time of day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from drivers.gnss.dates import HALF_DAY, unfold, utc
from drivers.gnss.decode import Observation

NO_FIX = "none"
POSITION = ("GGA", "GNS", "RMC", "GLL")  # say whether there is a fix; the most exact first
TIMED = (*POSITION, "ZDA")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fix:
    """One epoch: where the receiver was, or that it did not know (`lat` and `lon` are None).

    `fix` is none, 2d, 3d, dgps, pps, rtk, rtk-float, estimated, manual or simulated. `utc` is None
    without a fix, as the time may then be the receiver's guess, and while no date was received.
    `at` is when the epoch's first sentence came, in seconds of the clock given to `Epochs.feed`.
    Units as in `Observation`; `in_view` counts satellites.
    """

    at: float
    fix: str
    utc: datetime | None
    lat: float | None
    lon: float | None
    altitude: float | None
    speed: float | None
    course: float | None
    hdop: float | None
    satellites: int | None
    in_view: int


class Epochs:
    """Joins observations to epochs.

    Dates before `not_before` are taken for rolled-over weeks and moved on (see `dates.unfold`).
    """

    def __init__(self, not_before: date) -> None:
        self._not_before = not_before
        self._seen: dict[str, Observation] = {}
        self._time: int | None = None
        self._told = False
        self._began = 0.0
        self._known: tuple[date, int] | None = None  # date and time of the newest dated fix
        self._in_view: dict[str, int] = {}

    @property
    def pending(self) -> bool:
        """Whether an epoch has begun that was not told yet."""
        return not self._told and any(formatter in self._seen for formatter in POSITION)

    def feed(self, observation: Observation, at: float) -> Fix | None:
        """Add a sentence that came `at`; return the epoch before it when it begins a new one."""
        if observation.in_view is not None:
            talker, satellites = observation.in_view
            self._in_view[talker] = satellites
            return None
        finished = None
        if self._begins_epoch(observation):
            finished = self.flush()
            self._seen, self._time, self._told = {}, None, False
        if not any(formatter in self._seen for formatter in TIMED):
            self._began = at
        self._add(observation)
        return finished

    def flush(self) -> Fix | None:
        """Return the epoch so far, once: what still comes of it is not told again."""
        if not self.pending:
            return None
        self._told = True
        return self._merge()

    def _begins_epoch(self, observation: Observation) -> bool:
        if observation.formatter not in TIMED:
            return False
        if observation.time is not None:
            if self._time is not None:
                return observation.time != self._time
            return any(formatter in self._seen for formatter in POSITION)
        # A sentence without a time says "no fix": it does not belong to an epoch that has one.
        return observation.formatter in self._seen or self._valid()

    def _add(self, observation: Observation) -> None:
        before = self._seen.get(observation.formatter)
        # One GSA comes for each constellation: the one with the most dimensions counts.
        if before is None or (before.dimensions or 0) <= (observation.dimensions or 0):
            self._seen[observation.formatter] = observation
        if self._time is None:
            self._time = observation.time

    def _valid(self) -> bool:
        """Whether there is a fix: some sentence says so, and none says the contrary."""
        said = [valid for seen in self._seen.values() if (valid := seen.valid) is not None]
        return bool(said) and all(said)

    def _merge(self) -> Fix:
        in_view = sum(self._in_view.values())
        if not self._valid():
            return Fix(self._began, NO_FIX, None, None, None, None, None, None, None, None, in_view)
        best = next(seen for seen in self._in_order(*POSITION))
        altitude = _first(seen.altitude for seen in self._in_order("GGA", "GNS"))
        return Fix(
            at=self._began,
            fix=self._kind(best.fix, altitude),
            utc=self._utc(),
            lat=best.lat,
            lon=best.lon,
            altitude=altitude,
            speed=_first(seen.speed for seen in self._in_order("RMC", "VTG")),
            course=_first(seen.course for seen in self._in_order("RMC", "VTG")),
            hdop=_first(seen.hdop for seen in self._in_order("GGA", "GNS", "GSA")),
            satellites=_first(seen.satellites for seen in self._in_order("GNS", "GGA")),
            in_view=in_view,
        )

    def _kind(self, fix: str | None, altitude: float | None) -> str:
        if fix != "autonomous":
            return fix or NO_FIX
        dimensions = _first(seen.dimensions for seen in self._in_order("GSA"))
        if dimensions is None:
            dimensions = 2 if altitude is None else 3
        return f"{dimensions}d"

    def _utc(self) -> datetime | None:
        """Return date and time; a date once received is carried on over midnight."""
        if self._time is None:
            return None
        day = _first(seen.date for seen in self._in_order("RMC", "ZDA"))
        if day is not None:
            day = unfold(day, self._not_before)
        elif self._known is not None:
            day, time_then = self._known
            if self._time < time_then - HALF_DAY:
                day += timedelta(days=1)
        if day is None:
            return None
        self._known = day, self._time
        return utc(day, self._time)

    def _in_order(self, *formatters: str) -> Iterator[Observation]:
        return (self._seen[name] for name in formatters if name in self._seen)


def _first(values: Iterator[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
