"""States in colour: green is good, yellow passes, red needs somebody; the words stay the same."""

from __future__ import annotations

import io
import re

import pytest

from agent.cli.colour import painted, painter

GREEN, YELLOW, RED, PLAIN = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"


@pytest.mark.parametrize(
    ("state", "colour"),
    [
        ("running", GREEN), ("ok", GREEN),
        ("opening", YELLOW), ("connecting", YELLOW), ("waiting", YELLOW),
        ("missing", RED), ("faulty", RED), ("wrong-device", RED), ("not-admitted", RED),
        ("given-up", RED), ("SILENT", RED), ("NOT DURABLE", RED), ("EXPIRED", RED),
        ("REVOKED", RED), ("LIMIT-REACHED", RED), ("READ-ONLY", RED),
    ],
)  # fmt: skip
def test_each_state_has_its_colour(state, colour):
    assert painted(f"cold  {state}, here") == f"cold  {colour}{state}{PLAIN}, here"
    assert painted(f"cold: {state}") == f"cold: {colour}{state}{PLAIN}"


@pytest.mark.parametrize(
    "line", ["cold running", "running", "cold  runningly", "cold  Running", "cold  fine"]
)
def test_a_word_that_is_no_state_of_something_has_none(line):
    assert painted(line) == line


def test_only_the_first_state_of_a_line_is_painted():
    assert painted("a  ok  running") == f"a  {GREEN}ok{PLAIN}  running"


@pytest.mark.parametrize(
    ("terminal", "environ", "wanted"),
    [
        (True, {}, True), (True, {"TERM": "xterm", "NO_COLOR": ""}, True), (False, {}, False),
        (True, {"NO_COLOR": "1"}, False), (True, {"TERM": "dumb"}, False),
    ],
)  # fmt: skip
def test_where_colours_are_wanted(terminal, environ, wanted):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    line = painter(stream, environ)("a  ok")
    assert bool(re.search("\x1b", line)) is wanted
