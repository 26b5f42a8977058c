"""The conversation about a check: what each typed line asks of the agent, and what is said."""

from __future__ import annotations

import argparse
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from agent.cli import dock_talk
from agent.cli.dock_language import ENGLISH, Words, told_in
from agent.cli.errors import Mistake
from agent.desks.control_client import NotRunning, Refused
from tests.agent.cli.asked import LONG, indents
from tests.agent.cli.test_dock_command import VIEW
from tests.foundation.test_printing import Heard

OTHER_LABEL = {
    "verb": "dock-label", "label": "4012345111118", "quantity": 1, "text": "",
}  # fmt: skip
REMARK = {
    "verb": "dock-remark", "code": "AF", "label": "1", "quantity": 1, "rejected": False, "text": "",
}  # fmt: skip
LEFT = "check R-1 stays open: tallyman dock R-1 goes on with it\n"
COMPLETE = VIEW | {"differences": [], "state": "complete", "found": 96}


class Talk:
    """A desk whose agent says what `view` holds, and a keeper who types."""

    def __init__(self, monkeypatch, capsys) -> None:
        self.view, self.asked, self.refuses = VIEW, [], {}
        self.capsys = capsys
        monkeypatch.setattr(dock_talk, "ask_one", self._answer)
        self.args = argparse.Namespace(
            json=False, operator="k", sign=False, reason="", quantity=1, rejected=False, qr=False
        )
        self.desk = dock_talk.Desk(Path("x"), "R-1", self.args)

    def _answer(self, _, request):
        assert (request.pop("check"), request.pop("operator")) == ("R-1", "k")
        self.asked.append(request)
        if request["verb"] in self.refuses:
            raise self.refuses[request["verb"]]
        if request["verb"] == "dock-close":
            return VIEW | {"decision": request["decision"], "signed": "no", "sha256": "5f" * 32}
        return self.view | {"withdrawn": "label (00)1"}

    def type(self, *lines):
        """Return how it ends, what was asked besides looking, and what was printed."""
        self.asked.clear()
        self.capsys.readouterr()
        typed = iter(lines)
        code = self.desk.talk(lambda seconds: next(typed) if seconds == 1.0 else None)
        assert list(typed) == []
        asked = [each for each in self.asked if each["verb"] != "dock-look"]
        return code, asked, self.capsys.readouterr().out


@pytest.fixture
def talk(monkeypatch, capsys):
    return Talk(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("4012345111118", [OTHER_LABEL]),
        ("m 4012345111118", [OTHER_LABEL]),
        ("M  3 x 4012345111118", [OTHER_LABEL | {"quantity": 3}]),
        ("m", []),
        ("d AF 1", [REMARK]),
        ("D af 2 x 1 rejected because wet", [REMARK | {"quantity": 2, "rejected": True, "text": "wet"}]),
        ("d", []),
        ("u", [{"verb": "dock-undo"}]),
        ("u 0", [{"verb": "dock-undo", "entry": 0}]),
        ("u 7", [{"verb": "dock-undo", "entry": 7}]),
        ("u x", []),
        ("p", [{"verb": "dock-pass"}]),
        ("p 1", []),
        ("l 1", []),
        ("q 1", []),
        ("a 1", []),
        ("", []),
        ("z", []),
    ],
)  # fmt: skip
def test_what_a_line_asks_for(talk, line, asked):
    code, sent, _ = talk.type(line, "q")
    assert (code, sent) == (0, asked)


def test_a_line_that_means_nothing_shows_the_keys(talk):
    keys = talk.type("q")[2].count("[m LABEL]")
    assert talk.type("z", "q")[2].count("[m LABEL]") == keys + 1
    assert talk.type("?", "q")[2].count("[m LABEL]") == keys
    assert "m 3 x LABEL" in talk.type("?", "q")[2]
    assert "m 3 x LABEL" not in talk.type("z", "q")[2]
    assert talk.type("4012345111118", "q")[2].count("[m LABEL]") == keys


def test_leaving_keeps_the_check_open(talk):
    for line in ("q", "Q", "q "):
        code, asked, said = talk.type(line)
        assert (code, asked) == (0, [])
        assert said.endswith(LEFT)


def test_ctrl_c_leaves_it_open_on_a_line_of_its_own(talk, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        talk.desk.talk(interrupted)
    assert capsys.readouterr().out.endswith("[c] cancel\n\n" + LEFT)


def test_what_was_refused_is_said_and_the_talk_goes_on(talk):
    talk.refuses["dock-label"] = Refused("a GTIN has 8 digits", advice="type it again")
    code, _, said = talk.type("m 1", "q")
    assert code == 0
    assert "error: a GTIN has 8 digits\nnext: type it again\n" in said


def test_the_view_is_printed_when_it_changes_not_as_time_goes_by(talk):
    typed = iter([{}, {"last_ms": 2000, "now_ms": 99_000}, {"found": 95}, None])

    def read_line(_):
        talk.view = talk.view | (more := next(typed) or {})
        return None if more else "q" if talk.view["found"] == 95 else None

    assert talk.desk.talk(read_line) == 0
    shown = talk.capsys.readouterr().out
    assert shown.count("94/96 expected") == 1
    assert shown.count("95/96 expected") == 1
    assert shown.count("[q] leave it open") == 2


def test_only_the_first_look_asks_what_passed_before(talk):
    talk.type(None, "q")
    assert talk.asked == [{"verb": "dock-look", "passed": True}, {"verb": "dock-look"}]


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        ({"tags": 1, "scans": 0}, "1 tag passed 3 s ago"),
        ({"tags": 0, "scans": 2}, "2 scans passed 3 s ago"),
        ({"tags": 5, "scans": 1}, "5 tags and 1 scan passed 3 s ago"),
    ],
)
def test_what_passed_before_is_offered(talk, passed, said):
    talk.view = VIEW | {"passed": passed | {"to_ms": VIEW["now_ms"] - 3000}}
    shown = talk.type("q")[2]
    offer = f"{said}, before this check began: count with p, --passed"
    assert offer in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) < 80


def test_an_agent_that_is_away_is_told_once(talk):
    talk.refuses["dock-look"] = NotRunning("no agent answers")
    _, _, said = talk.type(None, None, "q")
    assert said.count("error: no agent answers") == 1
    assert said.count("the check goes on when the agent is back\n") == 1
    talk.desk.words = Words("de")
    assert "the agent is back" not in talk.type("q")[2]


def test_all_of_it_is_shown_with_the_numbers_of_what_was_typed(talk):
    talk.view = VIEW | {"differences": VIEW["differences"] * 20}
    said = talk.type("l", "q")[2]
    first, _, all_of_it = said.partition("[c] cancel\n")
    assert "  and " in first
    assert all_of_it.count("X34 missing") == 20
    assert "  and " not in all_of_it
    assert all_of_it.endswith("  entry 7: label (00)1\n" + LEFT)


def test_in_a_pipe_a_question_is_there_before_its_answer_is_waited_for(talk):
    typed, read = iter(["d AF", "n", "q"]), []

    def read_line(seconds):
        if seconds != dock_talk.EVERY:
            return None
        read.append(out.flushed[-1].splitlines()[-1])
        return next(typed)

    talk.view = COMPLETE
    with redirect_stdout(Heard()) as out:
        talk.desk.talk(read_line)
    assert read[1] == "damaged: the delivery as a whole? y: yes, anything else: no"


def test_what_is_long_goes_on_below_itself(talk):
    passed = {"tags": 12_000, "scans": 12_000, "to_ms": VIEW["now_ms"] - 3000}
    talk.view = VIEW | {"passed": passed}
    shown = talk.type("q")[2].splitlines()
    (offer,) = [number for number, line in enumerate(shown) if line.startswith("12000 tags")]
    assert indents(shown[offer : offer + 2]) == [0, 2]
    shown = talk.type(f"d {'ZZ' * 30}", "n", "q")[2].splitlines()
    (question,) = [number for number, line in enumerate(shown) if line.startswith("ZZZZ")]
    assert indents(shown[question : question + 2]) == [0, 2]


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_went_wrong_goes_on_below_itself_in_every_language(language):
    words = ENGLISH if language == "en" else Words(language)
    told = list(told_in(words, Mistake(LONG, advice=LONG)))
    indent = {"en": [0, 7, 0, 6], "de": [0, 2, 0, 2]}[language]  # English stands behind its label
    assert indents(told) == indent


def test_a_remark_of_the_whole_delivery_is_asked_for_first(talk):
    whole = REMARK | {"label": ""}
    _, asked, said = talk.type("d AF", "n", "q")
    assert asked == []
    assert "damaged: the delivery as a whole? y: yes, anything else: no\n" in said
    assert "nothing was noted: d CODE LABEL is about some goods\n" in said
    for yes in ("y", "YES", " y "):
        _, asked, said = talk.type("d AF", None, yes, "q")
        assert asked == [whole]
        assert "nothing was noted" not in said
    _, asked, said = talk.type("d ZZ", "y", "q")
    assert asked == [whole | {"code": "ZZ"}]
    assert "ZZ: the delivery as a whole?" in said


MISSING = VIEW["differences"][0]
NOT_ADVISED = VIEW["differences"][1]


@pytest.mark.parametrize(
    ("differences", "more", "question"),
    [
        ([MISSING], 0, "accept with 1 missing?"),
        ([MISSING | {"quantity": 3}, MISSING], 0, "accept with 4 missing?"),
        ([NOT_ADVISED], 0, "accept with 1 difference?"),
        ([NOT_ADVISED, NOT_ADVISED], 5, "accept with 7 differences?"),
        ([MISSING, NOT_ADVISED], 0, "accept with 1 missing and 1 other difference?"),
        ([MISSING, NOT_ADVISED], 2, "accept with 1 missing and 3 other differences?"),
        ([MISSING | {"quantity": 0}, NOT_ADVISED], 0, "accept with 1 difference?"),
        ([MISSING | {"quantity": 0}], 1, "accept with 1 difference?"),
    ],
)
def test_what_is_not_complete_is_accepted_only_where_it_is_meant_so(
    talk, differences, more, question
):
    talk.view = VIEW | {"differences": differences, "more": more}
    code, asked, said = talk.type("a", "n", "q")
    assert (code, asked) == (0, [])
    assert f"{question} y: yes" in said
    assert "nothing was decided\n" in said
    code, asked, said = talk.type("a", "y")
    assert (code, asked) == (0, [{"verb": "dock-close", "decision": "accepted", "pin": ""}])
    assert "receipt R-20261122-0001: notice ASN1099 accepted" in said


def test_what_is_complete_or_refused_needs_no_question(talk):
    for view, key, decision in (
        (COMPLETE, "a", "accepted"), (VIEW, "x", "rejected"), (VIEW, "C", "cancelled"),
    ):  # fmt: skip
        talk.view = view
        code, asked, said = talk.type(key)
        assert (code, asked) == (0, [{"verb": "dock-close", "decision": decision, "pin": ""}])
        assert "?" not in said.partition("[c] cancel\n")[2]


def test_a_program_is_told_no_sentences(talk):
    talk.args.json = True
    assert talk.desk.undo() is None
    assert talk.capsys.readouterr().out == ""
    talk.args.json = False
    talk.desk.undo()
    assert talk.capsys.readouterr().out == "taken back: label (00)1\n"


def test_what_is_typed_by_eye_bears_the_reason_of_the_command(talk):
    talk.args.reason = "torn"
    talk.desk.label("1")
    assert talk.asked == [{"verb": "dock-label", "label": "1", "quantity": 1, "text": "torn"}]
