"""How long a cell lasts, from what it told."""

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
