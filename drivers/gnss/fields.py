"""The fields of one NMEA 0183 sentence, as values; ValueError for what cannot be one. Pure."""

from __future__ import annotations

import re

import pynmea2

from drivers.gnss.dates import time_of_day

MINUTES = 60.0  # in a degree
POLE, DATE_LINE = 90.0, 180.0  # degrees

# Python's int() and float() also take 1_2, 1e5 and nan, which no receiver means.
_NUMBER = re.compile(r" *[+-]?(\d+\.?\d*|\.\d+) *")
_COUNT = re.compile(r" *\d+ *")
_ANGLE = re.compile(r"(\d{1,3})(\d\d\.\d+)")  # degrees and minutes, without a gap

_SIGNS = {"N": 1, "S": -1, "E": 1, "W": -1}
_DIRECTIONS = {(north, east) for north in "NS" for east in "EW"}


def text(message: pynmea2.NMEASentence, name: str) -> str:
    """Return a field as it was sent; absent fields are empty."""
    index = message.name_to_idx[name]
    return str(message.data[index]) if index < len(message.data) else ""


def behind(message: pynmea2.NMEASentence, place: int) -> str:
    """Return a field that pynmea2 has no name for, by its place behind the last that it has."""
    index = len(message.fields) + place
    return str(message.data[index]) if index < len(message.data) else ""


def number(message: pynmea2.NMEASentence, name: str) -> float | None:
    """Return a decimal number, or None where there is none."""
    found = text(message, name)
    if not found:
        return None
    if _NUMBER.fullmatch(found) is None:
        raise ValueError(f"{name} is {found}")
    return float(found)


def count(message: pynmea2.NMEASentence, name: str) -> int | None:
    """Return a whole number, or None where there is none."""
    found = text(message, name)
    if not found:
        return None
    if _COUNT.fullmatch(found) is None:
        raise ValueError(f"{name} is {found}")
    return int(found)


def time(message: pynmea2.NMEASentence) -> int | None:
    """Return microseconds of the UTC day, or None where there is no time."""
    found = text(message, "timestamp")
    moment = time_of_day(found)
    if found and moment is None:
        raise ValueError(f"no time of day: {found}")
    return moment


def position(message: pynmea2.NMEASentence) -> tuple[float, float]:
    """Return latitude and longitude in degrees; a fix must have both."""
    directions = text(message, "lat_dir"), text(message, "lon_dir")
    if directions not in _DIRECTIONS:
        raise ValueError(f"no such directions: {directions}")
    north, east = directions
    lat, lon = _degrees(text(message, "lat")), _degrees(text(message, "lon"))
    if lat > POLE or lon > DATE_LINE:
        raise ValueError(f"no such place: {lat} {north}, {lon} {east}")
    return _SIGNS[north] * lat, _SIGNS[east] * lon


def _degrees(angle: str) -> float:
    match = _ANGLE.fullmatch(angle)
    if match is None or float(match[2]) >= MINUTES:
        raise ValueError(f"no angle of degrees and minutes: {angle!r}")
    return float(match[1]) + float(match[2]) / MINUTES
