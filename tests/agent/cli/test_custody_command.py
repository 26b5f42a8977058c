"""`tallyman shipment custody`: who answers for a shipment, who did, and its hand-over."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from agent.cli import shipment_custody
from agent.cli.shipment_custody import lines
from agent.shipments.custody import Custodian
from tests.agent.cli.asked import LONG, Agent, indents
from tests.agent.shipments.journeys import BEGIN, Journal

DONE = {"taker": "carrier-2", "shipment": "WB-7", "state": "unilateral", "sha256": "ab" * 32}


@pytest.fixture
def agent(tmp_path, monkeypatch):
    for name in ("TALLYMAN_GIVER_PIN", "TALLYMAN_TAKER_PIN"):
        monkeypatch.delenv(name, raising=False)
    found = Agent(tmp_path, monkeypatch, shipment_custody)
    found.answers |= {
        "shipments": [{"custodian": "carrier-1"}], "people": [], "shipment-custody": DONE,
    }  # fmt: skip
    return found


def handed(agent):
    """What was asked of the agent for the hand-over."""
    return [each for each in agent.asked if each["verb"] == "shipment-custody"]


def test_who_answers_by_the_records_hands_it_over(agent, capsys):
    assert agent.run("shipment", "custody", "WB-7", "--to", "carrier-2", "--place", "Novara") == 0
    assert handed(agent) == [{
        "verb": "shipment-custody", "name": "WB-7", "giver": "carrier-1", "taker": "carrier-2",
        "place": "Novara",
    }]  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "carrier-2 answers for WB-7 from here on",
        "UNILATERAL: one of the two did not sign",
        f"document  sha256 {'ab' * 32}",
    ]
    assert agent.run("shipment", "custody", "WB-7", "--to", "carrier-2", "--json") == 0
    assert json.loads(capsys.readouterr().out) == DONE


def test_who_has_a_key_here_is_asked_for_the_pin(agent, monkeypatch):
    prompts = []
    monkeypatch.setattr(
        shipment_custody, "read_pin",
        lambda prompt, variable: prompts.append((prompt, variable)) or "4711",
    )  # fmt: skip
    agent.answers["people"] = [{"name": "carrier-2"}]
    words = ["--to", "carrier-2", "--from", "carrier-9", "--remark", "one box wet"]
    assert agent.run("shipment", "custody", "WB-7", *words) == 0
    assert prompts == [("PIN of carrier-2, the taker (empty: none): ", "TALLYMAN_TAKER_PIN")]
    (request,) = handed(agent)
    assert (request["taker_pin"], request["giver"], request["remark"]) == (
        "4711", "carrier-9", "one box wet",
    )  # fmt: skip
    assert "giver_pin" not in request


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["WB-7", "--from", "x"], "--from is of a hand-over"),
        (["WB-7", "--place", "x"], "--place is of a hand-over"),
        (["WB-7", "--remark", "x"], "--remark is of a hand-over"),
        (["WB-7", "--to", "x", "--at", "2026-09-01"], "--at looks back"),
        (["WB-7", "--to", "x", "--policy", "p"], "--policy looks back"),
        (["WB-7", "--to", ""], "who takes which shipment?"),
        (["--to", "x"], "which shipment?"),
        (["WB-7", "--to", "carrier-1"], "carrier-1 answers for it already"),
    ],
)
def test_what_cannot_be_meant_is_refused(agent, capsys, words, said):
    assert agent.run("shipment", "custody", *words) == 2
    assert said in capsys.readouterr().err
    assert handed(agent) == []


def test_a_pin_for_who_has_no_key_here_is_no_use(agent, monkeypatch, capsys):
    monkeypatch.setenv("TALLYMAN_TAKER_PIN", "4711")
    assert agent.run("shipment", "custody", "WB-7", "--to", "carrier-2") == 2
    assert "carrier-2 has no key here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ["2026-09-01 00:00:00.000 UTC until now", "  carrier-1: signed by both"]),
        ({"until_ms": BEGIN + 60_000, "place": "Novara", "state": "doubtful", "remark": "wet"},
         ["2026-09-01 00:00:00.000 UTC to 2026-09-01 00:01:00.000 UTC",
          "  carrier-1, taken at Novara: DOUBTFUL: the signatures on record do not hold",
          "  remark: wet"]),
        ({"who": ""}, ["2026-09-01 00:00:00.000 UTC until now", "  nobody on record"]),
        ({"state": "odd"}, ["2026-09-01 00:00:00.000 UTC until now", "  carrier-1: odd"]),
    ],
)  # fmt: skip
def test_who_answered_is_told_with_how_it_is_known(changes, told):
    values = {"who": "carrier-1", "since_ms": BEGIN, "until_ms": None, "state": "signed",
              "place": "", "remark": "", "number": 3}  # fmt: skip
    assert list(lines(Custodian(**values | changes), utc=True)) == told


def test_what_is_long_of_who_answered_goes_on_below_itself():
    told = list(lines(Custodian(LONG, BEGIN, None, "signed", LONG, LONG, 3), utc=True))
    assert told[0] == "2026-09-01 00:00:00.000 UTC until now"
    assert indents(told[1:]) == [2] * 5
    assert told[4].startswith("  remark: word")


@pytest.fixture
def looked(agent, monkeypatch):
    """A shipment's records: bound by one, answered for by another a minute later."""
    journal = Journal()
    journal.shipment(0, custodian="carrier-1")
    journal.reboot(60)
    journal.bound = None
    journal.shipment(60, custodian="carrier-2")
    told = SimpleNamespace(records=journal.records, name="WB-7", lacks="2 records are hidden")
    monkeypatch.setattr(shipment_custody, "records_told", lambda args: told)
    agent.told = told
    return agent


def test_all_who_answered_are_told_and_by_which_clock(looked, capsys):
    assert looked.run("shipment", "custody", "WB-7", "--utc") == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-09-01 00:00:00.000 UTC to 2026-09-01 00:01:00.000 UTC",
        "  carrier-1: stated when it was bound, not signed",
        "2026-09-01 00:01:00.000 UTC until now",
        "  carrier-2: stated when it was bound, not signed",
        "  by a clock that nobody vouched for",
        "lacks: 2 records are hidden",
    ]
    looked.told.lacks = LONG
    assert looked.run("shipment", "custody", "WB-7", "--utc") == 0
    assert indents(capsys.readouterr().out.splitlines()[-2:]) == [0, len("lacks: ")]
    assert looked.run("shipment", "custody", "WB-7", "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["who"], each["vouched"]) for each in told] == [
        ("carrier-1", True), ("carrier-2", False),
    ]  # fmt: skip


def test_who_answered_at_a_moment_is_told_alone(looked, capsys):
    assert looked.run("shipment", "custody", "WB-7", "--utc", "--at", "2026-09-01T00:00:30Z") == 0
    told = capsys.readouterr().out
    assert "carrier-1" in told
    assert "carrier-2" not in told
    assert looked.run("shipment", "custody", "WB-7", "--at", "2026-08-01T00:00:00Z") == 2
    assert "WB-7 was not under way at " in capsys.readouterr().err
    looked.told.records = []
    assert looked.run("shipment", "custody", "WB-7") == 2
    assert "the records here do not tell who answered for WB-7" in capsys.readouterr().err
