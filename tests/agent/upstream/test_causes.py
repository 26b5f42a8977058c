"""Why nothing goes to the ledger, by what is known of the way there; unknown is never no."""

from __future__ import annotations

import errno
import os

import pytest

from agent.upstream import queue_causes as queue
from agent.upstream.causes import NO_NODE, SPENT, UNREACHABLE
from agent.upstream.queue_causes import QueueFacts
from agent.upstream.uplink_facts import UplinkFacts
from agent.upstream.way_causes import (
    NAMES,
    NO_CARRIER,
    NO_INTERFACE,
    NO_ROUTE,
    NO_WAY,
    RESTRICTED,
    SILENT,
    of_refusal,
    of_trouble,
)
from foundation.addresses import Unresolved
from foundation.cause import no, perhaps, yes

NO_NAME = str(Unresolved("ledger.example"))


def uplink(nodes: int | None = 2, **known) -> UplinkFacts:
    return UplinkFacts(nodes, **known)


@pytest.mark.parametrize(
    ("row", "facts", "found"),
    [
        (NO_NODE, uplink(None), perhaps()),
        (NO_NODE, uplink(0), perhaps("no [[ledger.node]] is there")),
        (NO_NODE, uplink(2), no("2 are configured")),
        (SPENT, uplink(), perhaps()),
        (SPENT, uplink(spent=9), perhaps()),
        (SPENT, uplink(budget=9), perhaps()),
        (
            SPENT,
            uplink(spent=299_999, budget=300_000),
            no("299 999 of 300 000 bytes of today are spent"),
        ),
        (
            SPENT,
            uplink(spent=300_000, budget=300_000),
            yes("300 000 of 300 000 bytes of today are spent"),
        ),
        (UNREACHABLE, uplink(), perhaps()),
        (
            UNREACHABLE,
            uplink(listens=lambda: {"a": True, "b": None}),
            no("a, b takes connections"),
        ),
        (
            UNREACHABLE,
            uplink(listens=lambda: {"a": True, "b": False, "c": False}),
            yes("b takes no connection", "c takes no connection"),
        ),
        (RESTRICTED, uplink(used="eth0"), no("the way in use is for everything")),
        (
            RESTRICTED,
            uplink(used="sat0", sends="alarms"),
            yes("sat0 is in use, which sends alarms only"),
        ),
        (
            RESTRICTED,
            uplink(used="wwan0", sends="live"),
            yes("wwan0 is in use, which sends alarms and what is new"),
        ),
        (NAMES, uplink(), no("every node's name is resolved")),
        (NAMES, uplink(dead={"eth0": "no default route"}), no("every node's name is resolved")),
        (NAMES, uplink(names="the name a is not resolved"), yes("the name a is not resolved")),
        (NAMES, uplink(dead={"eth0": "no default route", "wwan0": NO_NAME}), yes(NO_NAME)),
        (NO_WAY, uplink(), no("no interface is configured, the machine's routes decide")),
        (NO_WAY, uplink(used="eth0", dead={"wwan0": "x"}), no("eth0 leads to the node")),
        (
            NO_WAY,
            uplink(used="eth0", dead={"eth0": "no default route", "wwan0": "no answer"}),
            yes("eth0: no default route", "wwan0: no answer"),
        ),
    ],
)
def test_of_the_way_there(row, facts, found):
    assert row.test(facts) == found


@pytest.mark.parametrize(
    ("trouble", "row"),
    [
        (os.strerror(errno.ENODEV), NO_INTERFACE),
        ("no default route", NO_ROUTE),
        (os.strerror(errno.ENETUNREACH), NO_CARRIER),
        (os.strerror(errno.ENETDOWN), NO_CARRIER),
        (os.strerror(errno.EHOSTUNREACH), SILENT),
        (os.strerror(errno.ETIMEDOUT), SILENT),
        ("no answer within 5 s", SILENT),
        (NO_NAME, NAMES),
        (os.strerror(errno.EACCES), NO_WAY),
    ],
)
def test_what_a_probe_of_a_way_said_has_its_row(trouble, row):
    assert of_trouble(trouble) is row


@pytest.mark.parametrize(
    ("reason", "row"),
    [
        (os.strerror(errno.ENETUNREACH), NO_ROUTE),
        (NO_NAME, NAMES),
        (os.strerror(errno.ECONNREFUSED), None),  # it may be the node
        ("", None),
    ],
)
def test_why_the_machine_s_own_routes_lead_nowhere(reason, row):
    assert of_refusal(reason) is row


@pytest.mark.parametrize(
    ("row", "facts", "found"),
    [
        (
            queue.NO_WAY,
            QueueFacts(configured=False, serving=False),
            perhaps(contra=("no node is configured at all",)),
        ),
        (queue.NO_WAY, QueueFacts(configured=True), perhaps()),
        (queue.NO_WAY, QueueFacts(serving=True), no("a node takes what is sent")),
        (queue.NO_WAY, QueueFacts(serving=False, unsent=0), no("nothing waits")),
        (queue.NO_WAY, QueueFacts(serving=False, unsent=1, why_not=("a is off",)), yes("a is off")),
        (queue.NO_WAY, QueueFacts(serving=False, why_not=("a is off",)), yes("a is off")),
        (queue.OLD, QueueFacts(), perhaps()),
        (queue.OLD, QueueFacts(unsent=0), no("nothing waits")),
        (queue.OLD, QueueFacts(unsent=1), perhaps()),
        (queue.OLD, QueueFacts(hours=23.9), no("the oldest record that waits is 24 h old")),
        (queue.OLD, QueueFacts(hours=24.0), yes("the oldest record that waits is 24 h old")),
        (queue.SPENT, QueueFacts(), perhaps()),
        (
            queue.SPENT,
            QueueFacts(budget_spent=True),
            yes("today's bytes are used up: only alarms go"),
        ),
        (queue.SPENT, QueueFacts(budget_spent=False), no("today's bytes are not used up")),
        (queue.CATCHING_UP, QueueFacts(to_send=101), perhaps()),
        (queue.CATCHING_UP, QueueFacts(serving=True), perhaps()),
        (
            queue.CATCHING_UP,
            QueueFacts(serving=True, to_send=100),
            no("100 batches to be sent"),
        ),
        (
            queue.CATCHING_UP,
            QueueFacts(serving=True, to_send=101),
            yes("101 batches are to be sent"),
        ),
        (
            queue.CATCHING_UP,
            QueueFacts(serving=True, to_send=101, doing="sending alarms"),
            yes("101 batches are to be sent", "a node is sending alarms"),
        ),
        (queue.CATCHING_UP, QueueFacts(serving=False, to_send=101), perhaps()),
        (
            queue.CATCHING_UP,
            QueueFacts(serving=False, to_send=100),
            no("100 batches to be sent"),
        ),
        (queue.REFUSED, QueueFacts(), perhaps()),
        (queue.REFUSED, QueueFacts(refused=0), no("no batch was refused")),
        (queue.REFUSED, QueueFacts(refused=2), yes("2 batches refused for good")),
        (queue.NOWHERE, QueueFacts(), perhaps()),
        (queue.NOWHERE, QueueFacts(configured=True), no("nodes are configured")),
        (queue.NOWHERE, QueueFacts(configured=False), perhaps("no node is configured")),
    ],
)
def test_of_what_waits(row, facts, found):
    assert row.test(facts) == found
