"""The date of one receiver: carried on over midnight, and doubted where it jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from drivers.gnss.dates import as_received, utc
from drivers.gnss.days import Days

S = 1_000_000  # microseconds
TODAY = date(2026, 11, 29)
DAY = timedelta(days=1)
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


def dated(*epochs, kept=(0,)):
    """Return what each epoch (date, second of the day, moment) is dated, and whether doubtfully."""
    days, told = Days(as_received), []
    for number, (day, second, moment) in enumerate(epochs):
        found, doubt = days.of(day, second * S, moment)
        told.append((found, bool(doubt)))
        if number in kept:
            days.keep(found, second * S, moment)
    return told


@pytest.mark.parametrize(
    ("second", "after", "carried"),
    [
        (50_001, 1.0, TODAY),
        (49_999, 1.0, TODAY),  # a little earlier is the same day
        (6_800, 1.0, TODAY),  # half a day earlier, too
        (6_799, 1.0, TOMORROW),
        (50_001, 43_200.0, TODAY),
        (50_001, 43_200.1, None),  # midnight may have passed unseen
    ],
)
def test_a_date_is_carried_on_over_midnight_and_half_a_day_long(second, after, carried):
    told = dated((TODAY, 50_000, 0.0), (None, second, after))
    assert told[1] == (carried, False)


@pytest.mark.parametrize(("second", "confirmed"), [(50_060, False), (50_061, True)])
def test_another_date_is_believed_once_it_lasted_a_minute(second, confirmed):
    told = dated((TODAY, 50_000, 0.0), (TOMORROW, 50_001, 1.0), (TOMORROW, second, 2.0))
    assert told == [(TODAY, False), (TOMORROW, True), (TOMORROW, not confirmed)]


@pytest.mark.parametrize(("second", "confirmed"), [(49, False), (50, True)])
def test_another_date_may_last_over_midnight(second, confirmed):
    later = TODAY + timedelta(days=9)
    told = dated((TODAY, 86_300, 0.0), (later, 86_390, 90.0), (later + DAY, second, 150.0))
    assert told[1:] == [(later, True), (later + DAY, not confirmed)]


def test_dates_that_change_do_not_confirm_each_other():
    told = dated(
        (TODAY, 50_000, 0.0), (TOMORROW, 50_001, 1.0), (YESTERDAY, 50_040, 2.0),
        (TOMORROW, 50_070, 3.0),
    )  # fmt: skip
    assert [doubtful for _, doubtful in told] == [False, True, True, True]


def test_another_date_is_told_with_the_one_before():
    days = Days(as_received)
    days.keep(TODAY, 50_000 * S, 0.0)
    _, doubt = days.of(TOMORROW, 50_001 * S, 1.0)
    assert doubt == "the date 2026-11-30, where it was 2026-11-29 a moment before"
    assert days.of(date(1980, 1, 6), 50_001 * S, 1.0) == (None, "")


def test_a_recording_before_nmea_has_no_date():
    assert as_received(date(1983, 1, 1)) == date(1983, 1, 1)
    assert as_received(date(1982, 12, 31)) is None


def test_a_leap_second_is_the_last_moment_of_its_day():
    last = utc(TODAY, 86_400 * S)
    assert last == datetime(2026, 11, 29, 23, 59, 59, 999_999, UTC)
    assert utc(TODAY, 86_400 * S - 1) == last
    assert utc(TODAY, 86_400 * S - 2) == last - timedelta(microseconds=1)
