"""Lines of an axis: at round numbers, and at round times."""

from __future__ import annotations

import pytest

from agent.renderer.scale import round_step, time_step, value_lines

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
