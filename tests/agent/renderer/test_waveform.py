"""One impact as a picture: three axes on one scale, time in ms from the first sample on."""

from __future__ import annotations

from agent.renderer.catalogue import words_of
from agent.renderer.waveform import Waveform, drawn, frame_of
from tests.agent.renderer.pictures import paths, written
from tests.agent.report.reading import read

IMPACT = Waveform("a <blow>", [(0.0, 0.0, 0.0), (2.0, -1.0, 0.0), (0.0, 0.0, 1.0)], rate=1000.0)
"""-1 to 2 g, with 5 % room: -1.15 to 2.15 g on 192 steps; 2 ms on 636 columns."""


def test_each_axis_is_a_line_of_its_own_in_one_frame():
    picture = read(drawn(IMPACT, words_of("en"))).one("svg")
    assert paths(picture) == [
        ("data x", "M0 125l317-116l318 116"),
        ("data y", "M0 125l317 58l318-58"),
        ("data z", "M0 125l317 0l318-58"),
        ("frame", "M36 16h318v96h-318z"),
    ]
    assert picture.one("g").attributes == {"transform": "translate(36 16) scale(0.5)"}


def test_accelerations_stand_at_the_left_and_milliseconds_below():
    assert written(read(drawn(IMPACT, words_of("de")))) == [
        ("g", 2, 11, "start"),
        ("-1", 32, 110.5, "end"),
        ("0", 32, 81.5, "end"),
        ("1", 32, 52.5, "end"),
        ("2", 32, 23.5, "end"),
        ("0,0", 36, 124, "middle"),
        ("0,5", 115, 124, "middle"),
        ("1,0", 194.5, 124, "middle"),
        ("1,5", 274, 124, "middle"),
        ("2,0", 353.5, 124, "middle"),
        ("ms", 360, 136, "end"),
    ]


def test_milliseconds_stand_where_they_are_even_far_to_the_right():
    """99 ms on 636 columns, two for a unit: 60 ms are 60 * 635 // 99 = 384 of them, 192 units."""
    long = Waveform("a blow", [(0.0, 0.0, 0.0)] * 100, rate=1000.0)
    told = {text: x for text, x, _, anchor in written(read(drawn(long, words_of("en"))))
            if anchor == "middle"}  # fmt: skip
    assert told == {"0": 36, "20": 100, "40": 164, "60": 228, "80": 292.5}


def test_programs_are_told_what_the_frame_spans():
    told = read(drawn(IMPACT, words_of("en"))).one("svg").attributes
    assert told | {
        "viewbox": "0 0 360 140", "role": "img", "aria-label": "a <blow>", "font-size": "10",
        "data-end": "2000", "data-low": "-1.15", "data-high": "2.15",
    } == told  # fmt: skip


def test_zero_is_always_within_and_samples_that_do_not_differ_have_half_a_g_of_room():
    pushed = frame_of(Waveform("p", [(3.0, 2.0, 4.0)] * 2, rate=400.0))
    assert (pushed.low, pushed.high, pushed.end) == (-0.2, 4.2, 2500)
    lying = frame_of(Waveform("p", [(0.0, 0.0, 0.0)] * 11, rate=3200.0))
    assert (lying.low, lying.high, lying.end) == (-0.5, 0.5, 3125)
    assert frame_of(Waveform("p", [(1.23456, 0.0, 0.0)], rate=400.0)).high == 1.2963  # of 1.296288
