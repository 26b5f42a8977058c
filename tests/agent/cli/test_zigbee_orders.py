"""What `tallyman zigbee` asks for, and what it prints of each answer."""

from __future__ import annotations

import json

import pytest

from agent.cli import zigbee
from tests.agent.cli.asked import Agent

BULB = "00158d0000000002"


@pytest.fixture
def agent(tmp_path, monkeypatch):
    return Agent(tmp_path, monkeypatch, zigbee)


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["permit"], {"do": "permit", "seconds": 120, "via": "", "code": "", "yes": False}),
        (
            ["permit", BULB, "--code", "83FE", "--for", "60", "--via", "hall"],
            {
                "do": "permit",
                "node": BULB,
                "seconds": 60,
                "via": "hall",
                "code": "83FE",
                "yes": False,
            },
        ),
        (["list"], {"do": "list", "yes": False}),
        (["rename", BULB, "hall"], {"do": "rename", "node": BULB, "label": "hall", "yes": False}),
        (["remove", BULB], {"do": "remove", "node": BULB, "yes": False}),
        (["form", "--yes"], {"do": "form", "yes": True}),
        (["restore", "--yes"], {"do": "restore", "burn": False, "yes": True}),
        (["restore", "--yes", "--burn"], {"do": "restore", "burn": True, "yes": True}),
    ],
)
@pytest.mark.parametrize("radio", ["", "radio-2"])
def test_what_is_asked_of_which_radio(agent, words, order, radio):
    agent.answers["zigbee"] = [{"told": "as it is"}]
    more = ["--radio", radio] if radio else []
    assert agent.run("zigbee", *words, *more, "--json") == 0
    assert agent.asked == [{"verb": "zigbee", "radio": radio, "order": order}]


def test_an_order_is_waited_for_as_long_as_the_radio_takes(agent, monkeypatch):
    """To write a network back into a stick takes longer than an answer may."""

    def ask(control, request, **how):
        agent.asked.append(how)
        yield {"told": "as it is"}

    monkeypatch.setattr(zigbee, "ask", ask)
    assert agent.run("zigbee", "restore", "--yes", "--json") == 0
    assert agent.asked == [{"endless": True}]


def test_programs_get_the_answer_as_it_is(agent, capsys):
    answer = [{"name": "a", "more": 1}]
    agent.answers["zigbee"] = [answer]
    assert agent.run("zigbee", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == answer


def test_an_agent_that_goes_away_meanwhile_has_done_nothing_known(agent, capsys):
    agent.answers["zigbee"] = []
    assert agent.run("zigbee", "close") != 0
    assert "the agent ended the conversation" in capsys.readouterr().err


def row(**said):
    known = {"name": BULB, "ieee": BULB, "model": "", "router": False, "parent": "",
             "heard_s": None, "lqi": None, "battery": None, "configured": False}  # fmt: skip
    return known | said


def told(agent, capsys, words, answer):
    agent.answers["zigbee"] = [answer]
    assert agent.run("zigbee", *words) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        (
            {},
            [
                f"{BULB}: unknown model, node",
                "  not heard since the network was started",
                "  next: no [[device]] names it, so its values are not kept",
            ],
        ),
        (
            {"heard_s": 0, "lqi": 0, "battery": 2.96, "router": True, "parent": "hall"},
            [f"{BULB}: unknown model, router under hall", "  heard 0 s ago, LQI 0, battery 3.0 V"],
        ),
        (
            {"name": "cold-1", "model": "ACME TH-1", "heard_s": 7, "configured": True},
            ["cold-1: ACME TH-1, node", "  heard 7 s ago", f"  {BULB}"],
        ),
    ],
)
def test_of_a_node_is_told_what_is_known(agent, capsys, said, lines):
    assert told(agent, capsys, ["list"], [row(**said)]) == lines


def test_of_no_nodes_the_way_to_some_is_told(agent, capsys):
    assert told(agent, capsys, ["list"], []) == [
        "no nodes yet: tallyman zigbee permit lets them join"
    ]


def test_on_the_map_children_come_first_then_who_is_heard_best(agent, capsys):
    def near(name, lqi, *, child):
        return {"name": name, "lqi": lqi, "child": child}

    near_by = [near("a", 10, child=False), near("b", 99, child=False), near("c", 5, child=True)]
    rooms = [
        {"name": "hall", "silent": False, "neighbours": near_by},
        {"name": "attic", "silent": True, "neighbours": []},
    ]
    assert told(agent, capsys, ["map"], rooms) == [
        "hall",
        "  child c, LQI 5",
        "  hears b, LQI 99",
        "  hears a, LQI 10",
        "attic",
        "  does not answer",
    ]


NEXT = "  next: it starts within seconds: tallyman status"
PERMITTED = "  next: switch the node to pairing, then see it: tallyman zigbee list"


@pytest.mark.parametrize(
    ("words", "answer", "lines"),
    [
        (
            ["permit"],
            {"seconds": 60, "via": ""},
            ["nodes may join for 60 s; each one is on record", PERMITTED],
        ),
        (
            ["permit", BULB, "--code", "83FE"],
            {"seconds": 60, "via": "hall", "only": BULB},
            [f"{BULB} may join for 60 s through hall, by its install code", PERMITTED],
        ),
        (["close"], {}, ["no node may join any more"]),
        (["rename", BULB, "x"], {"ieee": BULB, "label": "x"}, [f"{BULB} is called x"]),
        (["rename", BULB, ""], {"ieee": BULB, "label": ""}, [f"{BULB} is called {BULB}"]),
        (
            ["remove", BULB],
            {"ieee": BULB, "heard": True},
            [f"{BULB} was told to leave, and is forgotten"],
        ),
        (
            ["remove", BULB],
            {"ieee": BULB, "heard": False},
            [
                f"{BULB} is forgotten, but did not hear that it is to leave",
                "  next: reset it by hand, or it comes back as a stranger",
            ],
        ),
        (["check"], {"missing": [], "routers": 3}, ["the coordinator knows all 3 routers"]),
        (
            ["check"],
            {"missing": ["hall", "attic"], "routers": 3},
            [
                "the coordinator's table lacks 2 of 3 routers:",
                "  hall",
                "  attic",
                "  next: joins through these fail; take their power for a moment, then check again",
            ],
        ),
        (
            ["form", "--yes"],
            {"pan": "ab", "channel": 15},
            ["a new network is on the stick: PAN ab, channel 15", NEXT],
        ),
        (
            ["adopt", "--yes"],
            {"pan": "ab", "channel": 15},
            ["the stick's network is kept from now on: PAN ab, channel 15", NEXT],
        ),
    ],
)
def test_what_was_done_is_told_with_what_comes_next(agent, capsys, words, answer, lines):
    assert told(agent, capsys, words, answer) == lines


@pytest.mark.parametrize(
    ("words", "said", "advice"),
    [
        (["list", "x"], "list takes no words more, not 1", "tallyman zigbee list"),
        (["remove"], "remove takes 1 word more, not 0", "tallyman zigbee remove NODE"),
        (["rename", "x"], "rename takes 2 words more, not 1", "tallyman zigbee rename NODE NAME"),
        (
            ["permit", "--code", "83FE"],
            "permit takes 1 word more, not 0",
            "tallyman zigbee permit NODE --code CODE",
        ),
    ],
)
def test_words_that_lack_or_are_too_many_are_counted(agent, capsys, words, said, advice):
    assert agent.run("zigbee", *words) == 2
    assert capsys.readouterr().err == f"error: {said}\nnext: say: {advice}\n"
    assert agent.asked == []
