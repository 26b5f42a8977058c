"""Dates and times as receivers send them, and their leap seconds. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

NMEA_BEGAN = date(1983, 1, 1)  # the year of NMEA 0183's first edition

MICROSECONDS = 1_000_000  # in a second
HALF_DAY = 43_200 * MICROSECONDS

Dated = Callable[[date], date | None]
"""Makes of a received date the true one, or None where it cannot be true."""

_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(?:\.(\d{0,9}))?")
_DATE = re.compile(r"\d{6}")


def time_of_day(text: str) -> int | None:
    """Return microseconds of the UTC day of `hhmmss.sss`, or None when it is no time.

    A leap second's 23:59:60 is accepted and lies after 23:59:59.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(part) for part in match.group(1, 2, 3))
    fraction = int((match[4] or "")[:6].ljust(6, "0"))
    return (hours * 3600 + minutes * 60 + seconds) * MICROSECONDS + fraction


def date_of(text: str) -> date | None:
    """Return the date of `ddmmyy` (80 to 99 are of the 20th century), or None when it is none."""
    if _DATE.fullmatch(text) is None:
        return None
    day, month, year = int(text[:2]), int(text[2:4]), int(text[4:])
    try:
        return date(year + (1900 if year >= 80 else 2000), month, day)  # noqa: PLR2004  GPS began 1980
    except ValueError:
        return None


def as_received(day: date) -> date | None:
    """Return the date of a recording, whose age nobody knows; None before there was NMEA 0183."""
    return day if day >= NMEA_BEGAN else None


def utc(day: date, microseconds: int) -> datetime:
    """Join date and time of day; 23:59:60 becomes the last microsecond of its day."""
    midnight = datetime.combine(day, time(), UTC)
    last = timedelta(days=1) - timedelta(microseconds=1)
    return midnight + min(timedelta(microseconds=microseconds), last)
