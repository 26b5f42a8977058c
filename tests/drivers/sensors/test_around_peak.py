"""Where a shock begins and ends: the run at or above a level that holds the largest sample."""

from __future__ import annotations

import pytest

from drivers.sensors.shock_pulse import around_peak


@pytest.mark.parametrize(
    ("sizes", "run"),
    [
        ([0.0, 5.0, 9.0, 5.0, 0.0], (1, 3)),
        ([0.0, 4.9, 9.0, 4.9, 0.0], (2, 2)),
        ([6.0, 9.0, 6.0], (0, 2)),
        ([7.0, 1.0, 8.0, 9.0, 1.0, 7.0], (2, 3)),
        ([1.0, 2.0, 1.0], (1, 1)),
    ],
)
def test_the_run_ends_where_samples_fall_below_the_level(sizes, run):
    assert around_peak(sizes, 5.0) == run
