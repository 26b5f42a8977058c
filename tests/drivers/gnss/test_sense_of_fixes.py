"""At which value a fix becomes doubtful: of one fix, of the way it lies on, of its date."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from drivers.cause import DeviceFacts, Word
from drivers.gnss import causes
from drivers.gnss.dates import as_received, utc
from drivers.gnss.days import Days
from drivers.gnss.geodesy import Place
from drivers.gnss.sense import Fix, nonsense
from drivers.gnss.telling import Telling, in_words
from drivers.gnss.track import ALONE, Track, elapsed
from foundation.cause import no, perhaps

S = 1_000_000  # microseconds
NOON = 43_200 * S
DEGREE = 111_195.08  # m of a great circle
PLACED = Fix(0.0, "3d", NOON, 8, lat=45.0, lon=9.0)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"lat": 0.0, "lon": 0.0}, ["exactly 0°, 0°, where receivers begin that know nothing"]),
        ({"lat": 0.0}, []),
        ({"lon": 0.0}, []),
        ({"hdop": 0.0}, []),
        ({"hdop": 19.9}, []),
        ({"hdop": 20.0}, ["HDOP 20"]),
        ({"hdop": -0.1}, ["HDOP -0.1"]),
        ({"speed": 0.0}, []),
        ({"speed": 515.0}, []),
        ({"speed": 515.1}, ["a speed of 515.1 m/s"]),
        ({"speed": -0.1}, ["a speed of -0.1 m/s"]),
        ({"course": 0.0}, []),
        ({"course": 360.0}, []),
        ({"course": 360.5}, ["a course of 360.5°"]),
        ({"course": -1.0}, ["a course of -1°"]),
        ({"altitude": -1000.0}, []),
        ({"altitude": -1000.1}, ["an altitude of -1,000.1 m"]),
        ({"altitude": 50_000.0}, []),
        ({"altitude": 50_000.1}, ["an altitude of 50,000.1 m"]),
        ({"satellites": 1}, []),
        ({"satellites": 0}, ["a fix by 0 satellites"]),
        ({"satellites": 200}, []),
        ({"satellites": 201}, ["a fix by 201 satellites"]),
    ],
)
def test_values_that_no_vehicle_has(changed, told):
    assert list(nonsense(replace(PLACED, **changed))) == told


def test_a_place_has_both_of_its_angles():
    assert PLACED.place == Place(45.0, 9.0)
    assert replace(PLACED, lat=None).place is replace(PLACED, lon=None).place is None


def at(seconds, metres=0.0, **more):
    """Return a fix so many metres north of the first place, on a meridian."""
    lat = 45.0 + metres / DEGREE
    return replace(PLACED, at=seconds, time=NOON + round(seconds * S), lat=lat, **more)


def doubts(*fixes, alone=()):
    track = Track()
    return [track.doubt(fix, alone=number in alone) for number, fix in enumerate(fixes)]


@pytest.mark.parametrize(
    ("seconds", "metres", "speeds", "jumps"),
    [
        (1.0, 614.0, (None, None), False),  # 100 m of scatter and 515 m/s
        (1.0, 616.0, (None, None), True),
        (1.0, 129.0, (20.0, None), False),  # 20 m/s and what a second of pushing adds
        (1.0, 131.0, (20.0, None), True),
        (1.0, 129.0, (None, 20.0), False),
        (1.0, 129.0, (0.0, 20.0), False),
        (1.0, 131.0, (0.0, 20.0), True),
        (60.0, 100.0 + 515.0 * 60 - 1, (0.0, 0.0), False),  # ten metres a second each second
        (60.0, 100.0 + 515.0 * 60 + 1, (0.0, 0.0), True),
    ],
)  # fmt: skip
def test_how_far_a_vehicle_comes(seconds, metres, speeds, jumps):
    first, second = at(0.0, speed=speeds[0]), at(seconds, metres, speed=speeds[1])
    told = doubts(first, second)
    assert bool(told[1]) is jumps
    assert told[0] == ""


def test_a_jump_says_how_far_and_how_soon():
    assert doubts(at(0.0), at(2.0, 5000.0)) == ["", "5 km from where it was 2 s before"]


def test_where_times_are_not_told_there_is_no_jump():
    assert doubts(replace(at(0.0), time=None), at(1.0, 5000.0)) == ["", ""]


@pytest.mark.parametrize(("lasts", "there"), [(59.0, False), (60.0, True)])
def test_after_a_minute_elsewhere_it_is_there(lasts, there):
    far = 200_000.0
    told = doubts(at(0.0), at(1.0, far), at(1.0 + lasts, far), at(2.0 + lasts, far))
    assert bool(told[1])
    assert (told[2] == "") is there
    assert (told[3] == "") is (there or lasts + 1 >= 60)


def test_elsewhere_must_agree_with_itself():
    moments = [at(0.0), at(1.0, 2e5), at(31.0, 9e5), at(62.0, 9e5), at(91.0, 9e5)]
    assert [bool(each) for each in doubts(*moments)] == [False, True, True, True, False]


def test_back_where_it_was_elsewhere_is_forgotten():
    moments = [at(0.0), at(1.0, 2e5), at(2.0), at(70.0, 2e5)]
    assert [bool(each) for each in doubts(*moments)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("way", "metres", "foreseen"),
    [
        ({"speed": 20.0, "course": 0.0}, 60.0, True),
        ({"speed": 20.0, "course": 0.0}, 70.9, True),
        ({"speed": 20.0, "course": 0.0}, 71.2, False),
        ({"speed": 20.0, "course": 0.0}, 28.8, False),
        ({"speed": 20.0, "course": 0.0}, 40.0, True),  # nothing moved
        ({"speed": 0.9}, 40.0, True),
        ({"speed": 0.9}, 50.9, True),
        ({"speed": 0.9}, 51.2, False),
        ({"speed": 1.0}, 60.0, True),  # what lies between it and the point before
        ({}, 60.0, True),
        ({}, 75.0, False),
    ],
)  # fmt: skip
def test_a_single_sentence_must_lie_where_the_way_leads(way, metres, foreseen):
    told = doubts(at(0.0), at(1.0, 20.0), at(2.0, 40.0, **way), at(3.0, metres, **way), alone={3})
    assert told == ["", "", "", "" if foreseen else ALONE]


@pytest.mark.parametrize(
    ("moment", "foreseen"),
    [(3.0, True), (3.049, True), (2.951, True), (3.06, False), (2.94, False), (4.0, True),
     (5.0, True), (5.1, False), (6.0, False), (2.0, False)],
)  # fmt: skip
def test_a_single_sentence_must_come_when_one_was_to_be_expected(moment, foreseen):
    still = {"speed": 0.0}
    told = doubts(at(0.0, **still), at(1.0, **still), at(2.0, **still), at(moment, **still),
                  alone={3})  # fmt: skip
    assert (told[3] == "") is foreseen


def test_the_first_single_sentence_is_doubtful():
    assert doubts(at(0.0), alone={0}) == [ALONE]


@pytest.mark.parametrize(
    ("one", "other", "seconds"),
    [
        (at(0.0), at(5.0), 5.0),
        (at(5.0), at(0.0), 5.0),
        (replace(PLACED, time=86_399 * S), replace(PLACED, time=S), 2.0),  # over midnight
        (replace(PLACED, time=None), PLACED, None),
        (PLACED, replace(PLACED, time=None), None),
    ],
)
def test_seconds_between_two_fixes(one, other, seconds):
    assert elapsed(one, other) == seconds


def test_dates_count_where_both_are_known():
    day = datetime(2026, 11, 29, 12, tzinfo=UTC)
    first, second = replace(PLACED, utc=day), replace(PLACED, utc=day + timedelta(days=2))
    assert elapsed(first, second) == elapsed(second, first) == 172_800.0
    assert elapsed(first, PLACED) == 0.0


TODAY = date(2026, 11, 29)
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


DATED = replace(PLACED, utc=datetime(2026, 11, 29, tzinfo=UTC), satellites=8)


@pytest.mark.parametrize(
    ("changed", "words", "row"),
    [
        ({}, "3d fix, 8 satellites used", None),
        ({"satellites": 1}, "3d fix, 1 satellite used", None),
        ({"satellites": None}, "3d fix, 0 satellites used", None),
        ({"utc": None}, "3d fix, 8 satellites used, date unknown", causes.OLD_DATE),
        ({"problem": "HDOP 99"}, "3d fix, 8 satellites used, but doubtful: HDOP 99",
         causes.DOUBTFUL),
        ({"problem": "HDOP 99", "utc": None},
         "3d fix, 8 satellites used, date unknown, but doubtful: HDOP 99", causes.DOUBTFUL),
    ],
)  # fmt: skip
def test_a_position_in_words(changed, words, row):
    assert in_words(replace(DATED, **changed)) == (words, row)


def test_a_receiver_hangs_where_it_says_the_same_again():
    telling = Telling(10.0)
    assert not telling.repeats(PLACED)
    assert telling.repeats(replace(PLACED, at=5.0, hdop=1.0))
    assert not telling.repeats(replace(PLACED, time=NOON + S))
    assert not telling.repeats(replace(PLACED, time=NOON + S, lon=9.1))
    for nothing in (replace(PLACED, time=None), replace(PLACED, lat=None)):
        assert not telling.repeats(nothing)
        assert not telling.repeats(nothing)
    assert telling.repeats(replace(PLACED, time=NOON + S, lon=9.1))


def test_a_new_session_begins_anew_but_a_loss_is_not_told_again_at_once():
    telling = Telling(10.0)
    assert telling.due(PLACED, asked=False)
    assert telling.lost(replace(PLACED, at=1.0)) == (0.0, True)
    telling.begin()
    assert telling.due(replace(PLACED, at=2.0), asked=False)
    telling.begin()
    assert telling.lost(replace(PLACED, at=3.0)) == (0.0, False)
    telling.begin()
    assert telling.lost(replace(PLACED, at=60.9)) == (0.0, False)
    telling.begin()
    assert telling.lost(replace(PLACED, at=61.0)) == (0.0, True)


@pytest.mark.parametrize(
    ("word", "finding"),
    [
        (None, perhaps()),
        (Word("running"), no("it has a fix")),
        (Word("running", cause="gnss.no-fix"), perhaps()),
        (Word("running", cause="gnss.no-fix", counters={"readings": 1}), perhaps()),
        (Word("running", cause="gnss.no-fix", counters={"readings": 2}),
         perhaps(contra=("it had a fix since the start: its antenna worked",))),
    ],
)  # fmt: skip
def test_a_receiver_that_had_a_fix_has_an_antenna(word, finding):
    assert causes.NO_FIX.test(DeviceFacts("truck", "gnss.nmea", {}, word, None)) == finding
