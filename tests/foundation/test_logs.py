"""Log lines: one a message, and no stranger's word passes for another."""

from __future__ import annotations

import logging

import pytest

from foundation.logs import OneLine, log_to_stderr


def line(message, error=None):
    record = logging.LogRecord("agent.x", logging.ERROR, "x.py", 1, message, (), error)
    return OneLine("%(name)s: %(message)s").format(record)


def test_a_message_is_one_line():
    assert line("tag \x1b[2J\nERROR gone") == "agent.x: tag �[2J�ERROR gone"


def test_a_stranger_s_level_is_moved_on():
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "<0>all is lost", (), None)
    assert OneLine("%(message)s").format(record) == " <0>all is lost"
    assert OneLine("a %(message)s").format(record) == "a <0>all is lost"


def test_the_lines_of_a_traceback_are_indented():
    with pytest.raises(ValueError, match="bad") as caught:
        raise ValueError("bad\n<0>word")
    raised = caught.type, caught.value, caught.tb
    first, *traceback = line("gone", raised).split("\n")
    assert first == "agent.x: gone"
    assert traceback[0] == "  Traceback (most recent call last):"
    assert traceback[-1] == "  <0>word"
    assert all(each.startswith("  ") for each in traceback)


@pytest.mark.parametrize(("level", "said"), [({}, "b c"), ({"level": logging.ERROR}, "c")])
def test_lines_from_a_level_up_go_to_standard_error(level, said, capsys, monkeypatch):
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "root", root)
    log_to_stderr("%(message)s", **level)
    for number, word in ((logging.DEBUG, "a"), (logging.INFO, "b"), (logging.ERROR, "c")):
        root.log(number, word)
    assert capsys.readouterr() == ("", said.replace(" ", "\n") + "\n")
