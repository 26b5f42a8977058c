"""A series in columns of pixels: where a moment and a value lie, and which line goes through them."""

from __future__ import annotations

import pytest

from agent.renderer.columns import Column, Frame, bands, columns, line, merged

FRAME = Frame(start=500, end=1500, low=0.0, high=10.0, columns=11, steps=20)
"""A column for 100 ms, and two steps for one of the value."""


@pytest.mark.parametrize(
    ("at", "column"),
    [(500, 0), (599, 0), (600, 1), (1499, 9), (1500, 10), (0, 0), (499, 0), (1600, 10), (9999, 10)],
)
def test_a_moment_has_a_column_within_the_frame(at, column):
    assert FRAME.column(at) == column


def test_a_frame_of_no_time_has_each_moment_at_an_end():
    frame = FRAME._replace(end=500)
    assert [frame.column(at) for at in (499, 500, 501)] == [0, 0, 10]
    assert FRAME._replace(end=501).column(501) == 10


@pytest.mark.parametrize(
    ("value", "step"),
    [(10.0, 0), (9.7, 1), (5.0, 10), (2.5, 15), (0.0, 20), (-1.0, 20), (11.0, 0), (10.4, 0)],
)
def test_a_value_has_a_height_from_the_top(value, step):
    assert FRAME.step(value) == step
    assert FRAME._replace(low=-10.0, high=0.0).step(value - 10) == step


def test_a_column_keeps_its_first_and_last_value_and_both_peaks():
    run = [(500, 5.0), (510, 9.0), (520, 1.0), (530, 4.0), (650, 4.0), (1500, 0.0)]
    assert list(columns(FRAME, run)) == [
        Column(at=0, first=10, top=2, bottom=18, last=12),
        Column(at=1, first=12, top=12, bottom=12, last=12),
        Column(at=10, first=20, top=20, bottom=20, last=20),
    ]
    assert list(columns(FRAME, [])) == []


def test_a_line_goes_through_both_peaks_of_a_column_and_on_to_the_next():
    run = [(500, 5.0), (510, 9.0), (520, 1.0), (530, 4.0), (650, 4.0), (1500, 0.0)]
    assert line(FRAME, [run]) == "M0 10v-8v16v-6l1 0l9 8"
    assert line(FRAME, [[(700, 1.0), (800, 2.0)]]) == "M2 18l1-2"
    assert line(FRAME, [[(700, 1.0), (800, 1.5)]]) == "M2 18l1-1"


def test_runs_are_not_joined_and_a_single_value_is_a_point():
    assert line(FRAME, [[(600, 1.0)], [(800, 2.0), (801, 3.0)]]) == "M1 18h0M3 16v-2v2v-2"


def test_what_is_shorter_than_a_column_is_seen_and_what_touches_is_one():
    assert bands(FRAME, [(500, 500)], top=5, height=3) == "M0 5h1v3H0z"
    assert bands(FRAME, [(820, 830), (500, 550), (620, 630)], 5, 3) == "M0 5h2v3H0zM3 5h1v3H3z"
    assert bands(FRAME, [], 5, 3) == ""


def test_a_span_within_another_shortens_nothing():
    assert list(merged(FRAME, [(500, 1100), (600, 700), (1150, 1200), (1400, 1500)])) == [
        (0, 7), (9, 10),
    ]  # fmt: skip
