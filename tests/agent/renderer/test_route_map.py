"""The plane of a way: its middle, and as large as the picture has room for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.renderer.route_map import plane_of


def way(*runs):
    return SimpleNamespace(runs=runs)


@pytest.mark.parametrize(
    ("runs", "lat", "lon"),
    [
        ([[(45.0, 9.0), (46.0, 11.0)]], 45.5, 10.0),
        ([[(45.0, 9.0)], [(43.0, 8.0), (44.0, 12.0)]], 44.0, 10.0),
        ([[(0.0, 179.0), (2.0, -179.0)]], 1.0, 180.0),
        ([[(-10.0, 20.0)]], -10.0, 20.0),
    ],
)
def test_the_middle_of_a_way_is_the_middle_of_the_picture(runs, lat, lon):
    plane = plane_of(way(*runs))
    assert (plane.lat, plane.lon) == pytest.approx((lat, lon))


def test_a_way_twice_as_long_is_drawn_half_as_large():
    near, far = plane_of(way([(45.0, 9.0), (46.0, 9.0)])), plane_of(way([(44.5, 9.0), (46.5, 9.0)]))
    assert near.scale == pytest.approx(2 * far.scale)
