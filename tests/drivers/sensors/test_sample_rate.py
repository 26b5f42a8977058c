"""A part's own rate of samples: counted for ten seconds, and believed where it can be true."""

from __future__ import annotations

import pytest

from drivers.sensors.sample_rate import SampleRate

NOMINAL = 100.0


def after(seconds, hertz, start=1000.0):
    """The rate after so long, counted twice a second."""
    rate = SampleRate(NOMINAL)
    for half in range(round(2 * seconds) + 1):
        rate.count(round(hertz / 2), start + half / 2)
    return rate.hertz


@pytest.mark.parametrize(
    ("seconds", "hertz", "found"),
    [
        (9.5, 104, NOMINAL),
        (10.0, 104, 104.0),
        (60.0, 96, 96.0),
        (10.0, 114, 114.0),
        (10.0, 86, 86.0),
        (10.0, 116, NOMINAL),
        (10.0, 84, NOMINAL),
    ],
)
def test_what_is_counted_holds_after_ten_seconds_and_within_fifteen_per_cent(seconds, hertz, found):
    assert after(seconds, hertz) == found


def test_counting_begins_anew_where_samples_were_lost():
    rate = SampleRate(NOMINAL)
    rate.count(50, 0.0)
    rate.count(500, 5.0)
    rate.begin_anew()
    rate.count(50, 6.0)
    rate.count(1020, 16.0)
    assert rate.hertz == 102.0, "of the ten seconds behind the loss alone"
