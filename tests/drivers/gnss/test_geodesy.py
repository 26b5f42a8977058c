"""Distances and velocities on the ground, against figures worked out by hand."""

from __future__ import annotations

import pytest

from drivers.gnss.geodesy import Place, ahead, apart, between, distance, heading

DEGREE = 111_195.08  # m of a great circle on the mean sphere: 2 pi 6,371,008.8 / 360
MUNICH, BERLIN = Place(48.1372, 11.5756), Place(52.5186, 13.4083)


def test_distances():
    assert distance(Place(0, 0), Place(1, 0)) == pytest.approx(DEGREE, abs=0.1)
    assert distance(Place(0, 179.5), Place(0, -179.5)) == pytest.approx(DEGREE, abs=0.1)
    assert distance(Place(60, 0), Place(60, 1)) == pytest.approx(DEGREE / 2, rel=1e-4)
    assert distance(MUNICH, BERLIN) == pytest.approx(504_400, rel=2e-3)
    assert distance(MUNICH, MUNICH) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "degrees"),
    [
        (Place(1, 2), Place(1.5, 2.25), 0.5),
        (Place(1, 2), Place(1.25, 2.5), 0.5),
        (Place(0, 179.75), Place(0, -179.75), 0.5),
        (Place(0, -179.75), Place(0.25, 179.75), 0.5),
        (Place(0, 0), Place(0, 180), 180.0),
    ],
)
def test_the_larger_difference_counts_also_over_the_date_line(one, other, degrees):
    assert apart(one, other) == apart(other, one) == degrees


@pytest.mark.parametrize(
    ("course", "north", "east"),
    [(0, 10, 0), (90, 0, 10), (180, -10, 0), (270, 0, -10), (30, 8.660254, 5)],
)
def test_courses_are_from_north_by_east(course, north, east):
    assert heading(10.0, course) == pytest.approx((north, east), abs=1e-6)


def test_the_velocity_between_two_places_and_where_it_leads():
    assert between(Place(0, 0), Place(0.001, 0), 10.0) == pytest.approx((11.1195, 0), abs=1e-3)
    assert between(Place(60, 0), Place(60, 0.001), 10.0) == pytest.approx((0, 5.5598), abs=1e-3)
    assert between(Place(0, 179.9995), Place(0, -179.9995), 10.0) == pytest.approx(
        (0, 11.1195), abs=1e-3
    )
    found = ahead(Place(60, 10), heading(100.0, 30), 2.0)
    assert distance(Place(60, 10), found) == pytest.approx(200.0, rel=1e-4)
    assert between(Place(60, 10), found, 2.0) == pytest.approx(heading(100.0, 30), abs=1e-3)


def test_at_a_pole_there_is_no_east():
    assert ahead(Place(90.0, 10), heading(100.0, 90), 2.0) == pytest.approx((90.0, 10.0))
