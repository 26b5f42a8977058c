"""Values that are sound, and doubtful."""

from __future__ import annotations

import random

import pytest

from agent.rules.plausibility import doubts
from agent.rules.valid_time import Sample
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


@pytest.mark.parametrize("values", [[], [5.0], [None, None], [5.0] * 5])
def test_too_little_to_say_anything(values):
    assert kinds(series(values)) == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_less_than_one_false_alarm_a_month_and_tampering_is_found(room):
    false, stuck, ice = counted(room, 2, 7)
    assert (false, stuck, ice) == (0, 2, 2)
