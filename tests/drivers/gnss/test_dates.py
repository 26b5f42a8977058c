from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gnss.dates import date_of, time_of_day, unfold, utc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("000000", 0),
        ("000231.099", 151_099_000),
        ("105153.71", 39_113_710_000),
        ("235959.999999999", 86_399_999_999),
        ("235960", 86_400_000_000),
        ("235960.5", 86_400_500_000),
        ("240000", None),
        ("126000", None),
        ("123461", None),
        ("12345", None),
        ("", None),
        ("12:34:56", None),
        ("-10000", None),
    ],
)
def test_time_of_day(text, expected):
    assert time_of_day(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("180320", date(2020, 3, 18)),
        ("220899", date(1999, 8, 22)),
        ("060180", date(1980, 1, 6)),
        ("2208-1", None),
        ("300221", None),
        ("11082", None),
        ("", None),
    ],
)
def test_date_of(text, expected):
    assert date_of(text) == expected


@pytest.mark.parametrize(
    ("received", "meant"),
    [
        (date(2007, 1, 16), date(2026, 9, 1)),  # one rollover
        (date(1987, 6, 2), date(2026, 9, 1)),  # two
        (date(2026, 9, 1), date(2026, 9, 1)),
        (date(2038, 11, 21), date(2038, 11, 21)),  # the third GPS rollover itself
    ],
)
def test_rolled_over_dates_are_moved_on(received, meant):
    assert unfold(received, date(2026, 1, 1)) == meant


@given(st.dates(date(1980, 1, 6), date(2100, 1, 1)), st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_unfolded_dates_keep_their_weekday_and_come_just_late_enough(received, not_before):
    meant = unfold(received, not_before)
    assert meant >= not_before
    assert (meant - received).days % (1024 * 7) == 0
    assert meant == received or (meant - not_before).days < 1024 * 7


def test_leap_second_stays_in_its_day_and_in_order():
    day = date(2016, 12, 31)
    before, leap = utc(day, time_of_day("235959.9")), utc(day, time_of_day("235960.4"))
    assert before < leap < datetime(2017, 1, 1, tzinfo=UTC)
