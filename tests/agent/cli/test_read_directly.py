"""`tallyman read` while no agent runs: the command reads the device itself, and lets it go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli import read
from agent.config.settings import parse
from agent.desks.control_client import NotRunning
from tests.agent.cli.asked import Agent
from tests.agent.fakes import FakeCatalog

DEVICE = '[[device]]\nname = "{name}"\nkind = "fake.thermometer"\nport = "/dev/{name}"\n{more}'


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, read)
    agent.answers["read"] = NotRunning("no")
    devices = DEVICE.format(name="cold", more="") + DEVICE.format(
        name="gone", more='fault = "missing"\n'
    )
    catalog = FakeCatalog()
    monkeypatch.setattr(read, "catalog", catalog)
    config = parse((agent.config.read_text() + devices).encode(), Path(agent.config), catalog)
    monkeypatch.setattr(read, "load", lambda *_: config)
    closed = agent.closed = []
    monkeypatch.setattr(read.Host, "close", lambda host: closed.append(1))
    return agent


def test_a_reading_is_told_and_is_no_record(agent, capsys):
    assert agent.run("read", "cold", "--json") == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["device"], plain["kind"], plain["temperature"]) == ("cold", "temperature", 4.31)
    assert (plain["boot"], "n" in plain) == (0, False)
    assert agent.run("read", "cold", "--utc") == 0
    assert capsys.readouterr().out.endswith("UTC  cold  4.31 °C\n")
    assert agent.closed == [1, 1]


def test_what_cannot_be_read_is_let_go_too(agent, capsys):
    assert agent.run("read", "gone") != 0
    assert "gone is not plugged in" in capsys.readouterr().err
    assert agent.closed == [1]


def test_a_device_that_is_none_is_told_with_the_nearest_name(agent, capsys):
    assert agent.run("read", "colt") == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "there is no device 'colt' in " in told
    assert "did you mean 'cold'?" in told
    assert agent.closed == []
