"""A moment as people read it, wherever they are: UTC inside, local time with its offset outside."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

import pytest

from agent.cli.errors import Mistake
from agent.cli.times import format_time, moment, zone_named


@pytest.fixture
def zone(monkeypatch):
    """Live in another time zone."""

    def live(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield live
    monkeypatch.undo()
    time.tzset()


def wall_ms(*parts):
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Pacific/Kiritimati", "2026-11-30 12:11:12.000 +14:00"),
        ("Asia/Kathmandu", "2026-11-30 03:56:12.000 +05:45"),
        ("America/Los_Angeles", "2026-11-29 14:11:12.000 -08:00"),
        ("UTC", "2026-11-29 22:11:12.000 +00:00"),
    ],
)
def test_a_ferry_to_another_zone_moves_the_display_and_no_moment(zone, name, shown):
    zone(name)
    at = wall_ms(2026, 11, 29, 22, 11, 12)
    assert format_time(at, utc=False) == shown
    assert format_time(at, utc=True) == "2026-11-29 22:11:12.000 UTC"
    assert moment(shown.replace(" ", "T", 1).replace(" ", "")) == at


def test_an_hour_that_comes_twice_has_two_offsets(zone):
    zone("Europe/Berlin")  # back from summer time on 25 October 2026, at 01:00 UTC
    first, second = wall_ms(2026, 10, 25, 0, 30), wall_ms(2026, 10, 25, 1, 30)
    assert format_time(first, utc=False) == "2026-10-25 02:30:00.000 +02:00"
    assert format_time(second, utc=False) == "2026-10-25 02:30:00.000 +01:00"


@pytest.mark.parametrize("text", ["2026-10-25T02:30", "2026-03-29T02:30"])
def test_a_time_that_is_there_twice_or_never_is_asked_for_with_its_offset(zone, text):
    zone("Europe/Berlin")
    with pytest.raises(argparse.ArgumentTypeError, match=r"twice or not at all.*\+0[12]:00 or"):
        moment(text)
    assert moment(f"{text}+02:00") + 3_600_000 == moment(f"{text}+01:00")
    assert moment("2026-10-25T01:59") == wall_ms(2026, 10, 24, 23, 59)


def test_zones_are_known_by_their_names():
    assert zone_named("UTC") is UTC
    assert zone_named("Europe/Rome").key == "Europe/Rome"
    for name in ("", "Nowhere", "../etc/passwd"):
        with pytest.raises(Mistake, match="there is no time zone"):
            zone_named(name)
