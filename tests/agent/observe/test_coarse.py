"""Places to the cell and the hour: what the rule says, what it hides, and that it is one rule."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.observe.coarse import HOUR_MS, MOST_CELLS, Cell, City, Grid, Places
from agent.records.sentences import sentence
from tests.agent.log_world import record

NOVARA = City("Novara", 45.446, 8.619, 10.0)
LAT, LON = st.integers(-900_000_000, 900_000_000), st.integers(-1_800_000_000, 1_800_000_000)
START = 500_000 * HOUR_MS


def distance_km(lat1: float, lon1: float, cell: Cell) -> float:
    a, b, c, d = map(math.radians, (lat1, lon1, cell.lat / 1000, cell.lon / 1000))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(min(1, h)))


@given(LAT, LON, st.integers(1, 500))
def test_every_place_lies_in_its_cell(lat, lon, km):
    cell = Grid(km).cell(lat, lon)
    assert cell.size == km
    # half a diagonal, twice as wide where few cells go round a pole, and what rounding moves
    reach = km * (math.sqrt(2) / 2) * (1.1 if abs(lat) < 800_000_000 else 3) + 0.2
    assert distance_km(lat / 1e7, lon / 1e7, cell) <= reach


@given(LAT, LON, st.integers(1, 500))
def test_the_middle_of_a_cell_is_in_it(lat, lon, km):
    if abs(lat) > 850_000_000:
        return
    cell = Grid(km).cell(lat, lon)
    assert Grid(km).cell(cell.lat * 10_000, cell.lon * 10_000) == cell


def test_neighbours_share_a_cell_and_the_rest_of_the_digits_is_gone():
    grid = Grid(10)
    cells = {grid.cell(454_800_000 + 97 * i, 86_200_000 - 103 * i) for i in range(100)}
    assert len(cells) == 1
    assert all(cell.values(START).keys() == {"hour_ms", "lat", "lon", "size"} for cell in cells)


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(900_000_000, 0), (-900_000_000, 1_800_000_000), (0, -1_800_000_000), (0, 1_800_000_000)],
)
def test_poles_and_the_date_line(lat, lon):
    grid = Grid(25)
    assert grid.cell(lat, lon).size == 25
    assert grid.cell(0, 1_800_000_000) == grid.cell(0, -1_800_000_000)


def test_a_city_goes_before_the_grid():
    grid = Grid(50, (NOVARA,))
    inside, outside = grid.cell(454_500_000, 86_200_000), grid.cell(450_700_000, 76_800_000)
    assert (inside.name, inside.size) == ("Novara", 20)
    assert (outside.name, outside.size) == ("", 50)
    assert NOVARA.holds(45.446, 8.619)
    assert not NOVARA.holds(45.446, 8.619 + 0.2)


def position(number, minutes, lat=454_500_000, lon=86_200_000, **changes):
    said = {"kind": "position", "device": "gps", "values": {"lat": lat, "lon": lon}}
    return record(number, wall_ms=START + round(minutes * 60_000), **said | changes)


def test_one_record_a_cell_and_hour_whatever_the_order():
    grid = Grid(10, (NOVARA,))
    there, back = Places(grid), Places(grid)
    track = [(454_500_000, 86_200_000), (450_700_000, 76_800_000), (452_000_000, 80_000_000)]
    for n, (lat, lon) in enumerate(track * 5):
        there.apply(position(n, n, lat, lon))
    for n, (lat, lon) in enumerate(track[::-1]):
        back.apply(position(n, n, lat, lon))
    assert there.due(START + HOUR_MS - 1) == []
    told = there.due(START + HOUR_MS)
    assert told == back.due(START + HOUR_MS)
    assert len(told) == 3
    assert {device for device, _ in told} == {"gps"}
    assert [values.get("name") for _, values in told].count("Novara") == 1
    assert {values["hour_ms"] for _, values in told} == {START}
    assert there.due(START + 2 * HOUR_MS) == []


def test_doubtful_positions_and_unknown_times_tell_nothing():
    places = Places(Grid(10))
    for n, changes in enumerate(
        (
            {"quality": "suspect"},
            {"clock_bound_ms": None},
            {"values": {}},
            {"values": {"lat": "45", "lon": 8}},
            {"lat": 900_000_001},
            {"lon": -1_800_000_001},
            {"kind": "temperature"},
        )
    ):
        places.apply(position(n, n, **changes))
    assert places.due(START + 9 * HOUR_MS) == []


def test_what_was_told_is_not_told_again_after_a_restart():
    grid = Grid(10, (NOVARA,))
    before, after = Places(grid), Places(grid)
    track = [position(0, 1), position(1, 2, 450_700_000, 76_800_000), position(2, 61)]
    for each in track:
        before.apply(each)
        after.apply(each)
    told = before.due(START + HOUR_MS)
    for n, (device, values) in enumerate(told):
        after.apply(
            record(3 + n, kind="place", device=device, values=values, wall_ms=START + HOUR_MS)
        )
    assert len(told) == 2
    assert after.due(START + HOUR_MS) == []
    assert len(after.due(START + 2 * HOUR_MS)) == 1


def test_a_receiver_that_jumps_all_over_the_world_is_bounded():
    places = Places(Grid(1))
    for n in range(2 * MOST_CELLS):
        places.apply(position(n, 1, lat=n * 1_000_000, lon=n * 1_000_000))
    assert len(places.due(START + HOUR_MS)) == MOST_CELLS


def test_it_reads_as_a_sentence():
    values = Grid(10, (NOVARA,)).cell(454_500_000, 86_200_000).values(START)
    said = sentence(record(0, kind="place", values=values))
    assert (
        said
        == "in Novara, within 20 km around 45.446°, 8.619°, in the hour from 2027-01-15T08:00:00.000Z"
    )


@pytest.mark.parametrize(
    ("radius", "size"), [(0.1, 1), (0.5, 1), (0.75, 2), (3.0, 6), (10.0, 20), (10.2, 20)]
)
def test_a_city_s_cell_is_as_wide_as_the_city_and_a_kilometre_at_least(radius, size):
    city = City("Novara", 45.446, 8.619, radius)
    cell = Grid(10, [city]).cell(454_460_000, 86_190_000)
    assert cell == Cell(45446, 8619, size, "Novara")


@pytest.mark.parametrize(("radius", "holds"), [(111.1, False), (111.2, True)])
def test_a_degree_of_the_mean_sphere_is_111_km(radius, holds):
    """6,371 km by the radians of a degree: 111.19 km."""
    assert City("Novara", 45.0, 8.0, radius).holds(46.0, 8.0) is holds


def test_a_grid_of_a_quarter_of_the_earth_has_cells_that_can_be_counted():
    """40,030 km around the mean sphere: two bands of 10,008 km, and about three cells in each."""
    grid = Grid(10_008)
    assert grid.cell(10, 0) == Cell(45_000, 0, 10_008)
    assert grid.cell(-10, 0) == Cell(-45_000, 0, 10_008)
    assert grid.cell(900_000_000, 1_800_000_000) == Cell(45_000, -120_000, 10_008)
    assert grid.cell(0, 599_999_999) == Cell(45_000, 0, 10_008)
    assert grid.cell(0, 600_000_001) == Cell(45_000, 120_000, 10_008)
    assert Grid(500_000).cell(-1, 1) == Cell(0, 0, 500_000)


def test_the_corners_of_the_earth_are_on_it():
    places = Places(Grid(500))
    corners = [(900_000_000, 1_800_000_000), (-900_000_000, -1_800_000_000)]
    for n, (lat, lon) in enumerate(corners):
        places.apply(position(n, n, lat, lon))
    places.apply(position(3, 3, 0, 1_800_000_001))
    assert len(places.due(START + HOUR_MS)) == 2


def test_only_the_cell_that_was_told_is_not_told_again():
    def seen() -> Places:
        places = Places(Grid(10, (NOVARA,)))
        places.apply(position(0, 1))
        places.apply(position(1, 2, 450_700_000, 76_800_000))
        return places

    first, other = seen().due(START + HOUR_MS)
    places = seen()
    places.apply(record(2, kind="place", device="gps", values=first[1], wall_ms=START))
    places.apply(record(3, kind="place", device="gps", values={"lat": 1}, wall_ms=START))
    assert places.due(START + HOUR_MS) == [other]
