"""What a plot shows, and that nothing makes it too large."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

import pytest

from agent.renderer.catalogue import words_of
from agent.renderer.plot import MOST_BYTES, Limit, Plot, drawn, runs_of
from agent.renderer.scale import decimals_of, time_lines, value_lines
from agent.renderer.zone import Zone, offset_words, stamp
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
    assert len(svg.encode()) <= MOST_BYTES


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
