"""A command line: what its user did wrong, what its help says, and how wide it is."""

from __future__ import annotations

import argparse
import os
import sys

import pytest

from foundation import parser as parser_module
from foundation.hints import hint, nearest
from foundation.parser import EXIT_CODES, Argument, Parser, PlainFormatter, UsageError, columns
from foundation.verbs import help_line, load, table


def made() -> Parser:
    parser = Parser("tallyman test", "Try it.")
    parser.add_argument("device", metavar="DEVICE", help="which one, as %(prog)s lists it")
    parser.add_argument("--since", type=int, default=5, help="from here (%(default)s)")
    parser.add_argument("--form", choices=["page", "json"], required=True)
    parser.add_argument("-v", "--all-of-it", action="store_true", help="everything")
    parser.add_argument("--kind", action="append", help="some")
    parser.add_argument("--name", nargs="*")
    parser.add_argument("--secret", help=argparse.SUPPRESS)
    return parser


def test_what_was_declared_is_told_in_its_order():
    assert made().arguments() == [
        Argument("device", (), "which one, as tallyman test lists it", None, (), True, True, False),
        Argument("since", ("--since",), "from here (5)", int, (), True, False, False),
        Argument("form", ("--form",), "", None, ("page", "json"), True, True, False),
        Argument("all-of-it", ("-v", "--all-of-it"), "everything", None, (), False, False, False),
        Argument("kind", ("--kind",), "some", None, (), True, False, True),
        Argument("name", ("--name",), "", None, (), True, False, True),
    ]


def test_several_at_one_place_are_many():
    parser = Parser("x", "y")
    parser.add_argument("file", nargs="+")
    assert parser.arguments() == [Argument("file", (), "", None, (), True, True, True)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["d", "--form", "pgae"], "'pgae' is none of page, json: did you mean 'page'?"),
        (["d", "--form", "xyz"], "'xyz' is none of page, json"),
        (["d"], "the following arguments are required: --form"),
        (["d", "--form", "page", "--since", "x"], "argument --since: invalid int value: 'x'"),
    ],
)
def test_a_slip_is_told_with_what_was_meant_and_where_to_look(words, said):
    with pytest.raises(UsageError) as caught:
        made().parse_args(words)
    assert str(caught.value).endswith(said)
    assert (caught.value.advice, caught.value.exit_code) == ("see: tallyman test --help", 2)


def test_right_words_are_taken():
    args = made().parse_args(["d", "--form", "json", "--kind", "a", "--kind", "b"])
    assert (args.device, args.form, args.kind, args.since) == ("d", "json", ["a", "b"], 5)


def test_the_help_fits_and_ends_with_the_exit_codes(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    text = made().format_help()
    assert max(map(len, text.splitlines())) <= 48
    end = text[text.index("exit codes:") :]
    assert end.endswith("\n")
    assert " ".join(end.split()) == EXIT_CODES
    assert {len(line) - len(line.lstrip()) for line in end.splitlines()[1:]} == {2}


def test_the_help_is_printed_where_everything_is(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    parser = made()
    parser.print_help()
    assert capsys.readouterr() == (parser.format_help(), "")
    parser.print_help(sys.stderr)
    assert capsys.readouterr() == ("", parser.format_help())


def test_lines_of_ours_stay_as_they_are():
    told = Parser("x", "one\n  two", PlainFormatter, epilog="three\n\n  four").format_help()
    assert "\none\n  two\n" in told
    assert "\nthree\n\n  four\n" in told


@pytest.mark.parametrize(
    ("given", "terminal", "width"),
    [
        ("120", 90, 120), ("1", 90, 1), ("0", 90, 90), ("", 90, 90), ("wide", 90, 90),
        ("-3", 90, 90), ("٣", 90, 90), ("", 0, 80), ("", None, 80),
    ],
)  # fmt: skip
def test_how_wide_it_is(given, terminal, width, monkeypatch):
    def size(fd):
        assert fd == 1
        if terminal is None:
            raise OSError("Inappropriate ioctl for device")
        return os.terminal_size((terminal, 24))

    monkeypatch.setenv("COLUMNS", given)
    monkeypatch.setattr(parser_module.os, "get_terminal_size", size)
    assert columns() == width


def test_the_nearest_word_is_hinted_at_and_no_far_one():
    assert nearest("statsu", ["journal", "status"]) == "status"
    assert hint("statsu", {"status"}) == ": did you mean 'status'?"
    assert (nearest("xyz", ["status"]), hint("xyz", ["status"])) == (None, "")


VERBS = {"bundle": "agent.cli.bundle", "mistakes": "hil.code_mutants.verb"}


def test_verbs_are_listed_without_being_loaded():
    module = VERBS["mistakes"]
    assert help_line(module) == load(module).HELP
    assert table(VERBS, ["mistakes", "bundle"]).splitlines() == [
        f"  mistakes  {help_line(VERBS['mistakes'])}",
        f"  bundle    {help_line(VERBS['bundle'])}",
    ]
