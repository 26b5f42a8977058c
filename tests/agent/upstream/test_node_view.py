"""What is known of a node: what ends a trouble, what is announced, and what a person can do."""

from __future__ import annotations

import random

import pytest

from agent.upstream.causes import GAP, NOT_ADMITTED, REFUSED, REPLACED, UNREACHABLE
from agent.upstream.link import NodeAddress
from agent.upstream.node_view import NodeView
from agent.upstream.patience import Patience
from agent.upstream.states import LinkState, Step
from tests.agent.fakes import FakeTiming

CONNECTING, OK, AWAY = LinkState.CONNECTING, LinkState.OK, LinkState.UNREACHABLE
HELD = [
    LinkState.NOT_ADMITTED,
    LinkState.REPLACED,
    LinkState.REFUSED,
    LinkState.WITHHELD,
    LinkState.EXPIRED,
    LinkState.CONFLICT,
    LinkState.FROZEN,
]


class Seen:
    """A view, and what it announced."""

    def __init__(self) -> None:
        self.timing, self.heard = FakeTiming(), []
        self.patience = Patience(self.timing.monotonic, random.Random(1))
        self.view = NodeView(
            NodeAddress("harbour", "tcp://h:1", "key"),
            self.timing.monotonic,
            lambda *event: self.heard.append(event),
            self.patience,
        )

    @property
    def now(self):
        return self.view.state, self.view.detail, self.view.cause


@pytest.fixture
def seen():
    return Seen()


def test_it_begins_with_connecting_and_nothing_to_do(seen):
    assert seen.now == (CONNECTING, "", None)
    assert (seen.view.since, seen.view.advice, seen.heard) == (100.0, "", [])


def test_a_connection_alone_says_nothing_before_the_greeting(seen):
    seen.timing.now = 110.0
    seen.view.connected(OK)
    assert seen.now == (CONNECTING, "", None)
    seen.view.went_well(Step.GREET)
    assert seen.now == (OK, "", None)
    assert seen.view.since == 110.0
    assert seen.heard == [("harbour", OK, "")]


def test_what_goes_on_is_told_and_no_change_of_state(seen):
    seen.view.went_well(Step.GREET)
    seen.timing.now = 120.0
    seen.view.went_well(Step.SEND, "sending alarms")
    assert seen.view.detail == "sending alarms"
    seen.view.went_well(Step.PROVE)
    assert seen.view.detail == "sending alarms", "that is as before"
    seen.view.went_well(Step.SEND, "")
    assert (seen.view.detail, seen.view.since, len(seen.heard)) == ("", 100.0, 1)


def test_a_link_that_breaks_is_announced_once_and_connecting_is_not(seen):
    seen.view.went_well(Step.GREET)
    seen.view.connected(CONNECTING)
    seen.view.failed(Step.SEND, AWAY, "nothing answers")
    seen.timing.now = 130.0
    seen.view.failed(Step.GREET, AWAY, "nothing answers still")
    assert seen.now == (AWAY, "nothing answers still", UNREACHABLE)
    assert seen.view.advice == UNREACHABLE.next
    assert seen.view.since == 100.0
    assert seen.heard == [("harbour", OK, ""), ("harbour", AWAY, "nothing answers")]


def test_a_link_that_comes_back_in_a_conversation_needs_no_greeting(seen):
    seen.view.went_well(Step.GREET)
    seen.view.connected(CONNECTING)
    assert seen.view.state is CONNECTING
    seen.view.connected(OK)
    assert seen.view.state is OK
    assert seen.heard == [("harbour", OK, "")] * 2


def test_after_a_broken_link_the_greeting_is_what_must_go_well(seen):
    seen.view.failed(Step.SEND, AWAY, "nothing answers")
    seen.view.connected(OK)
    assert seen.view.state is AWAY
    seen.view.went_well(Step.GREET)
    assert seen.view.state is OK


@pytest.mark.parametrize("state", HELD)
def test_what_was_refused_stands_until_the_same_step_goes_well(seen, state):
    seen.view.failed(Step.PROVE, state, "no")
    for quiet in (CONNECTING, OK):
        seen.view.connected(quiet)
    seen.view.went_well(Step.GREET)
    seen.view.went_well(Step.SEND, "sending statements")
    assert (seen.view.state, seen.view.detail) == (state, "no")
    seen.view.went_well(Step.PROVE)
    assert (seen.view.state, seen.view.cause) == (OK, None)


def test_a_node_that_goes_away_is_away_though_it_had_refused(seen):
    seen.view.failed(Step.SEND, LinkState.REFUSED, "no")
    seen.view.connected(AWAY)
    assert seen.view.state is AWAY


def test_who_has_taken_our_place_has_it_while_the_node_is_away_too(seen):
    seen.view.failed(Step.GREET, LinkState.REPLACED, "by another")
    seen.view.connected(AWAY)
    seen.view.failed(Step.GREET, AWAY, "nothing answers")
    assert seen.now == (LinkState.REPLACED, "by another", REPLACED)
    seen.view.failed(Step.GREET, LinkState.NOT_ADMITTED, "not any more")
    assert seen.now == (LinkState.NOT_ADMITTED, "not any more", NOT_ADMITTED)


def test_a_cause_that_is_more_exact_is_told_in_place_of_the_state_s_own(seen):
    seen.view.failed(Step.SEND, LinkState.REFUSED, "batch 3 is wanted", GAP)
    assert (seen.view.cause, seen.view.advice) == (GAP, GAP.next)
    seen.view.failed(Step.SEND, LinkState.REFUSED, "no")
    assert seen.view.cause is REFUSED


def test_a_refusal_is_waited_out_and_one_that_serves_is_not(seen):
    seen.view.failed(Step.SEND, LinkState.REFUSED, "no")
    assert 1.0 <= seen.patience.left() <= 1.25
    seen.view.went_well(Step.GREET)
    assert seen.patience.left() > 0, "not the step that failed"
    seen.view.went_well(Step.SEND)
    assert seen.patience.left() == 0.0


def test_a_state_that_no_conversation_led_to_is_announced_too(seen):
    seen.view.enter(LinkState.FROZEN, "two histories")
    assert seen.heard == [("harbour", LinkState.FROZEN, "two histories")]
