"""`tallyman gap DEVICE`: the gaps of one device, and what a person knows of one."""

from __future__ import annotations

import json

import pytest

from agent.cli import gap_notes
from tests.agent.cli.asked import LONG, Agent, indents

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
GAP = {"n": 17, "at_ms": AT, "text": "gap of 5 min"}
NOTED = {
    "device": "cold", "gap": 17, "state": "closed", "text": "plug loose", "operator": "t",
    "from_ms": AT, "to_ms": AT + 300_000, "duration_ms": 300_000, "shipment": "WB-7",
}  # fmt: skip
SIGNED = "signed    the note is a record of its own, and sealed at once"


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, gap_notes)
    agent.answers |= {"gaps": [GAP], "gap-note": NOTED}
    return agent


def test_gaps_are_listed_with_the_number_that_a_note_takes(agent, capsys):
    assert agent.run("gap", "cold", "--utc") == 0
    assert agent.asked == [{"verb": "gaps", "device": "cold"}]
    assert capsys.readouterr().out == "17  2026-09-21 14:13:20.000 UTC  gap of 5 min\n"
    assert agent.run("gap", "cold", "--json") == 0
    assert json.loads(capsys.readouterr().out) == GAP
    agent.answers["gaps"] = []
    assert agent.run("gap", "cold") == 0
    assert capsys.readouterr().out == "no gap of cold is in the newest records\n"


@pytest.mark.parametrize(("more", "number"), [([], None), (["--record", "0"], 0)])
def test_a_note_is_put_on_record(agent, capsys, more, number):
    words = ["gap", "cold", "--note", "plug loose", "--as", "t", "--utc", *more]
    assert agent.run(*words) == 0
    (asked,) = agent.asked
    assert asked.pop("number", None) == number
    assert asked == {"verb": "gap-note", "device": "cold", "text": "plug loose", "operator": "t"}
    assert capsys.readouterr().out.splitlines() == [
        "gap       of cold, record 17, closed",
        "no data   2026-09-21 14:13:20.000 UTC to 2026-09-21 14:18:20.000 UTC (5 min 0 s)",
        "noted     plug loose, by t",
        "shipment  WB-7",
        SIGNED,
    ]
    assert agent.run(*words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == NOTED


def test_of_an_open_gap_only_its_begin_is_known(agent, capsys):
    known = ("device", "gap", "state", "text", "operator")
    bare = {name: NOTED[name] for name in known}
    agent.answers["gap-note"] = [bare, bare | {"from_ms": AT}]
    note = ["gap", "cold", "--note", "x", "--as", "t", "--utc"]
    assert agent.run(*note) == 0
    lines = ["gap       of cold, record 17, closed", "noted     plug loose, by t", SIGNED]
    assert capsys.readouterr().out.splitlines() == lines
    assert agent.run(*note) == 0
    since = "no data   2026-09-21 14:13:20.000 UTC"
    assert capsys.readouterr().out.splitlines() == [lines[0], since, *lines[1:]]


def test_what_is_long_in_a_gap_goes_on_below_itself(agent, capsys):
    agent.answers["gaps"] = [GAP | {"text": LONG}]
    assert agent.run("gap", "cold", "--utc") == 0
    assert indents(capsys.readouterr().out.splitlines()) == [0, 2]


def test_what_is_long_in_a_note_goes_on_below_itself(agent, capsys):
    long = NOTED | {"text": "loose " * 20 + "plug", "shipment": "WB " * 30 + "7"}
    agent.answers["gap-note"] = long
    assert agent.run("gap", "cold", "--note", "x", "--as", "t", "--utc") == 0
    below = [line for line in capsys.readouterr().out.splitlines() if line.startswith(" ")]
    assert [line[:11] for line in below] == [" " * 10 + "l", " " * 10 + "W"]


def test_a_note_wants_a_name(agent, capsys):
    assert agent.run("gap", "cold", "--note", "x") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "who notes that? next: name yourself: --as technician-1" in said
    assert agent.asked == []
