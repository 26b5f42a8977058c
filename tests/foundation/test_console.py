"""Errors as they stand on a console of 80 columns."""

from __future__ import annotations

import pytest

from foundation.console import cut, folded, told
from foundation.errors import Fatal
from foundation.toml_file import Problem, WrongFile

LONG = "the key of this gateway is missing " * 4


def test_an_error_and_its_next_step_are_labelled():
    assert list(told(Fatal("no key", advice="make one"))) == ["error: no key", "next: make one"]
    assert list(told(Fatal("no key"))) == ["error: no key"]


def test_what_is_too_long_goes_on_below_its_beginning():
    lines = list(told(Fatal(LONG, advice=LONG)))
    assert [line[:7] for line in lines] == ["error: ", "       ", "next: t", "      k"]
    said = "the key of this gateway is missing"
    assert lines[1] == f"       {said} {said}"
    assert lines[3] == f"      {said[4:]} {said}"  # a label that is shorter leaves room for "the"
    assert max(map(len, lines)) <= 79
    assert " ".join(line[6:].strip() for line in lines) == " ".join([LONG.strip()] * 2)


def test_who_looks_for_words_gets_each_on_one_line():
    told_plainly = list(told(Fatal(LONG, advice=LONG), fold=False))
    assert told_plainly == [f"error: {LONG}", f"next: {LONG}"]


def test_each_mistake_of_a_file_is_an_error_of_its_own(tmp_path):
    wrong = WrongFile(tmp_path, [Problem(2, "b"), Problem(1, "a")], advice="mend it")
    assert list(told(wrong, fold=False)) == [
        f"error: {tmp_path}:1: a", f"error: {tmp_path}:2: b", "next: mend it",
    ]  # fmt: skip


def test_another_s_error_is_told_as_well():
    class Strange(Exception):
        advice = "look"

    assert list(told(Strange("gone"))) == ["error: gone", "next: look"]


@pytest.mark.parametrize(("length", "kept"), [(79, 79), (80, 79)])
def test_the_last_column_stays_free(length, kept):
    assert len(cut("x" * length)) == kept
    assert len(folded("x " * length)[0]) == 79
    assert cut("x" * length).endswith("…") == (length > 79)


def test_lines_behind_the_first_are_indented_only_where_it_is_said():
    assert folded("a\nb " * 30, width=20)[1][:3] == "a�b"
    assert folded("aa " * 30, 2, 20)[1][:3] == "  a"
