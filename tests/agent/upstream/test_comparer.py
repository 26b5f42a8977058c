"""What a round of comparing finds: whether each node shows the log, and whether it is one log."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from agent.light_client.client import LightClient, Offer
from agent.light_client.trusted_store import TrustedStore
from agent.upstream.comparer import TICK_S, Comparer
from agent.upstream.link import LinkDown, NodeAddress
from agent.upstream.patience import Patience
from agent.upstream.states import LinkState
from evidence.checkpoint import Checkpoint
from evidence.wire import Envelope, Label, Type
from tests.agent.fakes import FakeTiming
from tests.agent.log_world import NOW, ORIGIN


@pytest.fixture
def client(world, tmp_path):
    world.seal()
    client = LightClient(world.policy, TrustedStore(tmp_path), 14 * 86400)
    client.confirm({0: world.statement(0)}, Offer({0: world.receipt(0)}, world.note(), None), NOW)
    return client


class Node:
    """A node that shows a note, None for none yet; or is away."""

    def __init__(self, note=None, away=False, updates=()):
        self.note, self.away, self.asked, self.updates = note, away, [], updates

    async def request(self, type_, header):
        self.asked.append(type_)
        if type_ is Type.UPDATES:
            return Envelope(Type.UPDATES, bytes(8), {Label.UPDATES: self.updates})
        if type_ is Type.EVIDENCE:
            return Envelope(Type.EVIDENCE, bytes(8), {})
        if self.away:
            raise LinkDown("gone")
        if self.note is None:
            return Envelope(Type.PENDING, bytes(8), {Label.RETRY_MS: 10})
        return Envelope(Type.CHECKPOINT, bytes(8), {Label.NOTE: self.note})


class Rig:
    """Two nodes, a and b, that are compared while time passes."""

    def __init__(self, client, first, second, every=3600.0):
        self.timing, self.heard, self.bound_ms = FakeTiming(), [], None
        self.allowed = True
        nodes = {"a": first, "b": second}
        addresses = [NodeAddress(name, f"tcp://{name}:1", "x") for name in nodes]

        @asynccontextmanager
        async def link(node, heard):
            request = nodes[node.name].request
            yield SimpleNamespace(node=node, request=request, state=LinkState.UNREACHABLE)

        self.comparer = Comparer(
            addresses,
            link,
            client,
            SimpleNamespace(now=self.now),
            SimpleNamespace(allows=lambda _: self.allowed),
            every,
            announce=lambda *event: self.heard.append(event),
            patience={
                each.name: Patience(self.timing.monotonic, random.Random(1)) for each in addresses
            },
            sleep=self.timing.sleep,
        )

    def now(self):
        at = round(1000 * self.timing.now)
        return SimpleNamespace(monotonic_ms=at, wall_ms=NOW * 1000, bound_ms=self.bound_ms)

    @property
    def shown(self):
        return [view.shown for view in self.comparer.views]

    async def run_until(self, holds):
        task = asyncio.create_task(self.comparer.run())
        async with asyncio.timeout(30):
            while not holds():
                await self.timing.advance(TICK_S)
                await asyncio.sleep(0.01)  # a note is checked in a thread
        await self.timing.advance(TICK_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("second", "shown"),
    [("log", [True, True]), ("nothing yet", [True, False]), ("away", [True, False])],
)
async def test_only_a_node_that_shows_a_checkpoint_counts_as_one_that_agrees(
    world, client, second, shown
):
    other = Node(world.note() if second == "log" else None, away=second == "away")
    rig = Rig(client, Node(world.note()), other)
    assert rig.shown == [False, False], "before the first look nothing is known"
    await rig.run_until(lambda: rig.comparer.views[1].at is not None and rig.shown == shown)
    assert rig.shown == shown
    assert Type.UPDATES in other.asked, "the first knew of no change, so the other is asked, too"
    assert rig.heard == []


async def test_a_log_that_shows_two_faces_is_told_to_every_node(world, client):
    size = len(world.entries)
    second_face = world.note(Checkpoint(ORIGIN, size, bytes(32)))
    first, other = Node(world.note()), Node(second_face)
    rig = Rig(client, first, other)
    await rig.run_until(lambda: all(view.told for view in rig.comparer.views))
    assert client.frozen is not None
    assert [event[:2] for event in rig.heard] == [("b", LinkState.FROZEN)]
    assert first.asked.count(Type.EVIDENCE) == other.asked.count(Type.EVIDENCE) == 1


@pytest.mark.parametrize(("bound_ms", "now"), [(None, None), (500, NOW)])
async def test_once_one_node_told_of_a_change_the_others_are_not_asked_for_it(
    world, client, bound_ms, now
):
    heard, other = [], Node(world.note())

    class Client(SimpleNamespace):
        def __getattr__(self, name):
            return getattr(client, name)

        def update_policy(self, data, now):
            heard.append((data, now))
            return True

    rig = Rig(Client(), Node(world.note(), updates=(b"first", b"second")), other)
    rig.bound_ms = bound_ms
    await rig.run_until(lambda: rig.comparer.views[1].at is not None)
    assert heard == [(b"first", now), (b"second", now)]
    assert other.asked == [Type.CHECKPOINT]


async def test_the_first_look_comes_after_a_minute_and_the_next_ones_as_configured(world, client):
    rig = Rig(client, Node(world.note()), Node(world.note()), every=90.0)
    looks = []
    await rig.run_until(lambda: looks.append(rig.comparer.views[0].at) or len(set(looks)) == 3)
    first, second = sorted(set(looks) - {None})
    assert first == 160.0, "it started at 100"
    assert second >= 250.0


async def test_while_the_day_s_bytes_are_spent_nothing_is_compared(world, client):
    first = Node(world.note())
    rig = Rig(client, first, Node(world.note()))
    rig.allowed = False
    await rig.run_until(lambda: rig.timing.now > 200)
    assert (first.asked, rig.comparer.views[0].at) == ([], None)


async def test_who_said_no_to_the_forwarder_is_not_asked(world, client):
    first, other = Node(world.note()), Node(world.note())
    rig = Rig(client, first, other)
    rig.comparer._patience["a"].answered(LinkState.REPLACED)
    await rig.run_until(lambda: rig.comparer.views[1].at is not None)
    assert (first.asked, rig.shown) == ([], [False, True])
