"""How far a vehicle comes, and where its way leads: what a fix is held against."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drivers.gnss.sense import Fix
from drivers.gnss.track import ALONE, Track, elapsed

S = 1_000_000  # microseconds
NOON = 43_200 * S
DEGREE = 111_195.08  # m of a great circle
PLACED = Fix(0.0, "3d", NOON, 8, lat=45.0, lon=9.0)


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
    assert doubts(at(0.0), at(1.0), alone={1}) == ["", ALONE]


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
