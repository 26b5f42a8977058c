"""What becomes of a node whose conversation ended, and when it is tried again."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from agent.light_client.causes import EXPIRED, FORK, NO_QUORUM, WITHHELD
from agent.light_client.errors import Expired, Fork, Withheld
from agent.upstream.causes import (
    CONFLICT,
    GAP,
    HALF_OPEN,
    NOT_ADMITTED,
    ORDER,
    REFUSED,
    REPLACED,
    UNREACHABLE,
    WRONG_KEY,
)
from agent.upstream.errors import Equivocated, OrderConflict
from agent.upstream.forwarder import Forwarder
from agent.upstream.link import LinkDown, NodeAddress, NodeError
from agent.upstream.patience import Patience
from agent.upstream.states import LinkState, Step
from evidence.errors import MalformedError, UntrustedError
from evidence.wire import Code, Envelope, Label, Type
from tests.agent.fakes import FakeTiming


class Enough(Exception):
    """The test has seen what it wants."""


def no(code: Code) -> NodeError:
    return NodeError(Envelope(Type.ERROR, bytes(8), {Label.CODE: code, Label.TEXT: "no"}))


SECOND = Equivocated(SimpleNamespace(text=lambda: "an old copy", theirs=b""))


class Rig:
    """A forwarder whose conversations each take so long, and end as they are told."""

    def __init__(self, *names: str) -> None:
        self.timing, self.heard, self.ends = FakeTiming(), [], []
        self.tried, self.pauses, self.most, self.drawn = [], [], 3, []
        self.client = SimpleNamespace(frozen=None)
        self.conflicts = SimpleNamespace(known=None)
        addresses = [NodeAddress(name, f"tcp://{name}:1", "x") for name in names or ("a",)]
        self.forwarder = Forwarder(
            addresses,
            self.open_link,
            lambda link, tell: SimpleNamespace(
                step=Step.SEND, greet=self.greet, serve=lambda: self.serve(link)
            ),
            self.client,
            self.conflicts,
            SimpleNamespace(now=self.now),
            SimpleNamespace(uniform=self.uniform),
            lambda *event: self.heard.append(event),
            patience={
                name: Patience(self.timing.monotonic, random.Random(1)) for name in names or ("a",)
            },
            sleep=self.sleep,
        )

    def now(self):
        return SimpleNamespace(monotonic_ms=round(1000 * self.timing.now))

    def uniform(self, low, high):
        self.drawn.append((low, high))
        return high

    async def sleep(self, seconds):
        self.pauses.append(seconds)
        self.timing.now += seconds
        if len(self.pauses) == self.most:
            raise Enough

    def open_link(self, node, _heard):
        rig = self

        class Link:
            state = LinkState.OK

            async def __aenter__(self):
                rig.tried.append(node.name)
                return self

            async def __aexit__(self, *_):
                pass

        return Link()

    async def greet(self):
        pass

    async def serve(self, link):
        seconds, link.state, error = self.ends[0] if len(self.ends) == 1 else self.ends.pop(0)
        self.timing.now += seconds
        raise error

    async def runs(self) -> None:
        with pytest.raises(Enough):
            await self.forwarder.run()

    @property
    def view(self):
        return self.forwarder.views[0]


@pytest.mark.parametrize(
    ("link", "error", "state", "cause"),
    [
        (LinkState.CONNECTING, LinkDown("gone"), LinkState.UNREACHABLE, UNREACHABLE),
        (LinkState.CONNECTING, LinkDown("gone", cause=HALF_OPEN), LinkState.UNREACHABLE, HALF_OPEN),
        (LinkState.WRONG_NODE_KEY, LinkDown("gone"), LinkState.WRONG_NODE_KEY, WRONG_KEY),
        (LinkState.OK, Fork("two histories", evidence=b""), LinkState.FROZEN, FORK),
        (LinkState.OK, Expired("old"), LinkState.EXPIRED, EXPIRED),
        (LinkState.OK, Withheld("no path"), LinkState.WITHHELD, WITHHELD),
        (LinkState.OK, OrderConflict("a batch 9", evidence=b""), LinkState.REFUSED, ORDER),
        (LinkState.OK, SECOND, LinkState.CONFLICT, CONFLICT),
        (LinkState.OK, no(Code.MALFORMED), LinkState.REFUSED, REFUSED),
        (LinkState.OK, no(Code.GAP), LinkState.REFUSED, GAP),
        (LinkState.NOT_ADMITTED, no(Code.NOT_ADMITTED), LinkState.NOT_ADMITTED, NOT_ADMITTED),
        (LinkState.REPLACED, no(Code.REPLACED), LinkState.REPLACED, REPLACED),
        (LinkState.OK, UntrustedError("quorum", "too few"), LinkState.REFUSED, NO_QUORUM),
        (LinkState.OK, UntrustedError("key", "whose?"), LinkState.REFUSED, REFUSED),
        (LinkState.OK, MalformedError("quorum", "rubbish"), LinkState.REFUSED, REFUSED),
    ],
)
async def test_each_end_has_its_state_and_what_to_do(link, error, state, cause):
    rig = Rig()
    rig.most, rig.ends = 1, [(0.0, link, error)]
    await rig.runs()
    assert (rig.view.state, rig.view.detail, rig.view.cause) == (state, str(error), cause)
    assert rig.heard == [("a", LinkState.OK, ""), ("a", state, str(error))]


async def test_pauses_are_of_four_seconds_at_most_and_not_all_alike():
    rig = Rig()
    rig.most, rig.ends = 4, [(0.0, LinkState.CONNECTING, LinkDown("gone"))]
    await rig.runs()
    assert rig.pauses == [2.0, 4.0, 4.0, 4.0]
    assert set(rig.drawn) == {(0.75, 1.0)}


@pytest.mark.parametrize(("served", "pause"), [(10.0, 4.0), (10.1, 1.0)])
async def test_a_node_that_was_served_for_ten_seconds_did_not_fail(served, pause):
    rig = Rig()
    gone = LinkDown("gone")
    rig.ends = [(0.0, LinkState.CONNECTING, gone), (served, LinkState.CONNECTING, gone)]
    rig.ends += [(0.0, LinkState.CONNECTING, gone)]
    await rig.runs()
    assert rig.pauses == [2.0, pause, 2.0 if pause == 1.0 else 4.0]


async def test_a_node_that_said_no_is_waited_for_and_others_are_served_meanwhile():
    rig = Rig()
    rig.most, rig.ends = 1, [(0.0, LinkState.REPLACED, no(Code.REPLACED))]
    await rig.runs()
    assert 300.0 <= rig.pauses[0] <= 375.0

    rig = Rig("a", "b")
    rig.ends = [(0.0, LinkState.REPLACED, no(Code.REPLACED))]
    rig.ends += [(0.0, LinkState.CONNECTING, LinkDown("gone"))]
    await rig.runs()
    assert rig.tried == ["a", "b", "b", "b"]
    assert rig.pauses == [2.0, 4.0, 4.0]


async def test_once_the_log_is_caught_forking_nobody_is_served():
    rig = Rig("a", "b")
    rig.client.frozen = "two histories"
    await rig.forwarder.run()
    assert (rig.tried, rig.pauses) == ([], [])
    assert rig.heard == [(name, LinkState.FROZEN, "two histories") for name in "ab"]


async def test_once_another_history_of_ours_is_proven_nobody_is_served():
    rig = Rig("a", "b")
    rig.conflicts.known = SimpleNamespace(text=lambda: "an old copy")
    await rig.forwarder.run()
    assert rig.tried == []
    assert rig.heard == [(name, LinkState.CONFLICT, "an old copy") for name in "ab"]


async def test_a_node_behind_the_one_that_caught_it_is_not_served_any_more():
    rig = Rig("a", "b")

    async def caught(link):
        rig.client.frozen = "two histories"
        raise Withheld("no path")

    rig.serve = caught
    rig.most = 1
    await rig.runs()
    assert rig.tried == ["a"]
