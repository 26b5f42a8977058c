"""`+CGPSINFO`, `+CGNSSINFO`, `+CGNSINF`, `+QGPSLOC` …: the modem's own GNSS. Pure.

Each model has another order, other units, and degrees or degrees and minutes. A line without a fix
has no position, whatever numbers stand in it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from drivers.errors import BadFrame
from drivers.modem.answer import Model, Position
from drivers.modem.fields import at, number, texts, within

KNOT = 1852 / 3600  # m/s
KMH = 1 / 3.6  # m/s
FIXES = {"2": "2d", "3": "3d"}

# Degrees have up to three digits before the point, degrees and minutes have two more.
_LAT_MINUTES = re.compile(r"(\d{1,2})(\d{2}\.\d+|\d{2})")
_LON_MINUTES = re.compile(r"(\d{1,3})(\d{2}\.\d+|\d{2})")
_DEGREES = re.compile(r"\d{1,3}(?:\.\d+)?")
_JOINED = re.compile(r"(\d{3,5}(?:\.\d+)?)([NSEW])")
_CLOCK = re.compile(r"([01]\d|2[0-3]):?([0-5]\d):?([0-5]\d)(?:\.(\d{1,6}))?")
_DDMMYY = re.compile(r"(\d{2})(\d{2})(\d{2})")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{6}(?:\.\d{1,6})?)")

LAT_DEGREES = 2  # digits before the point at most: with more there are minutes behind them


class _Place(NamedTuple):
    lat: float
    lon: float


def cgpsinfo(text: str, model: Model | None = None) -> Position:
    """Read SIM7600's `+CGPSINFO: lat,N,lon,E,ddmmyy,hhmmss.s,altitude,knots,course`."""
    found = texts(text, 9)
    place = _hemispheres(found[0:4])
    if place is None:
        return Position()
    altitude, speed, course = (number(each) for each in found[6:9])
    return _position(place, None, _utc(found[4], found[5]), altitude, _times(speed, KNOT), course)


def cgnssinfo(text: str, model: Model | None = None) -> Position:
    """Read SIMCom's `+CGNSSINFO: mode,satellites…,lat,N,lon,E,ddmmyy,hhmmss.s,altitude,knots,…`.

    Three or four counts of satellites stand before the latitude, by model; which is told from where
    the hemisphere stands. The A76xx counts in degrees and leaves `mode` empty.
    """
    found = texts(text, 9)
    north = next((index for index in (5, 6) if at(found, index) in {"N", "S"}), None)
    if north is None:
        return Position()
    mode, first = found[0], north - 1
    place = _hemispheres(found[first : first + 4])
    if place is None or (mode and mode not in FIXES):
        return Position()
    rest = found[first + 4 :]
    date, clock, altitude, speed, course, _, hdop = (at(rest, each) for each in range(7))
    told = at(rest, 8)  # how many are used, where a model says so, else how many of each system
    counted = [number(each) for each in ([told] if told else found[1:first])]
    used = sum(int(each) for each in counted if each is not None)
    return _position(
        place,
        FIXES.get(mode),
        _utc(date, clock),
        number(altitude),
        _times(number(speed), KNOT),
        number(course),
        number(hdop),
        used or None,
    )


def cgnsinf(text: str, model: Model | None = None) -> Position:
    """Read SIM7070's and SIM808's `+CGNSINF: run,fix,UTC,lat,lon,altitude,km/h,course,…`."""
    found = texts(text, 3)
    if found[0] not in {"0", "1"}:
        raise BadFrame(f"no state of a GNSS: {text[:40]!r}")
    if found[1] != "1" or found[0] != "1":
        return Position()
    place = _signed(at(found, 3), at(found, 4))
    if place is None:
        return Position()
    match = _STAMP.fullmatch(found[2])
    utc = None if match is None else _moment(match[1], match[2], match[3], match[4])
    altitude, speed, course = (number(at(found, each)) for each in (5, 6, 7))
    used = number(at(found, 15))
    return _position(
        place,
        None,
        utc,
        altitude,
        _times(speed, KMH),
        course,
        number(at(found, 10)),
        None if used is None else int(used),
    )


def qgpsloc(text: str, model: Model | None = None) -> Position:
    """Read Quectel's `+QGPSLOC` and Telit's `$GPSACP`, whose fields are the same.

    `hhmmss.s,lat,lon,hdop,altitude,fix,course,km/h,knots,ddmmyy,satellites`; latitude and
    longitude in degrees, as ddmm.mmmmN, or as two fields each, by the mode that was asked for.
    """
    found = texts(text, 11)
    if at(found, 2) in {"N", "S"}:
        place, rest = _hemispheres(found[1:5]), found[5:]
    elif _JOINED.fullmatch(found[1]):
        place, rest = _joined(found[1], found[2]), found[3:]
    else:
        place, rest = _signed(found[1], found[2]), found[3:]
    hdop, altitude, fix, course, kmh, _, date, used = (at(rest, each) for each in range(8))
    if place is None or fix not in FIXES:
        return Position()
    counted = number(used)
    return _position(
        place,
        FIXES[fix],
        _utc(date, found[0]),
        number(altitude),
        _times(number(kmh), KMH),
        number(course),
        number(hdop),
        None if counted is None else int(counted),
    )


def uuloc(text: str, model: Model | None = None) -> Position:
    """Read u-blox's `+UULOC: dd/mm/yyyy,hh:mm:ss.sss,lat,lon,altitude,uncertainty…`."""
    found = texts(text, 6)
    day, _, month_year = found[0].partition("/")
    month, _, year = month_year.partition("/")
    place = _signed(found[2], found[3])
    if place is None:
        return Position()
    return _position(place, None, _moment(year, month, day, found[1]), number(found[4]))


def _position(
    place: _Place,
    fix: str | None,
    utc: datetime | None,
    altitude: float | None = None,
    speed: float | None = None,
    course: float | None = None,
    hdop: float | None = None,
    satellites: int | None = None,
) -> Position:
    return Position(
        place.lat,
        place.lon,
        within(altitude, -1000.0, 50_000.0),
        speed,
        within(course, 0.0, 360.0),
        within(hdop, 0.0, 99.0),  # 99.99 stands for none
        satellites,
        fix,
        utc,
    )


def _hemispheres(found: list[str]) -> _Place | None:
    """Return the place of `lat,N,lon,E`; None where one of them is empty."""
    lat, north, lon, east = found
    if not lat or not lon:
        return None
    if north not in {"N", "S"} or east not in {"E", "W"}:
        raise BadFrame(f"no hemispheres: {','.join(found)[:60]!r}")
    minutes = len(lat.partition(".")[0]) > LAT_DEGREES
    return _checked(
        _angle(lat, _LAT_MINUTES, minutes=minutes) * (-1 if north == "S" else 1),
        _angle(lon, _LON_MINUTES, minutes=minutes) * (-1 if east == "W" else 1),
    )


def _joined(lat: str, lon: str) -> _Place | None:
    """Return the place of `ddmm.mmmmN,dddmm.mmmmE`."""
    first, second = _JOINED.fullmatch(lat), _JOINED.fullmatch(lon)
    if first is None or second is None:
        raise BadFrame(f"no latitude and longitude: {lat[:20]!r}, {lon[:20]!r}")
    return _hemispheres([first[1], first[2], second[1], second[2]])


def _signed(lat: str, lon: str) -> _Place | None:
    """Return the place of signed degrees; None where they are empty."""
    north, east = number(lat), number(lon)
    return None if north is None or east is None else _checked(north, east)


def _angle(text: str, pattern: re.Pattern[str], *, minutes: bool) -> float:
    if not minutes:
        if _DEGREES.fullmatch(text) is None:
            raise BadFrame(f"no degrees: {text[:20]!r}")
        return float(text)
    match = pattern.fullmatch(text)
    if match is None or float(match[2]) >= 60:  # noqa: PLR2004  minutes of a degree
        raise BadFrame(f"no degrees and minutes: {text[:20]!r}")
    return int(match[1]) + float(match[2]) / 60


def _checked(lat: float, lon: float) -> _Place:
    if abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004  degrees
        raise BadFrame(f"no place on earth: {lat:g}, {lon:g}")
    return _Place(lat, lon)


def _utc(ddmmyy: str, clock: str) -> datetime | None:
    match = _DDMMYY.fullmatch(ddmmyy)
    return None if match is None else _moment(f"20{match[3]}", match[2], match[1], clock)


def _moment(year: str, month: str, day: str, clock: str) -> datetime | None:
    """Return UTC, or None where it is no date and time: the position stands without."""
    match = _CLOCK.fullmatch(clock)
    if match is None:
        return None
    micro = (match[4] or "").ljust(6, "0")
    date_and_time = f"{year}-{month}-{day}T{match[1]}:{match[2]}:{match[3]}.{micro}+00:00"
    try:
        return datetime.fromisoformat(date_and_time)
    except ValueError:
        return None


def _times(value: float | None, unit: float) -> float | None:
    return None if value is None else value * unit
