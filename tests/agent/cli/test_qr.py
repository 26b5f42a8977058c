"""A QR code on a terminal: two modules a character, with a margin that a camera finds it by."""

from __future__ import annotations

import pytest

from agent.cli.qr import drawn

pytest.importorskip("segno")

DARK = {" ": (1, 1), "\u2588": (0, 0), "\u2580": (0, 1), "\u2584": (1, 0)}
"""Of each character the upper and the lower half: 1 for a dark module, which is not drawn."""


def modules(text):
    lines = list(drawn(text))
    assert len({len(line) for line in lines}) == 1
    return [[DARK[char][half] for char in line] for line in lines for half in (0, 1)]


def test_the_shortest_text_has_a_whole_code_of_the_level_that_was_asked_for():
    """A micro code, which few cameras know, would be smaller; ISO/IEC 18004, 6.3 and 7.9."""
    rows = modules("A")
    assert (len(rows), len(rows[0])) == (2 + 21 + 2 + 1, 2 + 21 + 2)
    code = [row[2:23] for row in rows[2:23]]
    finder = [[1] * 7, [1, 0, 0, 0, 0, 0, 1], [1, 0, 1, 1, 1, 0, 1]]
    assert [row[:7] for row in code[:7]] == [*finder, finder[2], finder[2], finder[1], finder[0]]
    assert code[8][:2] == [1, 0], "level M, as its mask has it"


def test_around_the_code_all_is_light():
    rows = modules("TALLYMAN:R-20261122-0001:" + "5F" * 32)
    assert len(rows) == 2 + 33 + 2 + 1
    edge = [rows[0], rows[1], *rows[-3:], *([*row[:2], *row[-2:]] for row in rows)]
    assert {module for row in edge for module in row} == {0}
