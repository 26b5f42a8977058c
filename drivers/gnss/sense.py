"""What makes a single fix doubtful, whatever its receiver says of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from drivers.gnss.geodesy import Place

WORST_HDOP = 20.0  # beyond it positions are hundreds of metres off; 99.99 stands for "none"
FASTEST = 515.0  # m/s: 1,000 knots, beyond which civil receivers must not work (export rules)
FULL_CIRCLE = 360.0  # degrees
LOWEST, HIGHEST = -1_000.0, 50_000.0  # m: no mine of ours is deeper, no balloon went higher
MOST_SATELLITES = 200  # all that there are, and some


@dataclass(frozen=True, slots=True)
class Fix:
    """One epoch: where the receiver was, or that it did not know (`lat` and `lon` are None).

    `fix` is none, 2d, 3d, dgps, pps, rtk, rtk-float, estimated, manual or simulated. `time` is in
    microseconds of the UTC day. `utc` is None without a fix, as the time may then be the
    receiver's guess, and while no date was received that can be true. `at` is when the epoch's
    first sentence came, in seconds of the clock given to `Epochs.feed`. Units as in `Observation`;
    `in_view` counts satellites. `problem` says why the position is doubtful.
    """

    at: float
    fix: str
    time: int | None
    in_view: int
    utc: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    altitude: float | None = None
    speed: float | None = None
    course: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    problem: str | None = None

    @property
    def place(self) -> Place | None:
        """Where, if anywhere."""
        return None if self.lat is None or self.lon is None else Place(self.lat, self.lon)


def nonsense(fix: Fix) -> Iterator[str]:
    """Yield all that no vehicle's position can be."""
    if fix.lat == 0 and fix.lon == 0:
        yield "exactly 0°, 0°, where receivers begin that know nothing"
    if fix.hdop is not None and not 0 <= fix.hdop < WORST_HDOP:
        yield f"HDOP {fix.hdop:g}"
    if fix.speed is not None and not 0 <= fix.speed <= FASTEST:
        yield f"a speed of {fix.speed:,.1f} m/s"
    if fix.course is not None and not 0 <= fix.course <= FULL_CIRCLE:
        yield f"a course of {fix.course:g}°"
    if fix.altitude is not None and not LOWEST <= fix.altitude <= HIGHEST:
        yield f"an altitude of {fix.altitude:,.1f} m"
    if fix.satellites is not None and not 0 < fix.satellites <= MOST_SATELLITES:
        yield f"a fix by {fix.satellites:.6g} satellites"
