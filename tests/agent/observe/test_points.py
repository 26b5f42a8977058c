"""Read points as they are configured: what is left empty names nothing."""

from __future__ import annotations

import pytest

from agent.observe.points import Side
from tests.agent.observe.points import point


@pytest.mark.parametrize(
    ("outer", "inner", "beams"),
    [
        ("", "", {}),
        ("lo", "", {"lo": Side.OUTER}),
        ("", "box:2", {"box:2": Side.INNER}),
        ("lo", "li", {"lo": Side.OUTER, "li": Side.INNER}),
    ],
)
def test_a_beam_that_is_not_configured_is_none(outer, inner, beams):
    assert point(beam_outer=outer, beam_inner=inner).beams == beams


def test_antennas_of_both_sides_are_antennas_of_the_point():
    door = point(antennas="r:1, r:9", outer="r:1-2", inner="other:4")
    assert door.antennas == (("r", 1), ("r", 9), ("r", 2), ("other", 4))
    assert door.sides == {("r", 1): Side.OUTER, ("r", 2): Side.OUTER, ("other", 4): Side.INNER}


@pytest.mark.parametrize(("kind", "round_s", "reads"), [("gate", 0.25, 2), ("shelf", 60.0, 1)])
def test_what_is_left_to_the_kind_is_as_it_goes_there(kind, round_s, reads):
    left = point(kind=kind)
    assert (left.round, left.reads) == (round_s, reads)
    said = point(kind=kind, round=5.0, reads=4, missed_rounds=3)
    assert (said.round, said.reads, said.missed) == (5.0, 4, 3)
