"""Lines of an axis: at round numbers, and at round times."""

from __future__ import annotations

import pytest

from agent.renderer.scale import decimals_of, round_step, time_step, value_lines, with_room

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("length", "step"),
    [
        (5 * SECOND, SECOND),
        (5 * SECOND + 1, 2 * SECOND),
        (60 * SECOND, 15 * SECOND),
        (5 * MINUTE, MINUTE),
        (3 * HOUR, HOUR),
        (DAY, 6 * HOUR),
        (3 * DAY, DAY),
        (365 * DAY, 91 * DAY),
    ],
)
def test_at_most_five_times_a_round_step_fit(length, step):
    assert time_step(7, 7 + length) == step


@pytest.mark.parametrize(
    ("length", "step"), [(10.0, 2.0), (10.1, 5.0), (26.0, 10.0), (0.5, 0.1), (3000.0, 1000.0)]
)
def test_at_most_five_times_a_round_number_fit(length, step):
    assert round_step(length, 5) == pytest.approx(step)


def test_lines_stand_at_round_values_within():
    assert value_lines(-0.3, 9.9) == [0.0, 5.0]
    assert value_lines(-4.0, 6.0) == [-4.0, -2.0, 0.0, 2.0, 4.0, 6.0]


def test_lines_of_time_are_as_far_apart_as_people_count():
    seconds = [step * SECOND for step in (1, 2, 5, 10, 15, 30)]
    minutes = [step * MINUTE for step in (1, 2, 5, 10, 15, 30)]
    hours = [step * HOUR for step in (1, 2, 3, 6, 12)]
    days = [step * DAY for step in (1, 2, 7, 14, 28, 91, 365, 730, 1095)]
    steps = [*seconds, *minutes, *hours, *days]
    assert [time_step(7, 7 + 5 * step) for step in steps] == steps
    assert [time_step(7, 8 + 5 * step) for step in steps[:-1]] == steps[1:]


def test_values_that_do_not_differ_have_room_even_where_they_are_large():
    assert with_room(0.0, 10.0, 0.1, 0.5) == (-1.0, 11.0)
    assert with_room(4.0, 4.0, 0.1, 0.5) == (3.5, 4.5)
    assert with_room(-2e9, -2e9, 0.1, 0.5) == (-2e9 - 2000, -2e9 + 2000)


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([], 0), ([1.0, 20.0], 0), ([1.0, 1.5], 1), ([3.98, 4.0], 2), ([0.00001], 5),
        ([0.0000012], 6),
    ],
)  # fmt: skip
def test_as_many_decimals_as_tell_values_apart(values, decimals):
    assert decimals_of(values) == decimals
