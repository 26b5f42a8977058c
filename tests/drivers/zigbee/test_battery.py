"""How long a cell lasts, from what it told."""

import pytest

from drivers.zigbee.battery import DAY, Battery


def told(points):
    battery = Battery()
    for day, volts in points:
        battery.take(volts, day * DAY)
    return battery


def test_a_straight_fall_reaches_the_cut_off_in_time():
    falls = told((day, 3.0 - 0.01 * day) for day in range(11))  # 2.9 V now: 50 days to 2.4 V
    assert falls.days_left() in {49, 50}


def test_it_tells_nothing_before_it_knows():
    assert told([]).days_left() is None
    assert told([(0, 3.0), (0.5, 2.9), (1, 2.8)]).days_left() is None  # a cold night
    assert told([(0, 3.0), (5, 3.0), (10, 3.0)]).days_left() is None  # it does not fall


def test_an_empty_cell_has_no_days_and_a_new_one_begins_anew():
    empty = told([(0, 2.5), (5, 2.4), (10, 2.3)])
    assert empty.days_left() == 0
    empty.take(3.1, 11 * DAY)
    assert empty.days_left() is None


@pytest.mark.parametrize(
    ("points", "days"),
    [
        ([(0, 3.0), (1, 2.875), (2, 2.75)], 2),  # 0.125 V a day, and 0.35 V are left
        ([(0, 3.0), (1, 2.875), (1.99, 2.75)], None),  # two days tell, and no less
        ([(0, 3.0), (2, 2.75)], None),  # so do three voltages
        ([(0, 2.65), (1, 2.525), (2, 2.4001)], 0),
        ([(0, 3.0), (1, 3.1), (2, 3.2)], None),  # it rises
        # 0.0002 V a day: 3,650 days and a half, and one day less
        ([(0, 3.1305), (1, 3.1303), (2, 3.1301)], None),
        ([(0, 3.1303), (1, 3.1301), (2, 3.1299)], 3649),
    ],
)
def test_days_are_those_of_the_line_to_2_4_volts(points, days):
    assert told(points).days_left() == days


@pytest.mark.parametrize(("volts", "days"), [(3.0, 0), (3.01, None)])
def test_only_a_rise_of_more_than_half_a_volt_is_a_new_cell(volts, days):
    """The line through 3.0, 2.5, 3.0 and 2.0 V is at 2.25 V by the last."""
    assert told([(0, 3.0), (1, 2.5), (2, volts), (3, 2.0)]).days_left() == days


def test_what_was_two_hundred_voltages_ago_counts_no_more():
    high, level = [(0, 3.4)], [(0.1 * number, 3.0) for number in range(1, 201)]
    assert told(high + level[:-1]).days_left() is not None
    assert told(high + level).days_left() is None  # it does not fall
