"""One NMEA sentence → what it says. Pure; pynmea2 knows the fields' order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pynmea2

from drivers.errors import BadFrame
from drivers.gnss import fields
from drivers.gnss.dates import date_of

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
UNMEASURED = ("simulated", "manual", "estimated")
"""Fixes that no satellite gave, the worst first: where one sentence says so, another that cannot
tell them apart (GGA of old receivers) is wrong."""

UNSAFE = (
    "U"  # NMEA 0183 4.10, navigational status: the error may exceed what the receiver was set to
)

_ADDRESS = re.compile(r"[A-OQ-Z][A-Z0-9][A-Z]{3}")  # talker and formatter; P is proprietary
_YEAR, _DAY = re.compile(r"\d{4}"), re.compile(r"\d{1,2}")


@dataclass(frozen=True, slots=True)
class Observation:
    """What one sentence says; None where it says nothing.

    `valid` is whether there is a fix. `time` is in microseconds of the UTC day. `lat` and `lon` in
    degrees, `altitude` in m above mean sea level, `speed` in m/s, `course` in degrees from true
    north. `dimensions` is 1 (no fix), 2 or 3. `unsafe`: the receiver warns of its own fix.
    `in_view` names a constellation's signal and its satellites.
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
    unsafe: bool = False
    in_view: tuple[str, int] | None = None


def decode(sentence: str) -> Observation | None:
    """Return what `sentence` (without `$` and checksum) says, or None for a type not used here.

    Raises BadFrame when its fields cannot be what they should be.
    """
    address, *data = sentence.split(",")
    if _ADDRESS.fullmatch(address) is None or not data:
        return None
    talker, formatter = address[:2], address[2:]
    if formatter not in _DECODERS:
        return None
    order, decoder = _DECODERS[formatter]
    try:
        return decoder(order(talker, formatter, data))
    except ValueError as error:
        raise BadFrame(f"unreadable {formatter} sentence: {error}") from error


def worst(fixes: list[str]) -> str | None:
    """Return the fix that counts where several are told of one moment, the most exact first."""
    unmeasured = (fix for fix in UNMEASURED if fix in fixes)
    return next(unmeasured, fixes[0] if fixes else None)


def _gga(message: pynmea2.GGA) -> Observation:
    fix = GGA_QUALITY.get(fields.text(message, "gps_qual"))
    return _height_fix("GGA", message, fix, hdop="horizontal_dil")


def _gns(message: pynmea2.GNS) -> Observation:
    letters = fields.text(message, "mode_indicator")
    fix = worst([name for letter, name in MODES.items() if letter in letters])
    unsafe = fields.behind(message, 0) == UNSAFE
    return _height_fix("GNS", message, fix, hdop="hdop", unsafe=unsafe)


def _height_fix(
    formatter: str,
    message: pynmea2.GGA | pynmea2.GNS,
    fix: str | None,
    *,
    hdop: str,
    unsafe: bool = False,
) -> Observation:
    """Return what GGA and GNS tell alike; `hdop` is pynmea2's name of that field."""
    lat, lon = fields.position(message) if fix else (None, None)
    return Observation(
        formatter,
        time=fields.time(message),
        valid=fix is not None,
        fix=fix,
        lat=lat,
        lon=lon,
        altitude=fields.number(message, "altitude") if fix else None,
        hdop=fields.number(message, hdop),
        satellites=fields.count(message, "num_sats"),
        unsafe=unsafe,
    )


def _rmc(message: pynmea2.RMC) -> Observation:
    fix = _status_fix(message, "mode_indicator")
    lat, lon = fields.position(message) if fix else (None, None)
    speed = fields.number(message, "spd_over_grnd") if fix else None
    return Observation(
        "RMC",
        time=fields.time(message),
        date=date_of(fields.text(message, "datestamp")),
        valid=fix is not None,
        fix=fix,
        lat=lat,
        lon=lon,
        speed=None if speed is None else speed * KNOT,
        course=fields.number(message, "true_course") if fix else None,
        unsafe=fields.text(message, "nav_status") == UNSAFE,
    )


def _gll(message: pynmea2.GLL) -> Observation:
    fix = _status_fix(message, "faa_mode")
    lat, lon = fields.position(message) if fix else (None, None)
    moment = fields.time(message)
    return Observation("GLL", time=moment, valid=fix is not None, fix=fix, lat=lat, lon=lon)


def _vtg(message: pynmea2.VTG) -> Observation:
    knots = fields.number(message, "spd_over_grnd_kts")
    kmh = fields.number(message, "spd_over_grnd_kmph")
    speed = None if knots is None else knots * KNOT
    if speed is None and kmh is not None:
        speed = kmh * KMH
    return Observation("VTG", speed=speed, course=fields.number(message, "true_track"))


def _gsa(message: pynmea2.GSA) -> Observation:
    dimensions = {"1": 1, "2": 2, "3": 3}.get(fields.text(message, "mode_fix_type"))
    return Observation("GSA", dimensions=dimensions, hdop=fields.number(message, "hdop"))


def _gsv(message: pynmea2.GSV) -> Observation:
    satellites = fields.count(message, "num_sv_in_view") or 0
    return Observation("GSV", in_view=(message.talker, satellites))


def _zda(message: pynmea2.ZDA) -> Observation:
    day, month, year = (fields.text(message, name) for name in ("day", "month", "year"))
    if not (day and month and year):
        return Observation("ZDA", time=fields.time(message))
    if not (_DAY.fullmatch(day) and _DAY.fullmatch(month) and _YEAR.fullmatch(year)):
        raise ValueError(f"no date: {day}, {month}, {year}")
    return Observation("ZDA", time=fields.time(message), date=date(int(year), int(month), int(day)))


_DECODERS: dict[str, tuple[type[pynmea2.TalkerSentence], Callable[..., Observation]]] = {
    "GGA": (pynmea2.GGA, _gga),
    "GNS": (pynmea2.GNS, _gns),
    "RMC": (pynmea2.RMC, _rmc),
    "GLL": (pynmea2.GLL, _gll),
    "VTG": (pynmea2.VTG, _vtg),
    "GSA": (pynmea2.GSA, _gsa),
    "GSV": (pynmea2.GSV, _gsv),
    "ZDA": (pynmea2.ZDA, _zda),
}


def _status_fix(message: pynmea2.NMEASentence, mode_field: str) -> str | None:
    """Return the fix of a sentence with status A or V and, since NMEA 2.3, a mode letter."""
    mode = fields.text(message, mode_field) or "A"
    return MODES.get(mode) if fields.text(message, "status") == "A" else None
