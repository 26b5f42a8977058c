"""A way on the ground: its middle, and as large as the picture has room for, with its marks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.renderer.catalogue import words_of
from agent.renderer.route_map import MOST_POINTS, Mark, RouteMap, drawn, plane_of, thinned
from tests.agent.renderer.pictures import paths, written
from tests.agent.report.reading import read


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


def shown(*runs, marks=()):
    return read(drawn(RouteMap("a way", runs, marks), words_of("en"))).one("svg")


ALONG = ([(0.0, 0.0), (0.0, 1.0)], [(0.0, 2.0), (0.0, 3.0)])
"""Three degrees of the equator: 333.585 km on 624 steps, with a hole in the middle."""


def test_the_way_is_drawn_on_and_dashed_where_nobody_knows_it():
    picture = shown(*ALONG)
    assert paths(picture) == [
        ("frame", "M1 1h358v258h-358z"),
        ("across", "M256 260l208 0"),
        ("data", "M48 260l208 0M464 260l208 0"),
        ("bar", "M10 246v4h93.5v-4"),
        ("end", "M344 8l5 14l-5-4l-5 4z"),
    ]
    assert written(picture) == [("100 km", 14, 245, "start"), ("N", 344, 34, "middle")]
    assert picture.one("g").attributes == {"transform": "scale(0.5)"}
    assert picture.attributes["data-scale"] == "1.870588"
    assert picture.attributes["viewbox"] == "0 0 360 260"
    assert picture.attributes["aria-label"] == "a way"


@pytest.mark.parametrize(
    ("run", "line"),
    [
        ([(45.0, 9.0), (46.0, 9.0)], "M360 472l0 -424"),
        ([(0.0, 179.0), (0.0, -179.0)], "M48 260l624 0"),
        ([(0.0, -179.0), (0.0, 179.0)], "M672 260l-624 0"),
        ([(60.0, 24.0), (60.0, 26.0)], "M48 260l624 0"),
        ([(45.0, 9.0)], "M360 260h0"),
    ],
    ids=["north is up", "across the date line", "and back", "far north", "a vehicle that stood"],
)
def test_a_way_reaches_from_margin_to_margin(run, line):
    assert dict(paths(shown(run)))["data"] == line


@pytest.mark.parametrize(
    ("run", "bar", "length"),
    [
        ([(45.0, 9.0)], "100 m", 106.0),  # 200 m on 424 steps
        ([(0.0, 0.0), (0.0, 0.04)], "1 km", 70.1),  # 4.448 km on 624 steps
        ([(60.0, 24.0), (60.0, 26.0)], "20 km", 56.1),  # 2 degrees, of half the equator's: 111 km
        ([(0.0, 0.0), (0.0, 10.0)], "200 km", 56.1),
    ],
)
def test_the_scale_is_the_longest_round_length_in_its_part_of_the_width(run, bar, length):
    picture = shown(run)
    assert written(picture)[0] == (bar, 14, 245, "start")
    assert dict(paths(picture))["bar"] == f"M10 246v4h{length}v-4"


def test_marks_have_their_words_on_the_side_where_there_is_room():
    picture = shown(
        *ALONG,
        marks=[
            Mark((0.0, 0.0), "start", "end"),
            Mark((0.0, 120 / 208 + 1.5), "two thirds", "mark"),
            Mark((0.0, 122 / 208 + 1.5), "beyond", "mark"),
            Mark((0.0, 3.0), "a place", "name"),
        ],
    )
    circles = [each.attributes for each in picture.all("circle")]
    assert [(each["class"], each["cx"], each["cy"], each["r"]) for each in circles] == [
        ("end", "24.0", "130.0", "4"),
        ("mark", "240.0", "130.0", "4"),
        ("mark", "241.0", "130.0", "4"),
        ("name", "336.0", "130.0", "2"),
    ]
    assert written(picture)[:4] == [
        ("start", 30, 125, "start"),
        ("two thirds", 246, 125, "start"),
        ("beyond", 235, 125, "end"),
        ("a place", 330, 142, "end"),
    ]


def test_points_that_fall_on_the_one_before_are_left_out_but_never_an_end():
    run = [(0, 0), (0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (1, 1)]
    assert thinned([run, [(5, 5)], [(6, 6), (6, 6)]]) == [
        [(0, 0), (1, 0), (1, 1), (1, 1)], [(5, 5)], [(6, 6), (6, 6)],
    ]  # fmt: skip


def test_a_line_of_too_many_points_is_drawn_on_a_coarser_grid():
    whole = [(n, 0) for n in range(MOST_POINTS)]
    assert thinned([whole]) == [whole]
    assert thinned([[*whole, (1500, 0)]]) == [[(n, 0) for n in range(0, 1501, 2)]]
    down = [(7, n) for n in range(4 * MOST_POINTS)]
    assert thinned([down]) == [[*((7, n) for n in range(0, 5993, 8)), (7, 5999)]]
    pieces = [[(0, 0), (1, 1)]] * 1000
    assert thinned(pieces) == pieces
