"""Where the vehicle was, to the city or grid cell and the hour: records of their own. Pure.

A bundle can show these and keep the exact positions back. Whoever is shown both can apply the rule
again: each cell that a good position of the hour fell into, once, in an order that tells nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field

from evidence.leaf import Record, RecordValue
from foundation.dataclass import dataclass
from foundation.great_circle import arc

KIND, POSITION = "place", "position"
HOUR_MS = 3_600_000
MOST_CELLS = 256
"""Of one device in one hour: a truck on a 1 km grid passes 100; what jumps more is no journey."""

_SCALE = 10**7  # a position's integers, in 10^-7 degrees (drivers/gnss/kinds.py)
_TURN = 360 * _SCALE
_MEAN_RADIUS_KM = 6371.0  # IUGG mean radius, rounded
_CIRCUMFERENCE_KM = 2 * math.pi * _MEAN_RADIUS_KM


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A city or a cell of the grid: its middle in 10^-3 degrees, and its width in kilometres."""

    lat: int
    lon: int
    size: int
    name: str = ""

    def values(self, hour_ms: int) -> dict[str, RecordValue]:
        """Return the fields of the `place` record for an hour."""
        named: dict[str, RecordValue] = {"name": self.name} if self.name else {}
        return named | {"hour_ms": hour_ms, "lat": self.lat, "lon": self.lon, "size": self.size}


@dataclass(frozen=True, slots=True)
class City:
    """A circle with a name; degrees and kilometres."""

    name: str
    lat: float
    lon: float
    radius_km: float

    def holds(self, lat: float, lon: float) -> bool:
        """Tell whether a place in degrees lies within (haversine on the mean sphere)."""
        return _MEAN_RADIUS_KM * arc(lat, lon, self.lat, self.lon) <= self.radius_km

    @property
    def cell(self) -> Cell:
        """The city as a cell."""
        diameter = max(1, round(2 * self.radius_km))
        return Cell(round(self.lat * 1000), round(self.lon * 1000), diameter, self.name)


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells about `km` wide between circles of latitude; cities go first, in their order."""

    km: int
    cities: Sequence[City] = ()

    def cell(self, lat: int, lon: int) -> Cell:
        """Return the cell of a place in 10^-7 degrees, -90 to 90 and -180 to 180 of them."""
        for city in self.cities:
            if city.holds(lat / _SCALE, lon / _SCALE):
                return city.cell
        bands = max(1, round(_CIRCUMFERENCE_KM / 2 / self.km))
        north = _middle(lat + _TURN // 4, _TURN // 2, bands) - _TURN // 4
        around = math.cos(math.radians(north / _SCALE)) * _CIRCUMFERENCE_KM
        cells = max(1, round(around / self.km))
        east = _middle((lon + _TURN // 2) % _TURN, _TURN, cells) - _TURN // 2
        return Cell(_thousandths(north), _thousandths(east), self.km)


def _middle(at: int, whole: int, parts: int) -> int:
    """Return the middle of that one of the equal `parts` of [0, whole] that holds `at`."""
    index = min(at * parts // whole, parts - 1)
    return (2 * index + 1) * whole // (2 * parts)


def _thousandths(degrees: int) -> int:
    return round(degrees * 1000 / _SCALE)


@dataclass(slots=True)
class Places:
    """The cells of the hours that are not told yet: a fold over records, each once, in order."""

    grid: Grid
    _open: dict[tuple[int, str], set[Cell]] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        """Fold one more record in. Positions that are doubtful, or of an unknown time, are left."""
        good = record.quality == "ok" and record.clock_bound_ms is not None
        if record.kind == KIND:
            self._told(record)
        elif record.kind == POSITION and good:
            self._seen(record)

    def _seen(self, record: Record) -> None:
        lat, lon = (_whole(record.values.get(name)) for name in ("lat", "lon"))
        if abs(lat) > _TURN // 4 or abs(lon) > _TURN // 2:
            return
        hour = record.wall_ms // HOUR_MS * HOUR_MS
        cells = self._open.setdefault((hour, record.device), set())
        if len(cells) < MOST_CELLS:
            cells.add(self.grid.cell(lat, lon))

    def _told(self, record: Record) -> None:
        hour = record.values.get("hour_ms")
        if isinstance(hour, int):
            cells = self._open.get((hour, record.device), set())
            told = [cell for cell in cells if cell.values(hour) == dict(record.values)]
            cells.difference_update(told)

    def due(self, now_ms: int) -> list[tuple[str, dict[str, RecordValue]]]:
        """Take what hours that are over have to tell: devices, and fields of `place` records."""
        over = sorted(key for key in self._open if key[0] + HOUR_MS <= now_ms)
        return [
            (device, cell.values(hour))
            for hour, device in over
            for cell in sorted(self._open.pop((hour, device)))
        ]


def _whole(value: RecordValue | None) -> int:
    """Return a field's integer; one beyond every place on earth where it has none."""
    return value if isinstance(value, int) else _TURN
