"""`tallyman shipment`: what each action asks of the agent, and which options it takes."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from agent.cli import dock_notice, shipment
from agent.cli.shipment import ACTIONS, OPTIONS_OF
from tests.agent.cli.asked import Agent
from tests.agent.cli.test_shipment_page import shipment as told_as

SHIPMENT = told_as(vehicle="TO 123")


@pytest.fixture
def agent(tmp_path, monkeypatch):
    agent = Agent(tmp_path, monkeypatch, shipment, dock_notice)
    monkeypatch.chdir(tmp_path)
    one = ("start", "bind", "unbind", "end")
    agent.answers |= {f"shipment-{name}": SHIPMENT for name in one}
    several = ("shipments", "shipment-split", "shipment-merge")
    agent.answers |= {name: [SHIPMENT, SHIPMENT] for name in several} | {"dock-notice": {}}
    return agent


BOUND = {"name": "WB-7", "seals": [], "devices": [], "papers": []}
ALL = {
    "name": "WB-7", "vehicle": "TO 123", "destination": "Novara", "owner": "o", "custodian": "c",
    "model": "m", "operator": "me", "seals": ["S1", "S2"], "devices": ["cold"], "papers": ["photo"],
}  # fmt: skip
WORDS = [
    "--vehicle", "TO 123", "--destination", "Novara", "--owner", "o", "--custodian", "c",
    "--model", "m", "--as", "me", "--seal", "S1", "--seal", "S2", "--device", "cold", "--paper",
    "photo",
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ([], {"verb": "shipments"}),
        (["show", "WB-7"], {"verb": "shipments", "name": "WB-7"}),
        (["start", "WB-7"], BOUND | {"verb": "shipment-start"}),
        (["start", "WB-7", *WORDS], ALL | {"verb": "shipment-start"}),
        (["bind", "WB-7", *WORDS], ALL | {"verb": "shipment-bind"}),
        (["unbind", "WB-7", "--seal", "S1"], BOUND | {"verb": "shipment-unbind", "seals": ["S1"]}),
        (["split", "WB-7", "--into", "WB-8"], BOUND | {"verb": "shipment-split", "into": "WB-8"}),
        (["merge", "WB-7"], BOUND | {"verb": "shipment-merge", "into": ""}),
        (["end", "WB-7"], {"verb": "shipment-end", "name": "WB-7"}),
        (["end", "WB-7", "--as", "me"],
         {"verb": "shipment-end", "name": "WB-7", "operator": "me"}),
    ],
)  # fmt: skip
def test_each_action_is_one_request_and_shows_what_came_of_it(agent, capsys, words, asked):
    assert agent.run("shipment", *words, "--json") == 0
    assert agent.asked == [asked]
    several = asked["verb"] in ("shipments", "shipment-split", "shipment-merge")
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == [SHIPMENT] * (2 if several else 1)
    assert agent.run("shipment", *words, "--utc") == 0
    assert capsys.readouterr().out.startswith(SHIPMENT["name"])


def test_a_notice_is_sent_first_and_bound_by_its_digest(agent, tmp_path):
    (tmp_path / "asn.json").write_bytes(b"{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    assert agent.run("shipment", "bind", "WB-7", "--notice", "asn.json") == 0
    sent, asked = agent.asked
    assert (sent["digest"], base64.b64decode(sent["part"])) == (digest, b"{}")
    assert asked == BOUND | {"verb": "shipment-bind", "digest": digest}


def test_no_shipment_at_all(agent, capsys):
    agent.answers["shipments"] = []
    assert agent.run("shipment") == 0
    assert capsys.readouterr().out == "there is no shipment\n"


READY = {"name": "WB-7", "ready": True, "papers": ["photo", "calibration"], "faults": []}
FAULTS = [{"what": "photo", "text": "is not there"}, {"what": "model", "text": "is another"}]


@pytest.mark.parametrize(
    ("found", "code", "lines"),
    [
        (READY, 0, ["WB-7 is ready to leave", "  papers    photo, calibration"]),
        (READY | {"papers": []}, 0,
         ["WB-7 is ready to leave", "  papers    none were asked for: --paper names them"]),
        (READY | {"ready": False, "faults": FAULTS}, 1,
         ["WB-7 is NOT READY to leave", "  photo     is not there", "  model     is another"]),
    ],
)  # fmt: skip
def test_whether_it_may_leave(agent, capsys, found, code, lines):
    agent.answers["shipment-check"] = found
    assert agent.run("shipment", "check", "WB-7", "--as", "me") == code
    assert agent.asked == [{"verb": "shipment-check", "name": "WB-7", "operator": "me"}]
    assert capsys.readouterr().out.splitlines() == lines
    assert agent.run("shipment", "check", "WB-7", "--json") == code
    assert json.loads(capsys.readouterr().out) == found


@pytest.mark.parametrize("ready", [True, False])
def test_what_is_long_goes_on_beside_its_label(agent, capsys, ready):
    faults = [{"what": "photo", "text": "word " * 20}]
    agent.answers["shipment-check"] = {
        "name": "WB-7", "ready": ready, "papers": ["calibration"] * 9, "faults": faults,
    }  # fmt: skip
    agent.run("shipment", "check", "WB-7")
    last = capsys.readouterr().out.splitlines()[-1]
    assert len(last) - len(last.lstrip()) == 12


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_only_show_goes_without_a_name(agent, capsys, action):
    if action == "show":
        assert agent.run("shipment", action) == 0
        return
    assert agent.run("shipment", action) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"which shipment? next: tallyman shipment {action} NAME" in said
    assert agent.asked == []


GIVEN = {
    "vehicle": ["--vehicle", "x"], "destination": ["--destination", "x"],
    "notice": ["--notice", "x"], "owner": ["--owner", "x"], "custodian": ["--custodian", "x"],
    "model": ["--model", "x"], "seal": ["--seal", "x"], "device": ["--device", "x"],
    "paper": ["--paper", "x"], "operator": ["--as", "x"], "into": ["--into", "x"],
    "to": ["--to", "x"], "giver": ["--from", "x"], "place": ["--place", "x"],
    "remark": ["--remark", "x"], "at": ["--at", "2026-01-01"], "bundle": ["--bundle", "x"],
    "policy": ["--policy", "x"],
}  # fmt: skip
TAKES = {
    "start": "vehicle destination notice owner custodian model seal device paper operator",
    "bind": "vehicle destination notice owner custodian model seal device paper operator",
    "unbind": "seal device paper operator", "split": "vehicle destination seal device operator into",
    "merge": "operator into", "check": "operator", "end": "operator", "show": "",
    "custody": "to giver place remark at bundle policy", "summary": "bundle policy",
}  # fmt: skip
"""Which options mean something to each action."""


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_an_option_that_says_nothing_to_an_action_is_refused(agent, capsys, action):
    for name in GIVEN.keys() - set(TAKES[action].split()):
        assert agent.run("shipment", action, "WB-7", *GIVEN[name]) == 2
        said = " ".join(capsys.readouterr().err.split())
        assert f"{action} takes no {GIVEN[name][0]}" in said
        (meant,) = [actions for actions, names in OPTIONS_OF.items() if name in names]
        assert said.endswith(", ".join(f"tallyman shipment {each}" for each in meant))
    assert agent.asked == []
