"""What `why` prints of causes: three whole, the others by name, and how each was ruled out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.cli.why_page import page
from agent.why.answer import Answer
from agent.why.heard import Contact
from agent.why.judge import Case, judge
from foundation.cause import UNKNOWN, Cause, no, yes
from tests.agent.cli.asked import LONG, indents
from tests.agent.cli.test_status_page import NOW, device


def row(name, finding=UNKNOWN, **given):
    words = (f"the {name} is out", f"put in a new {name}", "who took it")
    return Cause(f"lamp.{name}", "it is dark", *words, test=lambda _: finding, **given)


def told(*rows, target="lamp", ignored=(), contact=Contact.ANSWERED, age=None, **known):
    verdict = judge(Case("lamp", rows, None))
    found = Answer(target, verdict.causes, verdict.ruled_out, ignored)
    heard = SimpleNamespace(contact=contact, age=age)
    values = {"device": lambda _: None, "heard": heard, "status": object(), "now_ms": NOW} | known
    return list(page(found, SimpleNamespace(**values), lambda ms: f"day {ms}"))


def test_a_cause_is_told_with_what_speaks_for_it_and_what_to_do_next():
    seen = row("bulb", yes("it is black"), command="lamp --test")
    assert told(seen) == [
        "lamp",
        "1 likely     the bulb is out [lamp.bulb]",
        "  for        it is black",
        "  next       put in a new bulb",
        "             $ lamp --test",
        "  open       who took it",
    ]


def test_a_long_command_goes_on_behind_its_prompt():
    lines = told(row("bulb", yes("it is black"), command=LONG))
    (first,) = [number for number, line in enumerate(lines) if "$ word" in line]
    assert indents(lines[first : first + 2]) == [13, len("             $ ")]


def test_whose_cause_it_is_is_said_where_nothing_was_asked_for():
    assert told(row("bulb", yes("it is black")), target="")[0] == (
        "1 likely     lamp: the bulb is out [lamp.bulb]"
    )


def test_behind_three_causes_the_others_are_named_once_each():
    names = ("bulb", "fuse", "wire", "plug", "hook")
    lines = told(*(row(name, yes("seen")) for name in names))
    assert [line[0] for line in lines if line[:1].isdigit()] == ["1", "2", "3"]
    assert lines[-1] == "also         lamp.plug, lamp.hook"


@pytest.mark.parametrize(("count", "named"), [(6, True), (7, False)])
def test_what_nobody_can_tell_is_named_while_it_is_little(count, named):
    names = [f"part-{number}" for number in range(count)]
    text = "\n".join(told(*map(row, names)))
    assert ("not told     lamp.part-0, lamp.part-1" in text) is named
    many = f"not told     {count} other causes that nobody can tell now: see --json"
    assert (many in text) is not named
    assert "nothing is found to be wrong with lamp; the rest nobody can tell now" in text


def test_what_was_ruled_out_is_joined_by_what_did_it():
    glows, whole = no("it glows"), no("it is whole")
    rows = [row("bulb", glows), row("fuse", whole), row("wire", glows)]
    assert told(*rows) == [
        "lamp",
        "nothing is wrong with lamp",
        "ruled out    lamp.bulb, lamp.wire: it glows",
        "             lamp.fuse: it is whole",
    ]
    assert told(*rows, target="") == ["nothing is wrong anywhere"]


def test_what_is_left_alone_is_told_with_its_end_and_reason():
    (cause,) = judge(Case("lamp", [row("bulb", yes("it is black"))], None)).causes
    word = SimpleNamespace(until_ms=7, reason="in repair")
    assert told(ignored=[(cause, word)]) == [
        "lamp",
        "nothing else is wrong with lamp",
        "left alone   lamp.bulb until day 7: in repair",
    ]
    assert told(ignored=[(cause, word)], status=None)[1].startswith("nothing else is found to be")


def test_a_device_s_head_is_how_it_does():
    assert told(target="cold-1", device=lambda _: device("cold-1"))[0] == (
        "cold-1 (sensors.sht3x) running, read 4 s ago"
    )


@pytest.mark.parametrize(
    ("contact", "age", "said"),
    [
        (
            Contact.DOWN,
            90.0,
            "the agent does not run: what follows is its last state, 1 min 30 s old",
        ),
        (Contact.SILENT, 0.4, "the agent does not answer: what follows is its last state, 0 s old"),
        (
            Contact.FORBIDDEN,
            None,
            "this user may not ask the agent, and it left no last state: what",
        ),
        (Contact.REFUSED, None, "the agent is of another version, and it left no last state: what"),
    ],
)
def test_it_is_said_who_says_so_where_it_is_not_the_running_agent(contact, age, said):
    assert told(contact=contact, age=age)[1].startswith(said)
