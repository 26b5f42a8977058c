"""How pictures look: words that can be read, and data that stand out from what is around them."""

from __future__ import annotations

import pytest

from agent.renderer.ink import COLOURS, LOOKS, path
from agent.renderer.markup import NOTHING


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", ["ink", "soft", "good", "bad", "care", "first", "second", "third"])
def test_words_have_the_contrast_that_they_need_on_white(name):
    assert 1.05 / (luminance(COLOURS[name]) + 0.05) >= 4.5


def test_lines_are_the_thicker_the_more_they_say_and_data_no_blot():
    """In steps, of which two are a unit of the picture."""
    thickness = {name: look["stroke_width"] for name, look in LOOKS.items() if "stroke" in look}
    several = (("frame", "bar"), ("tick",), ("limit", "offset", "across"),
               ("data", "data x", "data y", "data z"))  # fmt: skip
    (frame,), (tick,), (limit,), (data,) = ({thickness[name] for name in each} for each in several)
    assert 1 <= frame < tick < limit < data <= 3


def test_a_part_without_a_line_is_not_there():
    assert path("tick", "") == NOTHING
    assert path("tick", "M0 0h9") != NOTHING
