"""Moments as people of a place read them, with UTC beside where that differs."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from agent.renderer.zone import Change, Zone, offset_words, stamp

MS = 1_792_886_400_123  # 2026-10-25T00:00:00.123Z
HOUR, DAY = 3_600_000, 86_400_000
ROME = Zone(ZoneInfo("Europe/Rome"))


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (Zone(UTC), "2026-10-25 00:00:00 +00:00</time>"),
        (ROME, "2026-10-25 02:00:00 +02:00</time> <small>00:00:00 UTC</small>"),
        (
            Zone(ZoneInfo("America/St_Johns")),
            "2026-10-24 21:30:00 -02:30</time> <small>2026-10-25 00:00:00 UTC</small>",
        ),
    ],
)
def test_a_moment_has_local_time_its_offset_and_utc_with_its_day_where_that_differs(zone, shown):
    assert stamp(zone, MS, "unknown") == f'<time datetime="2026-10-25T00:00:00.123Z">{shown}'


def test_a_moment_that_nobody_knows_is_told_in_words():
    assert stamp(ROME, None, "nobody knows") == "<span>nobody knows</span>"
    assert stamp(ROME, 2**62, "nobody knows") == f"<span>{2**62} ms</span>"


def test_an_offset_is_local_time_minus_utc_in_minutes():
    assert ROME.offset(MS) == 120
    assert ROME.offset(MS + HOUR) == 60
    assert Zone(timezone(-timedelta(hours=3, minutes=30))).offset(MS) == -210
    assert ROME.offset(2**62) == 0


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "+00:00"), (1, "+00:01"), (-1, "-00:01"), (59, "+00:59"), (60, "+01:00"), (-60, "-01:00")],
)
def test_an_offset_is_written_as_iso_8601_has_it(minutes, told):
    assert offset_words(minutes) == told


def test_a_change_is_found_to_the_millisecond_and_only_between_the_two_moments():
    at = MS - 123 + HOUR
    change = Change(at, before=120, after=60)
    assert ROME.changes(at - 1, at) == [change]
    assert ROME.changes(at - DAY, at + DAY) == [change]
    assert ROME.changes(at - DAY, at - 1) == []
    assert ROME.changes(at, at + DAY) == []
    assert ROME.changes(at, at) == []


def test_of_a_wrong_clock_s_span_only_ten_years_are_looked_through():
    asked = []

    class Counting(Zone):
        def offset(self, ms):
            asked.append(ms)
            return 0

    assert Counting().changes(0, 10_000 * DAY) == []
    assert max(asked) == 3660 * DAY
