"""A route in space and time for an emulated GNSS receiver."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

EARTH_RADIUS = 6_371_008.8  # m, mean radius of WGS 84 (IUGG)


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where the receiver is `at` seconds after the start; `fix` holds until the next waypoint."""

    at: float
    lat: float  # degrees
    lon: float  # degrees
    altitude: float = 0.0  # m above mean sea level
    fix: bool = True


@dataclass(frozen=True, slots=True)
class Motion:
    """The truth at one moment: degrees, m, m/s, degrees from true north."""

    lat: float
    lon: float
    altitude: float
    speed: float
    course: float
    fix: bool


def waypoints(route: str | Path | Sequence[Mapping[str, Any]]) -> tuple[Waypoint, ...]:
    """Return the waypoints of a TOML file (`[[waypoint]]`), a CSV file with a header, or a list.

    ValueError when there is none or when their times do not rise.
    """
    rows: Iterable[Mapping[str, Any]]
    rows = _rows(Path(route)) if isinstance(route, str | Path) else route
    try:
        points = tuple(_waypoint(row) for row in rows)
    except KeyError as error:
        raise ValueError(f"a waypoint of the route lacks {error}") from None
    if not points or any(later.at <= earlier.at for earlier, later in pairwise(points)):
        raise ValueError("a route needs waypoints with rising times `at`")
    return points


def motion(points: Sequence[Waypoint], at: float) -> Motion:
    """Return the motion `at` seconds after the start; before and after the route it stands."""
    for here, there in pairwise(points):
        if here.at <= at < there.at:
            return _between(here, there, at)
    end = points[-1] if at >= points[-1].at else points[0]
    return Motion(end.lat, end.lon, end.altitude, 0.0, 0.0, end.fix)


def _between(here: Waypoint, there: Waypoint, at: float) -> Motion:
    seconds = there.at - here.at
    share = (at - here.at) / seconds
    north = math.radians(there.lat - here.lat) * EARTH_RADIUS
    east = math.radians(there.lon - here.lon) * EARTH_RADIUS * math.cos(math.radians(here.lat))
    return Motion(
        lat=here.lat + share * (there.lat - here.lat),
        lon=here.lon + share * (there.lon - here.lon),
        altitude=here.altitude + share * (there.altitude - here.altitude),
        speed=math.hypot(north, east) / seconds,
        course=math.degrees(math.atan2(east, north)) % 360.0,
        fix=here.fix,
    )


def _rows(path: Path) -> list[Mapping[str, Any]]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    rows: list[Mapping[str, Any]] = tomllib.loads(path.read_text()).get("waypoint", [])
    return rows


def _waypoint(row: Mapping[str, Any]) -> Waypoint:
    """Read one row; CSV gives text, TOML numbers and booleans."""
    return Waypoint(
        at=float(row["at"]),
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        altitude=float(row.get("altitude") or 0.0),
        fix=str(row.get("fix", "true")).lower() in {"true", "1", "yes", ""},
    )
