"""What a plot shows, and that nothing makes it too large."""

from __future__ import annotations

import random
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from agent.renderer.catalogue import words_of
from agent.renderer.plot import Limit, Plot, drawn, key, runs_of
from agent.renderer.scale import decimals_of, time_lines, value_lines
from agent.renderer.zone import Zone, offset_words, stamp
from tests.agent.renderer.pictures import paths, written
from tests.agent.report.reading import drawn as points_of
from tests.agent.report.reading import read

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_792_886_400_000  # 2026-10-25T00:00:00Z
ROME, WORDS = Zone(ZoneInfo("Europe/Rome")), words_of("en")


def plotted(points, unknown=(), end=START + 3 * DAY, **more):
    runs = runs_of(points, unknown)
    return drawn(Plot("p", "°C", START, end, runs, unknown, **more), ROME, WORDS)


def test_three_days_of_noise_full_of_holes_stay_below_the_limit():
    chance = random.Random(1)
    points = [(START + n * MINUTE, chance.uniform(-40, 60)) for n in range(3 * 1440)]
    holes = [(START + n * 10 * MINUTE, START + (n * 10 + 3) * MINUTE) for n in range(432)]
    limits = [Limit(float(n), f"{n} °C") for n in range(10)]
    svg = plotted(points, holes, limits=limits, excursions=holes, alarms=holes)
    assert len(svg.encode()) <= 20_000, "its columns bound it"


def test_one_value_is_a_point_and_a_hole_as_short_as_a_second_is_seen():
    svg = read(plotted([(START + DAY, 4.0)], [(START + 2 * DAY, START + 2 * DAY + 1000)]))
    assert points_of(svg.one("path", class_="data").attributes["d"]) == [[(211, 120), (211, 120)]]
    (band,) = points_of(svg.one("path", class_="unknown").attributes["d"])
    assert max(x for x, _ in band) - min(x for x, _ in band) == 1


def test_without_a_value_there_are_no_numbers():
    svg = read(plotted([], [(START, START + 3 * DAY)]))
    assert not svg.all("path", class_="data")
    assert svg.all("text")[0].text == "°C"
    assert not any(
        each.text.replace(".", "").isdigit() for each in svg.all("text", text_anchor="end")
    )


@pytest.mark.parametrize(
    ("low", "high", "lines"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (3.98, 4.05, [3.98, 4.0, 4.02, 4.04]),
        (-0.5, 15, [0, 5, 10, 15]),
    ],
)
def test_values_stand_at_round_numbers(low, high, lines):
    assert value_lines(low, high) == lines
    assert decimals_of([3.98, 4.0]) == 2


def test_times_stand_at_round_local_times_through_a_change_of_the_clocks():
    local = [ROME.local(at) for at in time_lines(ROME, START, START + DAY)]
    assert [f"{each:%H:%M}" for each in local] == ["06:00", "12:00", "18:00", "00:00"]


def test_west_of_greenwich_the_lines_begin_with_the_evening_before():
    west = Zone(ZoneInfo("America/New_York"))
    local = [west.local(at) for at in time_lines(west, START, START + 4 * HOUR)]
    assert [f"{each:%d %H:%M}" for each in local] == [
        "24 20:00", "24 21:00", "24 22:00", "24 23:00", "25 00:00",
    ]  # fmt: skip


def test_an_hour_that_comes_twice_has_one_line_where_it_begins():
    """02:00 in Rome is 00:00Z and, an hour later, 01:00Z; 03:00 is 02:00Z."""
    found = [(at - START) // HOUR for at in time_lines(ROME, START, START + 4 * HOUR)]
    assert found == [0, 2, 3, 4]


def test_both_changes_of_a_year_are_found_to_the_second():
    found = ROME.changes(START - 300 * DAY, START + 30 * DAY)
    assert [each.at for each in found] == [1_774_746_000_000, START + HOUR]  # 2026-03-29T01:00Z
    assert [(each.before, each.after) for each in found] == [(60, 120), (120, 60)]


def test_offsets_of_quarters_and_west_of_greenwich():
    assert offset_words(345) == "+05:45"
    assert offset_words(-210) == "-03:30"
    assert "05:45" in stamp(Zone(ZoneInfo("Asia/Kathmandu")), START, "unknown")


@pytest.mark.parametrize("ms", [2**62, -(2**62), 253_402_300_800_000])
def test_a_moment_in_no_year_is_told_as_it_is(ms):
    assert str(ms) in stamp(ROME, ms, "unknown")
    assert ROME.changes(min(0, ms), max(0, ms)) is not None


UTC_WORDS = Zone(UTC), words_of("de")
FOUR_HOURS = Plot(
    "a <plot>",
    "°C",
    START,
    START + 4 * HOUR,
    runs=[[(START, 0.0), (START + 2 * HOUR, 10.0)]],
    unknown=[(START + 2 * HOUR, START + 4 * HOUR)],
    limits=[Limit(8.0, "8 °C at most")],
    excursions=[(START + HOUR, START + 2 * HOUR)],
    alarms=[(START + HOUR, START + HOUR)],
)
"""0 to 10 °C, with 6 % room: -0.6 to 10.6 °C on 240 steps; 4 h on 636 columns."""


def test_a_plot_shows_values_limits_and_what_nobody_knows_on_one_scale():
    picture = read(drawn(FOUR_HOURS, *UTC_WORDS)).one("svg")
    assert paths(picture) == [
        ("unknown", "M317 0h319v240H317z"),
        ("tick", "M0 0v240M158 0v240M317 0v240M476 0v240M635 0v240"),
        ("limit", "M0 56H636"),
        ("excursion", "M158 -22h160v14H158z"),
        ("alarm", "M158 -22h1v14H158z"),
        ("data", "M0 227l317-214"),
        ("frame", "M36 16h318v120h-318z"),
    ]
    assert picture.one("g").attributes == {"transform": "translate(36 16) scale(0.5)"}
    told = picture.attributes
    assert told | {
        "viewbox": "0 0 360 172", "aria-label": "a <plot>", "data-start": str(START),
        "data-end": str(START + 4 * HOUR), "data-low": "-0.6", "data-high": "10.6",
    } == told  # fmt: skip


def test_numbers_stand_at_the_left_limits_within_and_times_below():
    assert written(read(drawn(FOUR_HOURS, *UTC_WORDS))) == [
        ("°C", 2, 11, "start"),
        ("0", 32, 132.5, "end"),
        ("5", 32, 79, "end"),
        ("10", 32, 25.5, "end"),
        ("8 °C at most", 351, 41, "end"),
        ("00:00", 36, 148, "middle"),
        ("10-25", 36, 160, "middle"),
        ("01:00", 115, 148, "middle"),
        ("02:00", 194.5, 148, "middle"),
        ("03:00", 274, 148, "middle"),
        ("04:00", 360, 148, "end"),
    ]


@pytest.mark.parametrize(
    ("length", "below"),
    [
        (5 * DAY, ["10-25", "10-26", "10-27", "10-28", "10-29", "10-30"]),
        (30_000, ["00:00:00", "10-25", "00:00:10", "00:00:20", "00:00:30"]),
        (5 * MINUTE, ["00:00", "10-25", "00:01", "00:02", "00:03", "00:04", "00:05"]),
        (DAY + HOUR, ["00:00", "10-25", "06:00", "12:00", "18:00", "00:00", "10-26"]),
    ],
)
def test_times_are_as_fine_as_the_plot_and_a_day_is_named_where_it_begins(length, below):
    picture = read(drawn(Plot("p", "g", START, START + length, []), *UTC_WORDS))
    assert [told for told, *_ in written(picture)] == ["g", *below]
    assert written(picture)[1][2] == 148


def test_where_the_clocks_change_a_line_says_from_what_to_what():
    picture = read(plotted([(START, 4.0)], end=START + 4 * HOUR))
    assert ("offset", "M158 0v240") in paths(picture)
    assert written(picture)[-1] == ("+02:00 → +01:00", 115, 170, "middle")


def test_a_value_that_does_not_change_has_half_a_unit_of_room_and_no_value_one_at_zero():
    (steady, none) = (read(plotted(points)).one("svg") for points in ([(START, 4.0)], []))
    assert (steady.attributes["data-low"], steady.attributes["data-high"]) == ("3.5", "4.5")
    assert (none.attributes["data-low"], none.attributes["data-high"]) == ("-0.5", "0.5")


def test_a_limit_is_numbered_even_where_no_value_is_known():
    picture = read(plotted([], limits=[Limit(8.0, "8 °C")]))
    assert [told for told, *_ in written(picture)][:4] == ["°C", "7.6", "7.8", "8.0"]


def test_a_line_is_parted_where_unknown_time_lies_between_two_values():
    points = [(0, 1.0), (10, 2.0), (20, 3.0), (30, 4.0)]
    assert runs_of(points, []) == [points]
    assert runs_of([], [(0, 5)]) == []
    assert runs_of(points, [(12, 18)]) == [points[:2], points[2:]]
    assert runs_of(points, [(25, 26), (11, 12), (13, 19)]) == [points[:2], points[2:3], points[3:]]
    assert runs_of(points, [(15, 15)]) == [points]  # no time at all
    assert runs_of(points, [(20, 25)]) == [points[:3], points[3:]]  # the value at 20 is known
    assert runs_of(points, [(-9, -5), (40, 50)]) == [points]


def test_a_key_names_what_each_colour_means():
    assert key([("unknown", "not known"), ("alarm", "<alarm>")]) == (
        '<p class="key"><span><i class="unknown"></i>not known</span>'
        '<span><i class="alarm"></i>&lt;alarm&gt;</span></p>'
    )
