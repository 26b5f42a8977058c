"""`tallyman why … --ignore`: until when a cause is left alone, and what is put on record."""

from __future__ import annotations

import argparse
import json

import pytest

from agent.cli import why
from agent.cli.why import until
from tests.agent.cli.asked import Agent

AT = 1_790_000_000_000  # 2026-09-21T14:13:20Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DEVICE = '[[device]]\nname = "cold-1"\nkind = "sensors.sht3x"\nbus = "/dev/i2c-99"\n'


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, why)
    agent.config.write_text(agent.config.read_text() + DEVICE)
    agent.answers["why-ignore"] = {}
    monkeypatch.setattr(why, "now_ms", lambda: AT)
    return agent


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("1min", AT + MINUTE), ("90min", AT + 90 * MINUTE), ("12h", AT + 12 * HOUR),
        ("3d", AT + 3 * DAY), ("9999d", AT + 9999 * DAY), ("2026-09-21T14:13:20+00:00", AT),
    ],
)  # fmt: skip
def test_ends_that_may_be_given(monkeypatch, text, end):
    monkeypatch.setattr(why, "now_ms", lambda: AT)
    assert until(text) == end


@pytest.mark.parametrize("text", ["0d", "00001d", "10000d", "3", "3w", "d", "-1d", "3 d"])
def test_what_is_no_end(text):
    with pytest.raises(argparse.ArgumentTypeError):
        until(text)


def test_a_cause_is_left_alone_on_record(agent, capsys):
    words = ["why", "cold-1", "--ignore", "i2c.no-answer", "--reason", "in repair", "--until", "3d"]
    assert agent.run(*words, "--utc") == 0
    word = {
        "target": "cold-1",
        "cause": "i2c.no-answer",
        "reason": "in repair",
        "until_ms": AT + 3 * DAY,
    }
    assert agent.asked == [{"verb": "why-ignore", **word}]
    assert capsys.readouterr().out == (
        "i2c.no-answer of cold-1 is left alone until 2026-09-24 14:13:20.000 UTC\n"
    )
    assert agent.run(*words, "--json") == 0
    assert json.loads(capsys.readouterr().out) == word


@pytest.mark.parametrize("lacking", ["cold-1", "--ignore", "--reason", "--until"])
def test_nothing_of_that_may_be_missing(agent, capsys, lacking):
    words = ["cold-1", "--ignore", "i2c.no-answer", "--reason", "r", "--until", "3d"]
    at = words.index(lacking)
    del words[at : at + (1 if lacking == "cold-1" else 2)]
    assert agent.run("why", *words) == 2
    assert "to leave a cause alone takes a target, its id, a reason" in capsys.readouterr().err
    assert agent.asked == []


def test_a_cause_that_a_target_cannot_have_is_refused(agent, capsys):
    name = "x" * 50
    words = ["why", "cold-1", "--ignore", name, "--reason", "r", "--until", "3d"]
    assert agent.run(*words) == 2
    said = capsys.readouterr().err
    assert f"cold-1 has no cause '{'x' * 40}'" in said
    assert "see their ids: tallyman why cold-1 --list" in said


def test_causes_are_listed_for_people_and_programs(agent, capsys):
    assert agent.run("why", "cold-1", "--list") == 0
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line for line in lines if line.startswith("i2c.no-answer ")]
    assert row[:25] == f"{'i2c.no-answer':<25}"
    assert agent.run("why", "cold-1", "--list", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "i2c.no-answer" in [each["id"] for each in rows]
    assert len(rows) == sum(not line.startswith(" ") for line in lines)
