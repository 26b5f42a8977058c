"""One NMEA sentence → what it says. Pure; pynmea2 knows the fields' order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pynmea2

from drivers.errors import BadFrame
from drivers.gnss.dates import date_of, time_of_day

KNOT = 1852 / 3600  # m/s, by definition
KMH = 1 / 3.6  # m/s

# NMEA 0183, GGA field 6; 0 is no fix.
GGA_QUALITY = {
    "1": "autonomous",
    "2": "dgps",
    "3": "pps",
    "4": "rtk",
    "5": "rtk-float",
    "6": "estimated",
    "7": "manual",
    "8": "simulated",
}
# NMEA 0183 mode indicator, best first; N is no fix.
MODES = {
    "R": "rtk",
    "F": "rtk-float",
    "P": "pps",
    "D": "dgps",
    "A": "autonomous",
    "E": "estimated",
    "M": "manual",
    "S": "simulated",
}

_DIRECTIONS = {(north, east) for north in "NS" for east in "EW"}


@dataclass(frozen=True, slots=True)
class Observation:
    """What one sentence says; None where it says nothing.

    `valid` is whether there is a fix. `time` is in microseconds of the UTC day. `lat` and `lon` in
    degrees, `altitude` in m above mean sea level, `speed` in m/s, `course` in degrees from true
    north. `dimensions` is 2 or 3. `in_view` names a constellation's signal and its satellites.
    """

    formatter: str
    time: int | None = None
    date: date | None = None
    valid: bool | None = None
    fix: str | None = None
    lat: float | None = None
    lon: float | None = None
    altitude: float | None = None
    speed: float | None = None
    course: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    dimensions: int | None = None
    in_view: tuple[str, int] | None = None


def decode(sentence: str) -> Observation | None:
    """Return what `sentence` (without `$` and checksum) says, or None for a type not used here.

    Raises BadFrame when its fields cannot be what they should be.
    """
    formatter = sentence[2:5]
    decoder = _DECODERS.get(formatter)
    if decoder is None or sentence.startswith("P") or sentence[5:6] != ",":
        return None
    try:
        return decoder(pynmea2.parse(sentence))
    except ValueError as error:
        raise BadFrame(f"unreadable {formatter} sentence: {error}") from error


def _gga(message: pynmea2.GGA) -> Observation:
    fix = GGA_QUALITY.get(_text(message, "gps_qual"))
    return _height_fix("GGA", message, fix, hdop="horizontal_dil")


def _gns(message: pynmea2.GNS) -> Observation:
    letters = _text(message, "mode_indicator")
    fix = next((name for letter, name in MODES.items() if letter in letters), None)
    return _height_fix("GNS", message, fix, hdop="hdop")


def _height_fix(
    formatter: str, message: pynmea2.GGA | pynmea2.GNS, fix: str | None, *, hdop: str
) -> Observation:
    """Return what GGA and GNS tell alike; `hdop` is pynmea2's name of that field."""
    lat, lon = _position(message) if fix else (None, None)
    return Observation(
        formatter,
        time=_time(message),
        valid=fix is not None,
        fix=fix,
        lat=lat,
        lon=lon,
        altitude=_number(message, "altitude") if fix else None,
        hdop=_number(message, hdop),
        satellites=_count(message, "num_sats"),
    )


def _rmc(message: pynmea2.RMC) -> Observation:
    fix = _status_fix(message, "mode_indicator")
    lat, lon = _position(message) if fix else (None, None)
    speed = _number(message, "spd_over_grnd") if fix else None
    return Observation(
        "RMC",
        time=_time(message),
        date=date_of(_text(message, "datestamp")),
        valid=fix is not None,
        fix=fix,
        lat=lat,
        lon=lon,
        speed=None if speed is None else speed * KNOT,
        course=_number(message, "true_course") if fix else None,
    )


def _gll(message: pynmea2.GLL) -> Observation:
    fix = _status_fix(message, "faa_mode")
    lat, lon = _position(message) if fix else (None, None)
    return Observation("GLL", time=_time(message), valid=fix is not None, fix=fix, lat=lat, lon=lon)


def _vtg(message: pynmea2.VTG) -> Observation:
    knots, kmh = _number(message, "spd_over_grnd_kts"), _number(message, "spd_over_grnd_kmph")
    speed = None if knots is None else knots * KNOT
    if speed is None and kmh is not None:
        speed = kmh * KMH
    return Observation("VTG", speed=speed, course=_number(message, "true_track"))


def _gsa(message: pynmea2.GSA) -> Observation:
    dimensions = {"2": 2, "3": 3}.get(_text(message, "mode_fix_type"))
    return Observation("GSA", dimensions=dimensions, hdop=_number(message, "hdop"))


def _gsv(message: pynmea2.GSV) -> Observation:
    satellites = _count(message, "num_sv_in_view") or 0
    return Observation("GSV", in_view=(message.talker, satellites))


def _zda(message: pynmea2.ZDA) -> Observation:
    fields = [_text(message, name) for name in ("day", "month", "year")]
    day = None
    if all(field.isdecimal() for field in fields):
        number, month, year = map(int, fields)
        day = date(year, month, number)
    return Observation("ZDA", time=_time(message), date=day)


_DECODERS: dict[str, Callable[..., Observation]] = {
    "GGA": _gga,
    "GNS": _gns,
    "RMC": _rmc,
    "GLL": _gll,
    "VTG": _vtg,
    "GSA": _gsa,
    "GSV": _gsv,
    "ZDA": _zda,
}


def _status_fix(message: pynmea2.NMEASentence, mode_field: str) -> str | None:
    """Return the fix of a sentence with status A or V and, since NMEA 2.3, a mode letter."""
    mode = _text(message, mode_field) or "A"
    return MODES.get(mode) if _text(message, "status") == "A" else None


def _position(message: pynmea2.NMEASentence) -> tuple[float, float]:
    """Return degrees; pynmea2 itself would give 0.0 for an empty field."""
    directions = _text(message, "lat_dir"), _text(message, "lon_dir")
    if not (_text(message, "lat") and _text(message, "lon")):
        raise ValueError("a fix without a position")
    if directions not in _DIRECTIONS:
        raise ValueError(f"no such directions: {directions}")
    lat, lon = float(message.latitude), float(message.longitude)
    if abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004  degrees of arc
        raise ValueError(f"no such place: {lat}, {lon}")
    return lat, lon


def _time(message: pynmea2.NMEASentence) -> int | None:
    text = _text(message, "timestamp")
    moment = time_of_day(text)
    if text and moment is None:
        raise ValueError(f"no time of day: {text}")
    return moment


def _text(message: pynmea2.NMEASentence, name: str) -> str:
    """Return a field as it was sent; absent fields are empty."""
    index = message.name_to_idx[name]
    return str(message.data[index]) if index < len(message.data) else ""


def _number(message: pynmea2.NMEASentence, name: str) -> float | None:
    text = _text(message, name)
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{name} is {text}")
    return value


def _count(message: pynmea2.NMEASentence, name: str) -> int | None:
    text = _text(message, name)
    return int(text) if text else None
