"""`tallyman status`: one page for people, the same as one object for programs."""

from __future__ import annotations

import json

import pytest

from agent.cli import status as command
from agent.cli.status_page import lines
from agent.cli.times import format_time
from tests.agent.cli.asked import Agent
from tests.agent.cli.test_status_page import status


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, command)
    agent.answers["status"] = json.loads(json.dumps(status().to_dict()))
    return agent


def test_people_get_the_page(agent, capsys):
    assert agent.run("status", "--utc") == 0
    page = lines(status(), lambda ms: format_time(ms, utc=True))
    assert capsys.readouterr().out.splitlines() == page


def test_programs_get_what_the_agent_says(agent, capsys):
    assert agent.run("status", "--json") == 0
    assert json.loads(capsys.readouterr().out) == agent.answers["status"]
