"""Times for people: local with offset, or UTC."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta, tzinfo

from agent.cli.errors import Mistake
from agent.records.convert import iso

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_time(wall_ms: int, *, utc: bool) -> str:
    """Return a moment as 2026-11-22 06:33:16.123 +01:00, or with UTC in the offset's place."""
    try:
        moment = _EPOCH + timedelta(milliseconds=wall_ms)
        local = moment if utc else moment.astimezone()
    except (OverflowError, OSError, ValueError):
        return f"{wall_ms} ms since 1970"
    text = local.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    offset = local.isoformat(timespec="milliseconds")[len(text) :]
    return f"{text} {'UTC' if utc else offset}"


def moment(text: str) -> int:
    """Return wall milliseconds of a time like 2026-11-22T06:30, local where it has no offset."""
    try:
        given = datetime.fromisoformat(text)
        first, second = (_ms(given.replace(fold=fold)) for fold in (0, 1))
    except (ValueError, OverflowError, OSError) as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time: write 2026-11-22, 2026-11-22T06:30 or 2026-11-22T06:30+01:00"
        ) from error
    if first != second:
        raise argparse.ArgumentTypeError(
            f"{text!r} is there twice or not at all, as clocks change then: add the offset, "
            f"{format_time(first, utc=False)[-6:]} or {format_time(second, utc=False)[-6:]}"
        )
    return first


def _ms(given: datetime) -> int:
    return (given.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)


def zone_named(name: str) -> tzinfo:
    """Return a time zone by its name; Mistake where this machine knows none of it."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  most verbs need none

    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Mistake(
            f"there is no time zone {name!r} here",
            advice="write it as Europe/Rome; where the machine has none, give times with offset",
        ) from None


def utc_iso(wall_ms: int) -> str:
    """Return a moment as ISO 8601 in UTC with milliseconds."""
    return iso(wall_ms)


def now_ms() -> int:
    """Return the machine's wall clock, in ms of UTC."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) // 1_000_000
