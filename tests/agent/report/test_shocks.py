"""Impacts: which course can be drawn, which is the hardest, and every number of one."""

from __future__ import annotations

import struct

import pytest

from agent.report.shocks import hardest, shocks, waveform_of
from tests.agent.report.parts import lines
from tests.evidence.building import record


def wave(count=2, **changes):
    values = {
        "peak": 100, "waveform": struct.pack(">hhh", 1, -2, 3) * count, "digit": 49_000,
        "rate": 40_000,
    }  # fmt: skip
    return record(7, "shock", device="hit", values=values | changes)


def test_a_course_is_read_in_units_of_its_step():
    drawn = waveform_of(wave())
    assert drawn.samples == [pytest.approx((0.049, -0.098, 0.147))] * 2
    assert drawn.rate == 4000
    assert len(waveform_of(wave(4097)).samples) == 4096


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"waveform": b"\0" * 6}, False), ({"waveform": b"\0" * 13}, False),
        ({"waveform": b"\0" * 18}, True), ({"waveform": "text"}, False),
        ({"digit": 0}, False), ({"digit": 1}, True), ({"digit": -1}, False),
        ({"rate": 10}, True), ({"rate": 9}, False), ({"rate": 10**7}, True),
        ({"rate": 10**7 + 1}, False),
    ],
)  # fmt: skip
def test_a_course_that_cannot_be_read_is_none(changes, holds):
    assert (waveform_of(wave(**changes)) is not None) is holds
    for name in ("waveform", "digit", "rate"):
        values = {each: value for each, value in wave().values.items() if each != name}
        assert waveform_of(record(7, "shock", values=values)) is None


def test_the_hardest_impact_comes_first_and_one_of_unknown_peak_before_it():
    found = [record(n, "shock", values=values) for n, values in enumerate(
        ({"peak": 100}, {"peak": 300}, {}, {"peak": 200}))]  # fmt: skip
    assert [each.number for each in hardest(found)] == [2, 1, 3, 0]


def test_courses_of_the_eight_hardest_are_drawn_in_the_order_of_time():
    found = [wave(peak=100 + n)._replace(number=n) for n in range(10)]
    pictures = [each for each in lines(shocks, found) if each.startswith("picture of")]
    assert [each.split(":")[1].strip() for each in pictures] == [str(n) for n in range(2, 10)]


def test_an_impact_in_all_its_numbers():
    values = {
        "peak": 2550, "duration": 950, "delta_v": 1750, "peak_x": 100, "peak_y": -2550, "fall": 16,
    }  # fmt: skip
    (row,) = [each for each in lines(shocks, [record(0, "shock", values=values)]) if "cold" in each]
    assert row.split(" | ")[2:7] == [
        "25.5 g", "9.5 ms", "1.75 m/s", "1.0 g, -25.5 g, unknown", "0.16 m",
    ]  # fmt: skip
