"""`+CCLK`, `+CTZV` and their like: the network's time. Pure.

3GPP TS 27.007 §8.15: `"yy/MM/dd,hh:mm:ss±zz"`, local time, zone in quarters of an hour. What a
modem shows before the network told it the time is its maker's first year.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from drivers.errors import BadFrame
from drivers.modem.answer import Model, NetworkTime
from drivers.modem.fields import at, texts

EARLIEST_ZONE, LATEST_ZONE = -48, 56  # quarters of an hour: UTC-12:00 and UTC+14:00
QUARTER = 15  # minutes
CENTURY_TURNS = 70  # two digits from 70 on are of the 20th century: 1970 and 1980 are first years
LATEST_YEAR = 2099  # the last that two digits can mean
NEVER_SET_BEFORE = 2010  # clocks begin in 1970, 1980, 2000, 2002 and 2004

NO_ZONE = "the zone is not told"
BAD_ZONE = "no zone of the earth"
NEVER_SET = "the clock was never set"
UTC_OR_LOCAL = "UTC or local time: what was asked for is not known"

_STAMP = re.compile(
    r"(\d{2}|\d{4})[/-](\d{1,2})[/-](\d{1,2})[, ]\s*(\d{1,2}):(\d{2}):(\d{2})(?:\.\d{1,3})?"
    r"(?:\s*([+-]\d{1,3}))?(?:,\s*\d{1,2})?"
)
_SHORT = re.compile(r"(\d{2,4}/\d{1,2}/\d{1,2},\d{1,2}:\d{2}:\d{2}),([+-]\d{1,3})(?:,\d)?")
_ZONE = re.compile(r"[+-]?\d{1,3}")


def cclk(text: str, model: Model | None = None) -> NetworkTime:
    """Read `+CCLK` and what is written alike: local time with its zone, with or without quotes."""
    local, zone = _stamp(text)
    return _told(local, zone)


def universal(text: str, model: Model | None = None) -> NetworkTime:
    """Read a line whose time is UTC and whose zone only tells what is local: `AT+QLTS=1`."""
    moment, zone = _stamp(text)
    return _universal(moment, zone)


def unsure(text: str) -> NetworkTime:
    """Read a line whose time is UTC or local by a command that is not known."""
    moment, quarters = _stamp(text)
    return NetworkTime(None, moment, _zone(quarters), UTC_OR_LOCAL)


def ctzv(text: str, model: Model | None = None) -> NetworkTime:
    """Read `+CTZV: zone…`: the zone alone, as makers disagree on what follows."""
    if _STAMP.fullmatch(text.replace('"', "").strip()):
        return unsure(text)
    zone = _zone(texts(text)[0])
    return NetworkTime(zone=zone, problem=BAD_ZONE if zone is None else None)


def ctze(text: str, model: Model | None = None) -> NetworkTime:
    """Read `+CTZE: zone,dst[,"local time"]`, §8.41."""
    found = texts(text, 2)
    if not at(found, 2):
        return ctzv(found[0])
    local, _ = _stamp(found[2])
    return _told(local, found[0])


def ctzeu(text: str, model: Model | None = None) -> NetworkTime:
    """Read `+CTZEU: zone,dst[,"UTC"]`, §8.41."""
    found = texts(text, 2)
    if not at(found, 2):
        return ctzv(found[0])
    moment, _ = _stamp(found[2])
    return _universal(moment, found[0])


def psuttz(text: str, model: Model | None = None) -> NetworkTime:
    """Read SIM800's `*PSUTTZ: year,month,day,hour,minute,second,"zone",dst`: UTC.

    SIM7000's `yy/MM/dd,hh:mm:ss","zone",dst` has another form and may have another meaning.
    """
    if (short := _SHORT.fullmatch(text.replace('"', "").strip())) is not None:
        return unsure(f"{short[1]}{short[2]}")
    *parts, zone = texts(text, 7)[:7]
    return _universal(_moment(parts), zone)


def _stamp(text: str) -> tuple[datetime, str]:
    """Return the time of a line as it stands there, and the text of its zone."""
    match = _STAMP.fullmatch(text.replace('"', "").strip())
    if match is None:
        raise BadFrame(f"no date and time: {text[:40]!r}")
    return _moment(list(match.groups()[:6])), match[7] or ""


def _moment(parts: list[str]) -> datetime:
    """Return year, month, day, hour, minute and second as a time without a zone."""
    try:
        year, month, day, hour, minute, second = (int(part) for part in parts)
        if year < 100:  # noqa: PLR2004  two digits
            year += 1900 if year >= CENTURY_TURNS else 2000
        if year > LATEST_YEAR:
            raise ValueError(year)  # noqa: TRY301
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  its zone comes apart
    except (ValueError, OverflowError):
        raise BadFrame(f"no date and time: {parts!r}"[:80]) from None


def _told(local: datetime, quarters: str) -> NetworkTime:
    """Return what a local time and its zone say of UTC."""
    zone = _zone(quarters)
    problem = _problem(local, quarters, zone)
    if problem is not None or zone is None:
        return NetworkTime(None, local, zone, problem)
    return NetworkTime(local.replace(tzinfo=UTC) - timedelta(minutes=zone), local, zone)


def _universal(moment: datetime, quarters: str) -> NetworkTime:
    zone = _zone(quarters)
    if moment.year < NEVER_SET_BEFORE:
        return NetworkTime(None, None, zone, NEVER_SET)
    local = None if zone is None else moment + timedelta(minutes=zone)
    return NetworkTime(moment.replace(tzinfo=UTC), local, zone)


def _problem(local: datetime, quarters: str, zone: int | None) -> str | None:
    if local.year < NEVER_SET_BEFORE:
        return NEVER_SET
    if zone is None:
        return BAD_ZONE if quarters else NO_ZONE
    return None


def _zone(quarters: str) -> int | None:
    """Return a zone in minutes, or None where it is none of the earth."""
    if _ZONE.fullmatch(quarters) is None:
        return None
    value = int(quarters)
    return QUARTER * value if EARLIEST_ZONE <= value <= LATEST_ZONE else None
