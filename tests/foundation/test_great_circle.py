"""Arcs on a sphere, against ones that geometry gives."""

from __future__ import annotations

import math

import pytest

from foundation.great_circle import arc


@pytest.mark.parametrize(
    ("one", "other", "degrees"),
    [
        ((0, 0), (0, 0), 0),
        ((0, 0), (0, 90), 90),
        ((0, 10), (0, -20), 30),
        ((-20, 7), (25, 7), 45),
        ((90, 0), (0, 123), 90),
        ((90, 0), (-90, 0), 180),
        ((0, 0), (0, 180), 180),
        ((45, 0), (45, 180), 90),  # over the pole
        ((60, 0), (60, 90), 41.409622),  # acos(3/4): sin² 60° + cos² 60° · cos 90°
        ((0, 179), (0, -179), 2),
    ],
)
def test_arcs(one, other, degrees):
    assert math.degrees(arc(*one, *other)) == pytest.approx(degrees, abs=1e-6)
    assert arc(*other, *one) == arc(*one, *other)
