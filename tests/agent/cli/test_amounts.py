"""Durations, counts and bytes as people read them, and the numbers that they may give."""

from __future__ import annotations

import argparse
import io
from types import SimpleNamespace

import pytest

from agent.cli import given_files
from agent.cli.amounts import age, grouped, size
from agent.cli.arguments import count, whole
from agent.cli.errors import Mistake
from agent.cli.given_files import at_most, contents, no_policy
from evidence.errors import MalformedError

DAY, HOUR = 86_400_000, 3_600_000


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 s"), (999, "0 s"), (1000, "1 s"), (59_999, "59 s"), (60_000, "1 min"),
        (61_000, "1 min 1 s"), (3_599_000, "59 min 59 s"), (HOUR, "1 h"), (HOUR + 59_000, "1 h"),
        (HOUR + 60_000, "1 h 1 min"), (DAY - 1000, "23 h 59 min"), (DAY, "1 d"),
        (DAY + HOUR, "1 d 1 h"), (DAY + 60_000, "1 d"), (40 * DAY, "40 d"), (-5000, "0 s"),
    ],
)  # fmt: skip
def test_a_duration_has_two_neighbouring_units_at_most(milliseconds, text):
    assert age(milliseconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1000, "1 000"), (1234567, "1 234 567")]
)
def test_large_numbers_are_grouped(number, text):
    assert grouped(number).replace("\N{THIN SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (1_000_000, "1.0 MB"),
        (2_500_000_000, "2.5 GB"), (3 * 10**12, "3.0 TB"), (10**16, "10000.0 TB"),
    ],
)  # fmt: skip
def test_bytes_have_the_unit_that_reads_best(number, text):
    assert size(number) == text


@pytest.mark.parametrize("kind", [whole, count])
def test_numbers_that_may_be_given(kind):
    assert (kind("1"), kind("007"), kind("9" * 18)) == (1, 7, 10**18 - 1)
    for text in ("", "-1", "1.5", "x", "\N{ARABIC-INDIC DIGIT THREE}", "+1"):
        with pytest.raises(argparse.ArgumentTypeError, match="is not a whole number, 0 or more"):
            kind(text)
    with pytest.raises(argparse.ArgumentTypeError, match="is larger than any number here"):
        kind("9" * 19)
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        kind("x" * 50)
    assert str(caught.value).startswith(f"'{'x' * 40}' ")


def test_none_is_a_number_but_no_count():
    assert whole("0") == 0
    with pytest.raises(argparse.ArgumentTypeError, match="'0' is not a whole number, 1 or more"):
        count("0")


def test_a_file_is_read_up_to_its_limit(tmp_path, monkeypatch):
    file = tmp_path / "f"
    file.write_bytes(b"12345")
    assert at_most(file, 5) == b"12345"
    with pytest.raises(MalformedError, match="it has more than 4 bytes, the limit"):
        at_most(file, 4)
    for limit in (5, 4):
        stdin = SimpleNamespace(buffer=io.BytesIO(b"12345"))
        monkeypatch.setattr(given_files.sys, "stdin", stdin)
        if limit == 5:
            assert at_most(given_files.STANDARD_INPUT, limit) == b"12345"
        else:
            with pytest.raises(MalformedError):
                at_most(given_files.STANDARD_INPUT, limit)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(Mistake, match=r"cannot read .*none: no such file or directory") as caught:
        contents(tmp_path / "none", 1, "name it")
    assert caught.value.advice == "name it"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file"), "cannot read p: no such file"),
        (OSError(), "cannot read p: it cannot be read"),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "odd"), "p is not a policy: it is not text"),
        (MalformedError("policy", "line 1: odd"), "p is not a policy: line 1: odd"),
    ],
)
def test_why_a_file_gives_no_policy(error, said):
    assert no_policy("p", error) == said
