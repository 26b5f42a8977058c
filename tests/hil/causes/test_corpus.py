"""The cause corpus: its rows can be played by anybody, and the fast ones are, each time."""

from __future__ import annotations

import argparse
import shutil

import pytest

from agent.why.answer import rows_of
from agent.why.heard import Contact, Heard
from agent.why.look import USUAL
from agent.why.machine import LocalMachine
from agent.why.question import Known
from drivers import catalog
from hil.causes.case import CASES, Case, CaseError, Outcome, read_all
from hil.causes.stage import play
from hil.causes.verb import add_arguments, chosen, line, verdict

ROWS = read_all([CASES])
LEAST = 45
FAST = [each for each in ROWS if each.fast]


def ids():
    """Every cause that any part or kind of device may have."""
    nothing = Known(
        Heard(Contact.DOWN), LocalMachine(None), None, "", USUAL.state_dir, USUAL.state_dir, 0
    )
    parts = {row.id for row in rows_of(None, nothing)}
    return parts | {row.id for kind in catalog.DEVICES for row in catalog.causes(kind)}


def test_there_are_enough_rows_each_with_a_cause_that_exists():
    assert len(ROWS) >= LEAST
    assert len({row.expect for row in ROWS}) >= LEAST, "different ones"
    assert {row.expect for row in ROWS} <= ids()
    assert len({row.fault for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("case", FAST, ids=[each.fault for each in FAST])
def test_the_right_cause_comes_first(case, shim, tmp_path):
    outcome = play(case, tmp_path / "row")
    assert outcome.right, (outcome, (tmp_path / "row/log/shell.log").read_text()[-2000:])
    assert outcome.seconds < 60.0, "two on a machine of its own"


def test_a_row_of_a_stranger_that_breaks_itself_says_where(tmp_path):
    file = tmp_path / "mine.toml"
    shutil.copy(CASES / "usb-unplugged.toml", file)
    file.write_text(file.read_text().replace('["rig unplug gps"]', '["false"]'))
    outcome = play(Case.read(file), tmp_path / "row")
    assert outcome.error == "'false' ended with 1"
    assert not outcome.right


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no table [case]"),
        ("[case]\ntarget = 'gps'\n", "missing"),
        ("[case]\ntarget = 'gps'\nexpect = 'a.b'\nbraek = []\n", "[case] takes"),
        ("[case", "mine.toml"),
    ],
)
def test_a_row_that_cannot_be_read_says_what_is_wrong(tmp_path, text, said):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(CaseError, match=said.replace("[", r"\[")):
        Case.read(file)


def test_a_row_whose_program_is_missing_is_passed_over_and_counts_for_nothing(tmp_path, capsys):
    case = Case(tmp_path / "mine.toml", "mine", "gps", "serial.absent", needs=("no-such-program",))
    outcome = play(case, tmp_path)
    assert outcome.error == "passed over: no-such-program is not installed"
    assert verdict([outcome]) == 1, "nothing was shown"
    assert "0 faults" in capsys.readouterr().out


def outcome_of(*causes, ruled_out=()):
    case = Case(CASES / "x.toml", "x", "gps", "right.one")
    answer = {
        "causes": [{"id": each} for each in causes],
        "ruled_out": [{"id": each} for each in ruled_out],
    }
    return Outcome.of(case, answer, 0.4)


FIRST, SECOND = outcome_of("right.one", "a.b"), outcome_of("a.b", "right.one")
THIRD, NONE = outcome_of("a.b", "c.d", "right.one"), outcome_of("a.b")
OUT = outcome_of("a.b", ruled_out=["right.one"])


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([FIRST] * 9 + [SECOND], 0),
        ([FIRST] * 8 + [SECOND] * 2, 1),
        ([FIRST] * 19 + [THIRD], 1),
        ([FIRST] * 19 + [NONE], 1),
        ([FIRST] * 19 + [OUT], 1),
    ],
)
def test_the_bounds_are_those_of_the_corpus(outcomes, code, capsys):
    assert verdict(outcomes) == code
    assert f"{len(outcomes)} faults" in capsys.readouterr().out


def test_the_table_shows_rank_and_what_was_wanted():
    assert line(FIRST).split() == ["x", "right.one", "1", "0.4"]
    assert line(SECOND).split() == ["x", "a.b", "2", "0.4", "wanted", "right.one"]
    assert line(OUT).endswith("wanted right.one  RULED OUT")


def chosen_by(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return chosen(parser.parse_args(words))


def test_a_plain_rig_and_a_command_are_a_row():
    words = ["--rig", "hil/rigs/truck.toml", "--break", "rig unplug cargo"]
    (case,) = chosen_by(*words, "--target", "cargo", "--expect", "i2c.no-answer")
    assert (case.fault, case.target, case.expect) == ("truck", "cargo", "i2c.no-answer")
    assert list(case.break_) == ["rig unplug cargo"]
    with pytest.raises(CaseError, match="takes --break, --target and --expect"):
        chosen_by(*words)


def test_rows_are_picked_by_a_word():
    assert {each.fault for each in chosen_by("--only", "usb")} == {
        "usb held", "usb moved", "usb permissions", "usb unplugged",
    }  # fmt: skip


def test_one_command_needs_no_brackets(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[case]\ntarget = 'gps'\nexpect = 'a.b'\nbreak = 'rig unplug gps'\n")
    assert list(Case.read(file).break_) == ["rig unplug gps"]
