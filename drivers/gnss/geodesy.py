"""Distances on the ground, good enough to tell sense from nonsense: the mean sphere. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

from foundation.great_circle import arc

EARTH_RADIUS = 6_371_008.8  # m, mean radius of WGS 84 (IUGG)


class Place(NamedTuple):
    """Latitude and longitude in degrees, north and east positive."""

    lat: float
    lon: float


class Velocity(NamedTuple):
    """Over ground, in m/s."""

    north: float
    east: float


def distance(one: Place, other: Place) -> float:
    """Return metres along the great circle (haversine)."""
    return EARTH_RADIUS * arc(one.lat, one.lon, other.lat, other.lon)


def apart(one: Place, other: Place) -> float:
    """Return the larger difference of latitude or longitude, in degrees."""
    east = abs(one.lon - other.lon)
    return max(abs(one.lat - other.lat), min(east, 360.0 - east))


def heading(speed: float, course: float) -> Velocity:
    """Return the velocity of a speed in m/s and a course in degrees from true north."""
    return Velocity(speed * math.cos(math.radians(course)), speed * math.sin(math.radians(course)))


def between(one: Place, other: Place, seconds: float) -> Velocity:
    """Return the velocity that leads from one place to a near one."""
    metres = math.radians(1.0) * EARTH_RADIUS  # of one degree of latitude
    east = math.remainder(other.lon - one.lon, 360.0) * math.cos(math.radians(one.lat))
    return Velocity((other.lat - one.lat) * metres / seconds, east * metres / seconds)


def ahead(place: Place, velocity: Velocity, seconds: float) -> Place:
    """Return where a velocity leads to in a short time; at a pole it stands still."""
    degrees = math.degrees(seconds / EARTH_RADIUS)
    narrow = math.cos(math.radians(place.lat))
    east = velocity.east * degrees / narrow if narrow > 1e-6 else 0.0  # noqa: PLR2004  6 m off a pole
    return Place(place.lat + velocity.north * degrees, place.lon + east)
