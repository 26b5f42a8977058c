"""The command itself: which verb runs, how it ends, and what is said of errors."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from agent.cli import main as command
from agent.cli.main import main
from agent.machine.version import VERSION
from drivers.errors import DeviceMissing
from foundation.errors import Fatal, Retry
from foundation.parser import Parser


@pytest.fixture
def verb(monkeypatch):
    """A verb in the place of any other: ends as `verb.end` says."""
    verb = SimpleNamespace(end=0, given=None, prepared=[], HELP="")

    def run(args):
        verb.given = args
        if isinstance(verb.end, BaseException):
            raise verb.end
        return verb.end

    def parser_of(name):
        parser = Parser(f"tallyman {name}", "help")
        parser.add_argument("--config")
        parser.add_argument("word", nargs="?")
        return verb, parser

    verb.run = run
    monkeypatch.setattr(command, "parser_of", parser_of)
    monkeypatch.setattr(command.lean_start, "prepare", verb.prepared.append)
    return verb


def test_a_verb_gets_its_words_and_ends_as_it_says(verb):
    verb.end = 7
    assert main(["keys", "show"]) == 7
    assert (verb.given.word, verb.given.config) == ("show", None)
    assert verb.prepared == []
    assert main(["--config", "a", "keys"]) == 7
    assert verb.given.config == "a"
    assert main(["--config", "a", "keys", "--config", "b"]) == 7
    assert verb.given.config == "b", "the nearer one counts"


def test_only_the_agent_is_prepared_for_a_lean_start(verb):
    main(["--config", "a", "run"])
    assert verb.prepared == [["--config", "a"]]


def test_without_words_the_help_is_printed(capsys):
    assert main([]) == 2
    shown = capsys.readouterr().out
    assert shown.startswith("usage: tallyman [--config FILE] VERB …\n")
    assert "  keys " in shown
    assert "\ntallyman VERB --help says more of a verb.\n" in shown


def test_a_terminal_that_lacks_a_character_is_written_to_all_the_same(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(command.sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main([]) == 2
    command.sys.stdout.flush()
    assert written.getvalue().startswith(b"usage: tallyman [--config FILE] VERB \\u2026\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--config", "x"], "error: no verb is given\nnext: see: tallyman --help\n"),
        (["kesy"], "error: there is no verb 'kesy': did you mean 'keys'?\nnext: see"),
        (["xyzzy"], "error: there is no verb 'xyzzy'\nnext: see: tallyman --help\n"),
    ],
)
def test_without_a_verb_there_is_nothing_to_do(capsys, words, said):
    assert main(words) == 2
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Fatal("the disk is full", advice="make room"), Fatal.exit_code,
         "error: the disk is full\nnext: make room\n"),
        (Retry("no answer"), Retry.exit_code, "error: no answer\n"),
        (DeviceMissing("no such bus", advice="plug it in"), 1, "error: no such bus\nnext: plug it in\n"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 0, ""),
    ],
)  # fmt: skip
def test_how_a_verb_fails(verb, capsys, monkeypatch, error, code, said):
    forgotten = []
    monkeypatch.setattr(command, "forget_output", lambda: forgotten.append(True))
    verb.end = error
    assert main(["keys"]) == code
    assert capsys.readouterr().err == said
    assert forgotten == [True] * isinstance(error, BrokenPipeError)
    verb.FAILURE = 4
    capsys.readouterr()
    assert main(["keys"]) == (4 if said else code), "where exit codes are verdicts"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("failure", [None, 4])
def test_what_the_system_refuses_is_said_in_plain_words(verb, capsys, failure):
    verb.end = PermissionError(13, "Permission denied", "/dev/x")
    if failure is not None:
        verb.FAILURE = failure
    code = main(["keys"])
    assert code == (failure or command.denied(verb.end).exit_code)
    assert "/dev/x" in capsys.readouterr().err


def test_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"tallyman {VERSION}\n"


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("keys", "exit codes: 0 done; 1 not done"),
        ("verify", "exit codes: 0 authentic and complete"),
    ],
)
def test_the_help_of_a_verb_ends_with_its_exit_codes(capsys, verb, said):
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    assert said in capsys.readouterr().out.split("\n\n")[-1]
