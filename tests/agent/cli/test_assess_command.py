"""`tallyman assess`: what may be decided on, and a decision by name, on record."""

from __future__ import annotations

import json

import pytest

from agent.cli import assess
from tests.agent.cli.asked import Agent

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
FOUND = {"n": 17, "at_ms": AT, "device": "cold", "text": "excursion of too warm"}
DONE = {
    "device": "cold", "state": "excursion", "rule": "too warm", "record": 17,
    "decision": "released", "operator": "keeper-2",
}  # fmt: skip


@pytest.fixture
def agent(tmp_path, monkeypatch):
    return Agent(tmp_path, monkeypatch, assess)


def test_what_may_be_decided_on_is_listed_with_its_number(agent, capsys):
    agent.answers["assessable"] = [FOUND]
    assert agent.run("assess", "--utc") == 0
    told = capsys.readouterr().out
    assert told == "17  2026-09-21 14:13:20.000 UTC  cold: excursion of too warm\n"
    assert agent.run("assess", "--json") == 0
    assert json.loads(capsys.readouterr().out) == FOUND
    agent.answers["assessable"] = [FOUND | {"text": "too warm " * 8}]
    assert agent.run("assess", "--utc") == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("  warm too warm")
    agent.answers["assessable"] = []
    assert agent.run("assess") == 0
    assert "no excursion or alarm is in the newest records" in "".join(capsys.readouterr())


def test_a_decision_is_put_on_record(agent, capsys):
    agent.answers["assess"] = DONE
    words = ["assess", "17", "released", "--operator", "keeper-2", "--reason", "stable"]
    assert agent.run(*words) == 0
    told = "cold: excursion of too warm, record 17: released by keeper-2; it is on record\n"
    assert capsys.readouterr().out == told
    assert agent.asked == [{
        "verb": "assess", "number": 17, "decision": "released", "operator": "keeper-2",
        "reason": "stable",
    }]  # fmt: skip
    assert agent.run(*words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == DONE


def test_a_long_rule_goes_on_below(agent, capsys):
    agent.answers["assess"] = DONE | {"rule": "too warm in the rear compartment of the trailer"}
    assert agent.run("assess", "17", "released", "--operator", "k", "--reason", "x") == 0
    assert capsys.readouterr().out.splitlines() == [
        "cold: excursion of too warm in the rear compartment of the trailer, record 17:",
        "  released by keeper-2; it is on record",
    ]


@pytest.mark.parametrize(
    ("words", "lacks"),
    [
        (["17"], "decision"),
        (["17", "released", "--reason", "x"], "operator"),
        (["17", "released", "--operator", "x"], "reason"),
    ],
)
def test_a_decision_needs_who_and_why(agent, capsys, words, lacks):
    assert agent.run("assess", *words) == 2
    assert f"a decision needs its {lacks}" in capsys.readouterr().err
    assert agent.asked == []
