"""`tallyman visit`: what each step asks of the agent, and a whole visit typed line by line."""

from __future__ import annotations

import io
import json

import pytest

from agent.cli import visit
from agent.cli.visit import ASK, split
from agent.desks.control_client import Lost, Refused
from tests.agent.cli.asked import Agent

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
BEGUN = {
    "visit": "V-1", "gateway": "truck-12", "operator": "technician-1", "begun_ms": AT,
    "state": "begun", "before": [], "after": [], "actions": [],
}  # fmt: skip
ENDED = BEGUN | {"state": "ended", "ended_ms": AT + 60_000}
HEAD = "visit     V-1 of truck-12, by technician-1"
NEXT = 'next      tallyman visit did "what you did"; at last: tallyman visit end'


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, visit)
    agent.answers |= {
        "visit": [BEGUN, ENDED], "visit-begin": BEGUN, "visit-action": BEGUN, "visit-end": ENDED,
        "devices": {"devices": [{"name": "cold-1"}, {"name": "gate"}]},
    }  # fmt: skip
    return agent


@pytest.fixture
def types(monkeypatch):
    """What is typed, at a terminal or into a pipe."""

    def types(text, terminal=True):
        keyboard = io.StringIO(text)
        keyboard.isatty = lambda: terminal
        monkeypatch.setattr(visit.sys, "stdin", keyboard)

    return types


@pytest.mark.parametrize(
    ("words", "asked", "going_on"),
    [
        (["show"], {"verb": "visit"}, True),
        (["begin", "--as", "t"], {"verb": "visit-begin", "operator": "t"}, True),
        (["did", "x"], {"verb": "visit-action", "text": "x"}, True),
        (["did", "x", "--device", "gate", "--as", "t"],
         {"verb": "visit-action", "text": "x", "about": "gate", "operator": "t"}, True),
        (["end"], {"verb": "visit-end"}, False),
        (["end", "--as", "t"], {"verb": "visit-end", "operator": "t"}, False),
    ],
)  # fmt: skip
def test_each_step_is_one_request_and_shows_the_sheet(agent, capsys, words, asked, going_on):
    assert agent.run("visit", *words, "--utc") == 0
    assert agent.asked == [asked]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [HEAD, "begun     2026-09-21 14:13:20.000 UTC"]
    assert (lines[-1] == NEXT) is going_on
    assert agent.run("visit", *words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == (BEGUN if going_on else ENDED)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "who are you? next: name yourself: --as technician-1"),
        (["begin"], "who are you?"),
        (["did"], "what was done?"),
        (["did", "--as", "t"], "what was done?"),
        (["end", "x"], "what is 'x'? next: only `did` takes a text: put it in quotes"),
        (["begin", "x", "--as", "t"], "what is 'x'?"),
        (["end", "--device", "gate"], "--device belongs to `did`"),
        (["--device", "gate", "--as", "t"], "--device belongs to `did`"),
    ],
)
def test_what_cannot_be_meant(agent, capsys, words, said):
    assert agent.run("visit", *words) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert agent.asked == []


def test_without_any_visit(agent, capsys):
    agent.answers["visit"] = []
    assert agent.run("visit", "show") == 2
    assert "there was no visit yet" in capsys.readouterr().err


def did(agent):
    return [
        (each["text"], each.get("about"), each["operator"])
        for each in agent.asked
        if each["verb"] == "visit-action"
    ]


def test_a_whole_visit_is_typed(agent, types, capsys):
    types(" looked at the fuse \ncold-1: new cable\ncold-9: x\ncold-1:\n\nnot read\n")
    assert agent.run("visit", "--as", "t", "--utc") == 0
    assert [each["verb"] for each in agent.asked] == [
        "visit-begin", "devices", *["visit-action"] * 4, "visit-end",
    ]  # fmt: skip
    assert did(agent) == [
        ("looked at the fuse", None, "t"), ("new cable", "cold-1", "t"), ("cold-9: x", None, "t"),
        ("cold-1:", None, "t"),
    ]  # fmt: skip
    shown = capsys.readouterr().out
    assert shown.count(HEAD) == 2
    assert f"\n\n{ASK}\n> > > > > visit     V-1" in shown
    assert NEXT not in shown


@pytest.mark.parametrize(
    ("terminal", "words"), [(False, []), (True, ["--json"]), (False, ["--json"])]
)
def test_a_program_is_not_asked(agent, types, capsys, terminal, words):
    types("swept\n", terminal)
    assert agent.run("visit", "--as", "t", *words) == 0
    assert did(agent) == [("swept", None, "t")]
    shown = capsys.readouterr().out
    assert ASK not in shown
    assert not shown.startswith(">")
    if words:
        assert json.loads(shown) == ENDED


def test_the_end_of_what_is_typed_ends_the_visit_on_a_line_of_its_own(agent, types, capsys):
    types("swept\n")
    assert agent.run("visit", "--as", "t") == 0
    assert f"> > \n{HEAD}" in capsys.readouterr().out


def test_a_slip_may_be_typed_again_and_a_programs_is_its_end(agent, types, capsys):
    refused = Refused("1 to 400 printable characters", advice="say it shorter")
    agent.answers["visit-action"] = [refused, BEGUN]
    types("bad\ngood\n")
    assert agent.run("visit", "--as", "t") == 0
    assert [text for text, *_ in did(agent)] == ["bad", "good"]
    said = capsys.readouterr().err
    assert said == "error: 1 to 400 printable characters\nnext: say it shorter\n"
    agent.answers["visit-action"] = [refused, BEGUN]
    agent.asked.clear()
    types("bad\ngood\n", terminal=False)
    assert agent.run("visit", "--as", "t") != 0
    assert [text for text, *_ in did(agent)] == ["bad"]


def test_an_agent_that_is_lost_ends_the_typing(agent, types):
    agent.answers["visit-action"] = [Lost("gone"), BEGUN]
    types("one\ntwo\n")
    assert agent.run("visit", "--as", "t") == 1
    assert [text for text, *_ in did(agent)] == ["one"]


def test_ctrl_c_leaves_the_visit_open_and_says_so(agent, types, capsys):
    agent.answers["visit-action"] = [KeyboardInterrupt()]
    types("one\n")
    assert agent.run("visit", "--as", "t") == 130
    assert capsys.readouterr().err == ("\nthe visit goes on; end it with: tallyman visit end\n")
    assert agent.asked[-1]["verb"] == "visit-action"


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("cold-1: new cable", ("new cable", "cold-1")), ("cold-1:x", ("x", "cold-1")),
        ("cold-1: a: b", ("a: b", "cold-1")), ("cold-1", ("cold-1", None)),
        ("cold-1: ", ("cold-1: ", None)), ("other: x", ("other: x", None)), (": x", (": x", None)),
    ],
)  # fmt: skip
def test_a_line_may_name_its_device(line, parts):
    assert split(line, ["cold-1"]) == parts
