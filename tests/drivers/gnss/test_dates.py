from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gnss.dates import as_received, date_of, time_of_day, utc
from drivers.rollover import unfold


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


TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("received", "known", "meant"),
    [
        (date(2026, 11, 29), TODAY, date(2026, 11, 29)),
        (date(2007, 4, 16), TODAY, date(2026, 11, 30)),  # one rollover
        (date(1987, 8, 31), TODAY, date(2026, 11, 30)),  # two
        (date(2046, 7, 16), TODAY, date(2026, 11, 30)),  # one too many
        (date(2038, 11, 21), date(2038, 11, 20), date(2038, 11, 21)),  # the third one itself
        (date(2026, 10, 29), TODAY, date(2026, 10, 29)),  # a recording: told as it is
    ],
)
def test_a_date_is_the_one_nearest_to_what_is_known(received, known, meant):
    assert unfold(received, known) == meant


@pytest.mark.parametrize(
    "default",
    [
        date(1980, 1, 6),  # week 0 of GPS: L76, MTK, SiRF, u-blox before the first fix
        date(1980, 1, 9),
        date(1999, 8, 22),  # week 1024
        date(2000, 1, 1),
        date(2000, 3, 22),
        date(2019, 4, 6),  # week 2047
        date(2079, 12, 31),  # 311279
        date(2038, 11, 21),  # what week 0 became where it was only moved on
    ],
)
@pytest.mark.parametrize("known", [date(2026, 1, 1), TODAY])
def test_what_receivers_begin_with_is_no_date(default, known):
    assert unfold(default, known) is None


@given(st.dates(date(1980, 1, 6), date(2100, 1, 1)), st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_unfolded_dates_keep_their_weekday_and_stay_near(received, known):
    meant = unfold(received, known)
    if meant is not None:
        assert (meant - received).days % (1024 * 7) == 0
        assert abs((meant - known).days) <= 3 * 365


def test_a_recording_keeps_its_dates_but_for_those_before_nmea():
    assert as_received(date(1994, 3, 23)) == date(1994, 3, 23)
    assert as_received(date(2038, 1, 1)) == date(2038, 1, 1)
    assert as_received(date(1980, 1, 6)) is None


def test_leap_second_stays_in_its_day_and_in_order():
    day = date(2016, 12, 31)
    before, leap = utc(day, time_of_day("235959.9")), utc(day, time_of_day("235960.4"))
    assert before < leap < datetime(2017, 1, 1, tzinfo=UTC)
