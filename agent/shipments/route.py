"""How far a vehicle went, by the believed positions of one receiver. Pure.

Where no position is known for longer than one is worth, the line straight across is told apart:
the vehicle went that far at least.
"""

from __future__ import annotations

import math

from agent.rules.valid_time import BELIEVED, Sample
from agent.shipments.held import Held, known
from drivers.kinds import KINDS
from evidence.leaf import Record
from foundation.dataclass import dataclass
from foundation.great_circle import arc

POSITION = "position"
EARTH_RADIUS = 6_371_008.8  # m, mean radius of WGS 84 (IUGG)
STILL = 50.0  # m that positions of a parked vehicle wander, between walls

_LAT = KINDS[POSITION].field("lat")
assert _LAT is not None
_DEGREES: int = 10**-_LAT.scale  # stored units in one degree


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a vehicle was: degrees north and east, UTC ms as recorded, and by which record."""

    lat: float
    lon: float
    wall_ms: int
    number: int

    def metres(self, other: Fix) -> float:
        """Return the way along the great circle to another."""
        return EARTH_RADIUS * arc(self.lat, self.lon, other.lat, other.lon)


@dataclass(frozen=True, slots=True)
class Travelled:
    """The way of one leg, metres; times in ms.

    `across` is the straight lines over stretches without positions, not part of `distance`.
    """

    device: str
    fixes: int
    distance: float
    across: float
    valid_ms: int
    unknown_ms: int
    start: Fix | None
    end: Fix | None


MOST_LAT, MOST_LON = 90.0, 180.0  # degrees


def fix_of(record: Record) -> Fix | None:
    """Return where a `position` record says that the vehicle was, if it is to be believed."""
    lat, lon = record.values.get("lat"), record.values.get("lon")
    if record.quality not in BELIEVED or not isinstance(lat, int) or not isinstance(lon, int):
        return None
    fix = Fix(lat / _DEGREES, lon / _DEGREES, record.wall_ms, record.number)
    on_earth = abs(fix.lat) <= MOST_LAT and abs(fix.lon) <= MOST_LON
    return fix if on_earth else None


class Route:
    """The positions of one receiver on one leg: a fold."""

    def __init__(self, device: str, start: int, reach: int) -> None:
        self.device = device
        self._reach = reach
        self._held = Held(start, reach)
        self._hops: list[float] = []
        self._across: list[float] = []
        self._fixes: list[Fix] = []  # the first and the last
        self._count = 0
        self._anchor: Fix | None = None  # up to where the way is counted
        self._last: tuple[Fix, int] | None = None

    def take(self, record: Record, at: int) -> None:
        """Take one more `position` record, of a moment on the line of time."""
        fix = fix_of(record)
        self._held.take(Sample(at, None if fix is None else 1.0))
        if fix is None:
            return
        self._count += 1
        self._fixes[1:] = [fix]
        self._go(fix, at)
        self._last = fix, at

    def lose(self, moment: int) -> None:
        """Have nobody know the position from a moment on, nor for how long."""
        self._held.lose(moment)
        if self._last is not None:
            self._last = self._last[0], moment - self._reach - 1

    def _go(self, fix: Fix, at: int) -> None:
        if self._anchor is None or self._last is None:
            self._anchor = fix
            return
        before, moment = self._last
        if at - moment > self._reach:
            self._across.append(before.metres(fix))
            self._anchor = fix
        elif (metres := self._anchor.metres(fix)) >= STILL:
            self._hops.append(metres)
            self._anchor = fix

    def finish(self, moment: int) -> Travelled:
        """Return the way of the leg that ends at a moment."""
        self._held.pass_until(moment)
        return Travelled(
            device=self.device,
            fixes=self._count,
            distance=math.fsum(self._hops),
            across=math.fsum(self._across),
            valid_ms=sum(known(self._held.times).values()),
            unknown_ms=self._held.times[None],
            start=self._fixes[0] if self._fixes else None,
            end=self._fixes[-1] if self._fixes else None,
        )

    def cut(self, moment: int) -> Route:
        """Return what goes on in the leg that begins at a moment."""
        rest = Route(self.device, moment, self._reach)
        rest._held = self._held.cut(moment)
        rest._anchor, rest._last = self._anchor, self._last
        return rest


def travelled_in_all(legs: list[Travelled]) -> Travelled:
    """Return the way of several legs of one receiver, at least one, in their order."""
    known_ends = [each for each in legs if each.start is not None]
    return Travelled(
        device=legs[0].device,
        fixes=sum(each.fixes for each in legs),
        distance=math.fsum(each.distance for each in legs),
        across=math.fsum(each.across for each in legs),
        valid_ms=sum(each.valid_ms for each in legs),
        unknown_ms=sum(each.unknown_ms for each in legs),
        start=known_ends[0].start if known_ends else None,
        end=known_ends[-1].end if known_ends else None,
    )
