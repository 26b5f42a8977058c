"""`tallyman watch`: a line for each change in a pipe, an object a look for programs."""

from __future__ import annotations

import json
from contextlib import redirect_stdout

import pytest

from agent.cli import watch
from agent.desks.control_client import NotRunning
from tests.agent.cli.asked import Agent
from tests.agent.cli.test_status_page import NOW, device, status
from tests.foundation.test_printing import Heard


@pytest.fixture
def agent(tmp_path, monkeypatch):
    found = Agent(tmp_path, monkeypatch, watch)
    found.slept = []
    monkeypatch.setattr(watch.time, "sleep", found.slept.append)
    return found


def look(*devices):
    return status(devices=devices or (device("cold"), device("hall"))).to_dict()


def rows(capsys):
    return [line.partition("UTC  ")[2] for line in capsys.readouterr().out.splitlines()]


def test_a_line_comes_whenever_something_changes(agent, capsys):
    well, hall = device("cold", last="4.31 °C"), device("hall")
    lost = device("cold", silent=True, last_ms=NOW - 400_000, detail="no answer")
    agent.answers["status"] = [
        look(well, hall), look(well, hall), look(well, hall), look(lost, hall), NotRunning("gone"),
        NotRunning("gone"), look(lost, hall),
    ]  # fmt: skip
    assert agent.run("watch", "--looks", "6", "--utc") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" UTC  ")[2] or line for line in lines] == [
        "truck-12: the agent answers",
        "cold  running, read 4 s ago; 4.31 °C",
        "hall  running, read 4 s ago",
        "cold  SILENT for 6 min 40 s, running: no answer",
        "gone",
        "truck-12: the agent answers",
    ]
    assert agent.slept == [1.0] * 5


def test_in_a_pipe_each_line_is_there_at_once(agent):
    agent.answers["status"] = [look(), look()]
    with redirect_stdout(Heard()) as out:
        assert agent.run("watch", "--looks", "1", "--utc") == 0
    assert [text.count("\n") for text in out.flushed[:3]] == [1, 2, 3]


def test_of_one_device_each_reading_is_new(agent, capsys):
    readings = [look(device("cold", last_ms=NOW - age), device("hall")) for age in (0, 0, 0, 1)]
    agent.answers["status"] = [*readings, readings[-1]]
    assert agent.run("watch", "cold", "--looks", "4", "--utc") == 0
    assert [line.split()[0] for line in rows(capsys)] == ["truck-12:", "cold", "cold"]


def test_programs_get_an_object_a_look_of_all_or_of_one_device(agent, capsys):
    agent.answers["status"] = look()
    assert agent.run("watch", "--json", "--looks", "2") == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == second == json.loads(json.dumps(look()))
    assert agent.run("watch", "hall", "--json", "--looks", "1") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["now_ms"], told["name"], told["state"]) == (NOW, "hall", "running")


def test_a_device_that_is_none_is_told_before_anything_is_watched(agent, capsys):
    agent.answers["status"] = look()
    assert agent.run("watch", "colt", "--looks", "1") == 2
    assert "there is no device 'colt': did you mean 'cold'?" in capsys.readouterr().err
    assert agent.slept == []


def test_without_an_agent_there_is_nothing_to_watch(agent):
    agent.answers["status"] = NotRunning("no")
    assert agent.run("watch", "--looks", "1") != 0


def test_who_interrupts_it_ends_it_well(agent, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(watch.time, "sleep", interrupted)
    agent.answers["status"] = look()
    assert agent.run("watch") == 0


def test_on_a_terminal_the_page_is_drawn_again_and_again(agent, monkeypatch, capsys):
    drawn = []
    monkeypatch.setattr(watch.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(watch, "clear", lambda: drawn.append("clear"))
    monkeypatch.setattr(watch, "draw", lambda lines, paint: drawn.append(list(lines)))
    agent.answers["status"] = [look(), look(), NotRunning("the agent is away")]
    assert agent.run("watch", "--looks", "2", "--utc") == 0
    clear, page, away = drawn
    assert clear == "clear"
    assert page[0].startswith("truck-12: Tallyman 0.1.0 has run for ")
    assert len(page) <= 23
    assert any("the agent is away" in line for line in away)
    monkeypatch.setattr(watch, "columns", lambda: 40)
    agent.answers["status"] = look(*(device(f"cold-{number}") for number in range(30)))
    assert agent.run("watch", "--looks", "1", "--utc") == 0
    *_, page = drawn
    assert max(map(len, page)) == 39, "a full last column would begin another line"
    assert len(page) <= 23
    agent.answers["status"] = look(device("cold", last="4.31 °C"), device("hall"))
    assert agent.run("watch", "cold", "--looks", "1", "--utc") == 0
    *_, page = drawn
    assert page[0] == "truck-12, 2026-09-21 14:13:20.000 UTC"
    assert page[-1] == "  4.31 °C"
    assert not any("hall" in line for line in page)
