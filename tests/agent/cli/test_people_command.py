"""`tallyman people`: who may sign, PINs that are typed unseen or come from the environment."""

from __future__ import annotations

import json

import pytest

from agent.cli import people
from agent.cli.errors import Mistake
from tests.agent.cli.asked import Agent

KEEPER = {"name": "keeper-2", "role": "keeper"}


@pytest.fixture
def agent(tmp_path, monkeypatch):
    monkeypatch.delenv("TALLYMAN_PIN", raising=False)
    monkeypatch.delenv("TALLYMAN_NEW_PIN", raising=False)
    return Agent(tmp_path, monkeypatch, people)


@pytest.fixture
def typed(monkeypatch):
    """What somebody types, and the prompts that they see."""
    keys, prompts = [], []

    def getpass(prompt):
        prompts.append(prompt)
        if not keys:
            raise EOFError
        return keys.pop(0)

    monkeypatch.setattr(people.getpass, "getpass", getpass)
    monkeypatch.setattr(people.sys.stdin, "isatty", lambda: True, raising=False)
    return keys, prompts


def test_who_may_sign_is_shown(agent, capsys):
    agent.answers["people"] = [KEEPER, {"name": "driver-4", "role": "driver", "locked": True}]
    assert agent.run("people") == 0
    assert capsys.readouterr().out.splitlines() == [
        "keeper-2 may sign as keeper",
        "driver-4 may sign as driver; LOCKED, too many wrong PINs",
    ]
    agent.answers["people"] = [KEEPER]
    assert agent.run("people", "--json") == 0
    assert json.loads(capsys.readouterr().out) == KEEPER
    agent.answers["people"] = []
    assert agent.run("people") == 0
    assert "nobody may sign yet: tallyman people add NAME" in "".join(capsys.readouterr())


def test_a_new_pin_is_typed_twice(agent, typed, capsys):
    keys, prompts = typed
    agent.answers["people-add"] = KEEPER
    keys[:] = ["4711", "4711"]
    assert agent.run("people", "add", "keeper-2") == 0
    assert prompts == ["new PIN of keeper-2: ", "again: "]
    assert agent.asked == [
        {"verb": "people-add", "name": "keeper-2", "role": "keeper", "pin": "4711"}
    ]
    told = capsys.readouterr().out
    assert told == "keeper-2 may sign as keeper; the public key is on record\n"
    keys[:] = ["4711", "4712"]
    assert agent.run("people", "add", "keeper-2") == 2
    assert "the two PINs differ" in capsys.readouterr().err
    assert len(agent.asked) == 1


def test_a_script_gives_its_pins_by_the_environment(agent, monkeypatch, capsys):
    monkeypatch.setenv("TALLYMAN_PIN", "4711")
    monkeypatch.setenv("TALLYMAN_NEW_PIN", "0815")
    agent.answers |= {"people-add": KEEPER, "people-pin": KEEPER | {"change": "has another PIN"}}
    assert agent.run("people", "add", "driver-4", "--role", "driver", "--json") == 0
    assert json.loads(capsys.readouterr().out) == KEEPER
    assert agent.run("people", "pin", "keeper-2") == 0
    assert capsys.readouterr().out == "keeper-2 has another PIN\n"
    assert agent.asked == [
        {"verb": "people-add", "name": "driver-4", "role": "driver", "pin": "4711"},
        {"verb": "people-pin", "name": "keeper-2", "pin": "4711", "new_pin": "0815"},
    ]


def test_another_pin_is_typed_twice_behind_the_old_one(agent, typed, capsys):
    keys, prompts = typed
    agent.answers["people-pin"] = KEEPER | {"change": "has another PIN"}
    keys[:] = ["4711", "0815", "0815"]
    assert agent.run("people", "pin", "keeper-2", "--json") == 0
    assert prompts == ["PIN of keeper-2: ", "new PIN of keeper-2: ", "again: "]
    assert json.loads(capsys.readouterr().out)["change"] == "has another PIN"
    keys[:] = ["4711", "0815", "0816"]
    assert agent.run("people", "pin", "keeper-2") == 2
    assert len(agent.asked) == 1


@pytest.mark.parametrize("action", ["remove", "unlock"])
def test_who_leaves_or_is_locked_needs_no_pin(agent, action):
    agent.answers[f"people-{action}"] = KEEPER | {"change": "done"}
    assert agent.run("people", action, "keeper-2") == 0
    assert agent.asked == [{"verb": f"people-{action}", "name": "keeper-2"}]


@pytest.mark.parametrize("action", ["add", "remove", "pin", "unlock"])
def test_whom_must_be_said(agent, action, capsys):
    assert agent.run("people", action) == 2
    assert f"name them: tallyman people {action} NAME" in capsys.readouterr().err
    assert agent.asked == []


def test_an_input_that_ends_and_one_that_is_no_terminal_are_told(typed, monkeypatch, capsys):
    with pytest.raises(Mistake, match="nothing was typed"):
        people.read_pin("PIN: ")
    assert capsys.readouterr().out == "\n", "the prompt's line ends"
    monkeypatch.setattr(people.sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(Mistake, match="a PIN must be typed at a terminal"):
        people.read_pin("PIN: ")
