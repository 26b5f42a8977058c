"""`tallyman deliver`: who may sign, what they sign, and how names are put right in the talk."""

from __future__ import annotations

import argparse
import json

import pytest

from agent.cli import deliver, dock, dock_notice, dock_talk, people
from agent.cli.deliver import Handover
from tests.agent.cli.asked import Agent
from tests.agent.cli.test_dock import NUMBER, RECEIPT
from tests.agent.cli.test_dock_command import VIEW
from tests.agent.dock.goods import APPLE, P1, item, plan

SIGNED = RECEIPT | {"state": "signed"}


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, deliver, dock, dock_notice, dock_talk)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TALLYMAN_DRIVER_PIN", raising=False)
    monkeypatch.delenv("TALLYMAN_RECEIVER_PIN", raising=False)
    (tmp_path / "asn.json").write_bytes(plan((P1, [item(APPLE, 2)])))
    agent.answers |= {
        "dock-signers": {"driver-4": "key", "receiver-2": "key"}, "dock-notice": {},
        "people": [{"name": "driver-4"}], "dock-open": {"check": NUMBER, "resumed": False},
        "dock-look": VIEW, "dock-deliver": SIGNED,
    }  # fmt: skip
    return agent


@pytest.fixture
def typed(monkeypatch):
    """The prompts for PINs; whoever is asked types theirs."""
    prompts = []

    def getpass(prompt):
        prompts.append(prompt)
        return f"pin {len(prompts)}"

    monkeypatch.setattr(people.getpass, "getpass", getpass)
    monkeypatch.setattr(people.sys.stdin, "isatty", lambda: True, raising=False)
    return prompts


def run(agent, *words, driver="driver-4", receiver="receiver-2"):
    who = ["--driver", driver, "--receiver", receiver, "--read-point", "door 2"]
    return agent.run("deliver", "asn.json", *who, *words)


def told(capsys):
    both = capsys.readouterr()
    return " ".join((both.out + both.err).split())


def test_both_parties_are_asked_for_their_pins_and_sign_one_receipt(agent, typed, capsys):
    assert run(agent, "--decide", "accepted") == 0
    assert typed == [
        "PIN of driver-4, the driver (empty: none): ",
        "PIN of receiver-2, the receiver (empty: none): ",
    ]
    names = {"verb": "dock-signers", "driver": "driver-4", "receiver": "receiver-2"}
    assert [each for each in agent.asked if each["verb"] == "dock-signers"] == [names] * 2
    assert agent.asked[0] == names, "before a check is opened"
    assert agent.asked[-1] == {
        "verb": "dock-deliver", "check": NUMBER, "operator": "receiver-2", "decision": "accepted",
        "driver": "driver-4", "receiver": "receiver-2", "driver_pin": "pin 1",
        "receiver_pin": "pin 2",
    }  # fmt: skip
    shown = told(capsys)
    assert f"receipt {NUMBER}: notice ASN1 accepted" in shown
    assert "signed by driver and receiver" in shown
    assert run(agent, "--decide", "accepted", "--json") == 0
    assert json.loads(capsys.readouterr().out) == SIGNED


@pytest.mark.parametrize("lacking", ["--driver", "--receiver"])
def test_both_parties_must_be_named(agent, capsys, lacking):
    words = ["--driver", "driver-4", "--receiver", "receiver-2"]
    at = words.index(lacking)
    del words[at : at + 2]
    assert agent.run("deliver", "asn.json", *words) == 2
    assert lacking in capsys.readouterr().err
    assert agent.asked == []


def test_pins_can_come_from_the_environment(agent, capsys, monkeypatch):
    monkeypatch.setenv("TALLYMAN_DRIVER_PIN", "1")
    monkeypatch.setenv("TALLYMAN_RECEIVER_PIN", "2")
    assert run(agent, "--decide", "accepted") == 0
    assert (agent.asked[-1]["driver_pin"], agent.asked[-1]["receiver_pin"]) == ("1", "2")


def test_who_has_no_key_is_named_and_not_asked_for_a_pin(agent, typed, capsys):
    agent.answers["dock-signers"] = {"driver-4": "key"}
    agent.answers["dock-deliver"] = RECEIPT | {"state": "unilateral"}
    assert run(agent, "--decide", "accepted", receiver="zzz") == 0
    assert typed == ["PIN of driver-4, the driver (empty: none): "]
    assert agent.asked[-1]["receiver_pin"] == ""
    shown = told(capsys)
    assert shown.startswith("zzz has no key here: the receiver will not sign")
    assert "UNILATERAL: one of the two did not sign" in shown


def test_a_name_that_looks_like_a_slip_opens_no_check(agent, capsys, monkeypatch):
    agent.answers["dock-signers"] = {"receiver-2": "key"}
    assert run(agent, driver="driver-5") == 2
    shown = told(capsys)
    assert "driver-5 has no key here: did you mean 'driver-4'?" in shown
    assert shown.endswith("tallyman people add driver-5 --role driver")
    monkeypatch.setenv("TALLYMAN_DRIVER_PIN", "1")
    assert run(agent, driver="zzz") == 2
    assert "zzz has no key here next: tallyman people add zzz --role driver" in told(capsys)
    assert {each["verb"] for each in agent.asked} == {"dock-signers", "people"}


@pytest.mark.parametrize(
    ("line", "driver", "receiver", "said"),
    [
        ("driver driver-7", "driver-7", "receiver-2", "driver: driver-7\n"),
        ("receiver  receiver 3 ", "driver-4", "receiver 3", "receiver: receiver 3\n"),
    ],
)
def test_another_name_is_taken_in_the_talk(agent, capsys, line, driver, receiver, said):
    agent.answers["dock-signers"] = dict.fromkeys((driver, receiver), "key")
    args = argparse.Namespace(driver="driver-4", receiver="receiver-2", operator="receiver-2")
    assert Handover(agent.config, NUMBER, args).obey(line) is None
    assert (args.driver, args.receiver, args.operator) == (driver, receiver, receiver)
    assert agent.asked == [{"verb": "dock-signers", "driver": driver, "receiver": receiver}]
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("line", ["driver", "driver  ", "pilot p"])
def test_what_names_nobody_shows_the_keys(agent, capsys, line):
    args = argparse.Namespace(driver="driver-4", receiver="receiver-2", operator="receiver-2")
    assert Handover(agent.config, NUMBER, args).obey(line) is None
    assert (args.driver, args.receiver, agent.asked) == ("driver-4", "receiver-2", [])
    assert "[m LABEL]" in capsys.readouterr().out
