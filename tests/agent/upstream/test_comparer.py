"""What a round of comparing says of each node: whether it shows the log at all."""

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
from evidence.wire import Envelope, Label, Type
from tests.agent.fakes import FakeTiming
from tests.agent.log_world import NOW


@pytest.fixture
def client(world, tmp_path):
    world.seal()
    client = LightClient(world.policy, TrustedStore(tmp_path), 14 * 86400)
    client.confirm({0: world.statement(0)}, Offer({0: world.receipt(0)}, world.note(), None), NOW)
    return client


def answering(world, what):
    """The answers of a node that shows the log, has no checkpoint yet, or goes away."""

    async def request(type_, header):
        if type_ is Type.UPDATES:
            return Envelope(Type.UPDATES, bytes(8), {Label.UPDATES: ()})
        assert type_ is Type.CHECKPOINT
        if what == "away":
            raise LinkDown("gone")
        shown = {Label.NOTE: world.note()} if what == "log" else {Label.RETRY_MS: 10}
        return Envelope(Type.CHECKPOINT if what == "log" else Type.PENDING, bytes(8), shown)

    return request


@pytest.mark.parametrize(
    ("second", "shown"),
    [("log", [True, True]), ("nothing yet", [True, False]), ("away", [True, False])],
)
async def test_only_a_node_that_shows_a_checkpoint_counts_as_one_that_agrees(
    world, client, second, shown
):
    timing = FakeTiming()
    nodes = [NodeAddress("a", "tcp://a:1", "x"), NodeAddress("b", "tcp://b:1", "x")]
    answers = {"a": answering(world, "log"), "b": answering(world, second)}

    @asynccontextmanager
    async def link(node, heard):
        yield SimpleNamespace(node=node, request=answers[node.name], state=LinkState.UNREACHABLE)

    def now():
        return SimpleNamespace(
            monotonic_ms=round(1000 * timing.now), wall_ms=NOW * 1000, bound_ms=None
        )

    comparer = Comparer(
        nodes,
        link,
        client,
        SimpleNamespace(now=now),
        SimpleNamespace(allows=lambda _: True),
        3600.0,
        announce=lambda *_: pytest.fail("nobody lies"),
        patience={each.name: Patience(timing.monotonic, random.Random(1)) for each in nodes},
        sleep=timing.sleep,
    )
    comparing = asyncio.create_task(comparer.run())
    async with asyncio.timeout(30):
        while comparer.views[1].at is None or [each.shown for each in comparer.views] != shown:
            await timing.advance(TICK_S)
            await asyncio.sleep(0.01)  # a note is checked in a thread
    await timing.advance(TICK_S)
    assert [view.shown for view in comparer.views] == shown
    comparing.cancel()
    await asyncio.gather(comparing, return_exceptions=True)
