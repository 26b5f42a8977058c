"""Arcs on a sphere, by the haversine formula. Pure."""

from __future__ import annotations

import math


def arc(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the angle between two places in degrees, as seen from the middle; in radians."""
    north, east = math.radians(other_lat - lat), math.radians(other_lon - lon)
    cosines = math.cos(math.radians(lat)) * math.cos(math.radians(other_lat))
    chord = math.sin(north / 2) ** 2 + cosines * math.sin(east / 2) ** 2
    return 2 * math.asin(math.sqrt(min(1.0, chord)))
