"""Values that are sound, and doubtful."""

from __future__ import annotations

import random

import pytest

from agent.rules.plausibility import doubts
from agent.rules.valid_time import Sample
from hil.plausibility.converters import CONVERTERS, false_alarms, is_found
from hil.plausibility.months import ROOMS
from hil.plausibility.verb import counted

MINUTE = 60_000


def series(values, every=5):
    return [Sample(index * every * MINUTE, value) for index, value in enumerate(values)]


def noisy(count, seed=1, middle=5.0):
    rng = random.Random(seed)
    return [round(middle + rng.gauss(0.0, 0.1), 2) for _ in range(count)]


def kinds(samples, beside=()):
    return [each.what for each in doubts(samples, beside)]


def test_a_sensor_that_stopped_to_move():
    values = noisy(100) + [5.13] * 50 + noisy(50, 2)
    (found,) = doubts(series(values))
    assert (found.what, found.start, found.end) == ("stuck", 500 * MINUTE, 745 * MINUTE)
    assert found.text == "50 times 5.13 °C in a row"


def test_a_coarse_sensor_may_repeat_itself():
    values = [5.0] * 20 + [5.5] * 25 + [5.0] * 18 + [4.5] * 22 + [5.0] * 30
    assert kinds(series(values)) == []


def test_a_change_that_no_air_makes():
    (found,) = doubts(series([*noisy(20), 25.0, *noisy(20, 2, 24.9)]))
    assert found.what == "too-fast"
    assert found.text.startswith("+2")


def test_an_open_door_is_none():
    assert kinds(series([*noisy(20), 8.0, 11.0, 9.0, 7.0, *noisy(20, 2)])) == []


def test_ice_on_one_of_two_sensors():
    near = noisy(100)
    alone = [value + 0.8 for value in noisy(100, 2)]
    assert kinds(series(alone), series(near)) == []
    iced = [v - 2.0 * min(3, n - 39) if 40 <= n < 60 else v for n, v in enumerate(alone)]
    found = [each for each in doubts(series(iced), series(near)) if each.what == "apart"]
    assert len(found) == 1
    assert found[0].end - found[0].start >= 60 * MINUTE


@pytest.mark.parametrize(("values", "lasting"), [(6, None), (7, 30), (8, 35)])
def test_a_sensor_is_apart_from_its_neighbour_after_half_an_hour(values, lasting):
    near = noisy(60)
    far = [v - 5.0 if 20 <= n < 20 + values else v + 0.8 for n, v in enumerate(near)]
    found = [each for each in doubts(series(far), series(near)) if each.what == "apart"]
    assert [each.end - each.start for each in found] == ([lasting * MINUTE] if lasting else [])


@pytest.mark.parametrize("values", [[], [5.0], [None, None], [5.0] * 5])
def test_too_little_to_say_anything(values):
    assert kinds(series(values)) == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_less_than_one_false_alarm_a_month_and_tampering_is_found(room):
    assert counted(room, 2, 7) == (0, 2, 2, 2)


def test_a_sensor_that_warms_itself_after_its_start_beside_one_that_does_not():
    near = noisy(40)
    warmed = [v + 2.5 * min(1.0, n / 5) for n, v in enumerate(noisy(40, 2))]
    found = [each for each in doubts(series(warmed), series(near)) if each.what == "self-heated"]
    assert [(each.start, each.end) for each in found] == [(0, 90 * MINUTE)]
    assert kinds(series(warmed)) == []  # alone, it may be the air


def test_air_that_warms_both_is_no_self_heating():
    warmed = [5.0 + 2.5 * min(1.0, n / 5) + v / 10 for n, v in enumerate(noisy(40, 2))]
    assert "self-heated" not in kinds(series(warmed), series([v + 0.4 for v in warmed]))


@pytest.mark.parametrize("part", CONVERTERS, ids=lambda part: part.name)
def test_a_part_at_rest_is_not_stuck_and_one_that_froze_is(part):
    rng = random.Random(7)
    assert false_alarms(part, rng, values=50_000) == 0
    assert all(is_found(part, rng) for _ in range(20))


@pytest.mark.parametrize(
    ("at", "told"), [(9, False), (29, False), (30, True), (89, True), (90, False)]
)
def test_it_is_warm_from_half_an_hour_to_an_hour_and_a_half_after_its_start(at, told):
    """Cold at its start, and one value later: only in that time does it count."""
    alone = [Sample(0, 5.0), Sample(at * MINUTE, 7.0)]
    near = [Sample(0, 5.0), Sample(at * MINUTE, 5.0)]
    assert ("self-heated" in kinds(alone, near)) is told


@pytest.mark.parametrize(
    ("others", "equal", "told"),
    [
        (100, 9, False),  # fewer than ten say nothing at all
        (100, 10, True),  # (1/102)^9 is no chance
        (3, 13, False),  # (1/5)^12 is 4 in a thousand million
        (3, 14, True),  # (1/5)^13 is 0.8
    ],
)
def test_equal_values_are_too_many_by_how_often_the_sensor_else_repeats_itself(others, equal, told):
    before = [float(n) for n in range(others)]
    found = [each for each in doubts(series([*before, *[-7.0] * equal])) if each.what == "stuck"]
    assert [(each.start, each.end) for each in found] == (
        [(others * 5 * MINUTE, (others + equal - 1) * 5 * MINUTE)] if told else []
    )


@pytest.mark.parametrize(
    ("seconds", "change", "text"),
    [
        (60, 3.0, None), (60, 3.5, "+3.5 °C within 1.0 min"), (60, -3.5, "-3.5 °C within 1.0 min"),
        (10, 3.0, None), (10, 3.5, "+3.5 °C within 0.2 min"), (120, 6.0, None),
        (120, 6.5, "+6.5 °C within 2.0 min"), (0, 3.5, "+3.5 °C within 0.0 min"),
    ],
)  # fmt: skip
def test_air_changes_by_three_degrees_a_minute_at_most(seconds, change, text):
    two = [Sample(0, 5.0), Sample(seconds * 1000, 5.0 + change)]
    wanted = [] if text is None else [("too-fast", 0, seconds * 1000, text)]
    assert [tuple(each) for each in doubts(two)] == wanted


@pytest.mark.parametrize(("off", "told"), [(3.0, False), (3.5, True), (-3.5, True)])
def test_two_sensors_are_apart_beyond_three_degrees(off, told):
    near = series([5.0] * 40)
    far = series([6.0 + (off if 20 <= n < 30 else 0.0) for n in range(40)])  # 1 °C off as a rule
    found = [each for each in doubts(far, near) if each.what == "apart"]
    text = f"{off:+.1f} °C off its neighbour, more than they use to differ"
    assert [tuple(each) for each in found] == (
        [("apart", 100 * MINUTE, 145 * MINUTE, text)] if told else []
    )


@pytest.mark.parametrize(("minutes", "counts"), [(0, True), (30, True), (31, False)])
def test_a_neighbours_value_counts_for_half_an_hour(minutes, counts):
    warm = [Sample(0, 5.0), Sample(40 * MINUTE, 7.0)]
    near = [Sample(0, 5.0), Sample((40 - minutes) * MINUTE, 5.0)]
    found = [each.what for each in doubts(warm, near)]
    assert ("self-heated" in found) is counts


@pytest.mark.parametrize(
    ("rise", "pause", "starts"),
    [(1.5, 30, []), (2.0, 30, [0, 90]), (2.0, 29, [0])],
)
def test_a_start_is_the_first_value_and_one_behind_half_an_hour_without(rise, pause, starts):
    """Cold for a moment, then warm from half an hour on; and the same behind a pause."""
    times = [(0, 0.0), (30, rise), (60, rise), (60 + pause, 0.0), (90 + pause, rise)]
    alone = [Sample(at * MINUTE, 5.0 + more) for at, more in times]
    near = [Sample(at * MINUTE, 5.0) for at, _ in times]
    found = [each for each in doubts(alone, near) if each.what == "self-heated"]
    assert [each.start // MINUTE for each in found] == starts
    text = f"{rise:+.1f} °C against its neighbour within the hour after its start"
    assert {each.text for each in found} == ({text} if starts else set())


@pytest.mark.parametrize("sign", [1, -1])
def test_of_two_sensors_apart_the_largest_difference_is_told(sign):
    """Alike for an hour and a half, then 4 °C apart, at last 6."""
    near = series([5.0] * 40)
    far = series([5.0 + sign * {20: 4.0, 21: 5.0, 29: 6.0}.get(n, 4.0) * (20 <= n < 30)
                  for n in range(40)])  # fmt: skip
    (found,) = [each for each in doubts(far, near) if each.what == "apart"]
    assert found.text.startswith(f"{sign * 6.0:+.1f} °C off")
