"""A log that shows two histories, one at each of two real nodes, and gateways that compare them.

Each gateway alone finds nothing wrong. The one that looks at both nodes catches the log by its own
signatures, freezes, tells all nodes, and goes on collecting.
"""

from __future__ import annotations

import asyncio
import base64
import os
import random
import time
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import zmq.asyncio
from cryptography.hazmat.primitives.asymmetric import ec

from agent.journal.journal import BatchState
from agent.signing.curve_key import CurveKey
from agent.signing.file_key import FileKey
from agent.upstream.comparer import Comparer
from agent.upstream.link import Link, NodeAddress
from agent.upstream.patience import Patience
from agent.upstream.states import LinkState
from evidence.fork import read_fork
from foundation.notify import Notifier
from hil.peers.accomplices import Accomplices
from hil.peers.second_history import SecondHistory
from ledger.enrolling import lists
from ledger.gateways.desk import SHOWN
from ledger.node.assembly import open_node
from ledger.node.node import Surroundings
from ledger.store.sqlite_store import SqliteStore
from tests.agent.log_world import ISSUER, NOW
from tests.agent.upstream.gateway import Gateway as Agent
from tests.ledger.support import FakeClock, make_cluster
from tests.scenarios.test_dishonest_nodes import Server, World


class Stage:
    """Node A is the cluster's sequencer; node B, a partner's, answers from a second history."""

    def __init__(self, folder, stack) -> None:
        self.folder, self.stack = folder, stack
        self.cluster = make_cluster(folder)
        self.clock = FakeClock(NOW)
        accomplices = Accomplices.of(
            self.cluster.sequencer, self.cluster.witnesses, self.clock.wall
        )
        self.second = SecondHistory(accomplices, [b"another genesis"])
        self.context = zmq.asyncio.Context()
        self.b = self.cluster.witnesses[0]

    async def start(self) -> None:
        await self.stack.enter_async_context(self._node(self.b, desk=self.second))
        for files in (*self.cluster.witnesses[1:], self.cluster.sequencer):
            await self.stack.enter_async_context(self._node(files))

    @asynccontextmanager
    async def _node(self, files, **changes):
        around = Surroundings(self.clock, Notifier(None), **changes)
        async with open_node(files, around) as node:
            task = asyncio.create_task(node.run())
            try:
                yield
            finally:
                task.cancel()
                await asyncio.wait([task])

    async def gateway(self, name: str, number: int, files) -> Agent:
        """A gateway that forwards to the node of `files`; both nodes admit it."""
        key = FileKey(ec.generate_private_key(ec.SECP256R1()))
        folder = self.folder / name
        folder.mkdir()
        curve = CurveKey.load_or_make(folder / "curve.toml")
        issuer = ISSUER[:-1] + str(number)
        public = folder / "gateway.toml"
        public.write_text(
            f'name = "{name}"\nissuer = "{issuer}"\ncurve = "{curve.public.decode()}"\n'
            f'statement_key = "{base64.b64encode(key.public.to_cose()).decode()}"\n'
        )
        for node in (self.cluster.sequencer, self.b):
            lists.admit(node, public, NOW)
        agent = Agent(World(key, lambda: self.cluster.policy), folder, self.context, curve)
        agent.world.author = type(agent.world.author)(issuer, agent.world.author.epoch, key)
        await agent.open(Server(files))
        self.stack.push_async_callback(agent.close)
        return agent

    def compare(self, agent: Agent) -> asyncio.Task[None]:
        """Let a gateway compare what both nodes show, all the time."""
        nodes = [
            NodeAddress(name, server.endpoint, server.public.decode())
            for name, server in (("A", Server(self.cluster.sequencer)), ("B", Server(self.b)))
        ]
        comparer = Comparer(
            nodes,
            lambda node, state: Link(self.context, node, agent.key, os.urandom, state, 2.0),
            agent.client,
            agent.clock,
            agent.budget,
            0.1,
            announce=lambda *event: agent.heard.append(event),
            patience={node.name: Patience(time.monotonic, random.Random(1)) for node in nodes},
            tick=0.05,
        )
        task = asyncio.create_task(comparer.run())

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self.stack.push_async_callback(end)
        return task


@pytest.fixture
async def stage(tmp_path):
    async with AsyncExitStack() as stack:
        stage = Stage(tmp_path, stack)
        stack.callback(stage.context.destroy, linger=0)
        yield stage


async def confirm(agent: Agent, count: int) -> None:
    for number in range(count):
        await agent.seal()
        await agent.confirmed(number + 1)


async def frozen(agent: Agent) -> None:
    async def there() -> bool:
        return agent.client.frozen is not None

    await agent.until(there)


def evidence_of(agent: Agent):
    (path,) = agent.folder.glob("fork-*.cbor")
    return read_fork(path.read_bytes(), agent.world.policy.log)


@pytest.mark.parametrize(("ours", "theirs"), [(1, 2), (1, 6), (3, 2)])
async def test_a_split_view_is_caught_by_the_log_s_own_signatures(stage, ours, theirs):
    """Whoever is ahead, and also where a consistency path does not hold the root it starts from.

    `ours` batches make a log of one entry more here; there it has `theirs` entries.
    """
    stage.second.entries += [b"%d" % n for n in range(theirs - 1)]
    await stage.start()
    agent = await stage.gateway("truck-7", 7, stage.cluster.sequencer)
    await confirm(agent, ours)
    task = stage.compare(agent)
    await frozen(agent)
    proof = evidence_of(agent)
    assert {proof.older.checkpoint.size, proof.newer.checkpoint.size} == {ours + 1, theirs}
    await asyncio.wait_for(task, 60)  # it ends when both nodes have the evidence
    assert stage.second.shown
    store = SqliteStore(stage.cluster.sequencer.store, read_only=True)
    (exhibit,) = [each for each in store.evidence() if each.kind == SHOWN]
    store.close()
    assert exhibit.source == agent.world.author.issuer
    assert exhibit.pieces[:2] == (proof.older.to_bytes(), proof.newer.to_bytes())
    assert LinkState.FROZEN in [state for _, state, _ in agent.heard]


async def test_each_gateway_alone_finds_nothing_and_the_one_that_compares_goes_on_collecting(stage):
    await stage.start()
    here = await stage.gateway("truck-7", 7, stage.cluster.sequencer)
    there = await stage.gateway("truck-8", 8, stage.b)
    await confirm(here, 2)
    await confirm(there, 2)
    assert here.client.trusted.root != there.client.trusted.root
    assert (here.client.frozen, there.client.frozen) == (None, None)
    stage.compare(here)
    await frozen(here)
    await here.seal(2)
    states = await here.states()
    assert states[:2] == [BatchState.CONFIRMED] * 2
    assert BatchState.CONFIRMED not in states[2:]
    await confirm_more(there)


async def confirm_more(agent: Agent) -> None:
    await agent.seal()
    await agent.confirmed(3)


@pytest.mark.parametrize("lie", ["withholds", "spoils"])
async def test_paths_that_prove_nothing_freeze_nobody_and_the_question_stays(stage, lie):
    """A partner's node cannot freeze a gateway; once our log has grown past it, the log answers."""
    stage.second.entries += [b"%d" % n for n in range(4)]
    setattr(stage.second, lie, True)
    await stage.start()
    agent = await stage.gateway("truck-7", 7, stage.cluster.sequencer)
    await confirm(agent, 2)
    stage.compare(agent)

    async def asked() -> bool:
        return bool(list(agent.folder.glob("unjoined-*.note")))

    await agent.until(asked)
    await asyncio.sleep(0.3)
    assert agent.client.frozen is None
    await agent.seal()
    await agent.confirmed(3)  # size 4, below the 5 that node B shows: still nobody can tell
    assert agent.client.frozen is None
    await agent.seal(3)
    await frozen(agent)  # node A's own tree begins otherwise than the log signed at node B
    proof = evidence_of(agent)
    shown = [each.checkpoint for each in (proof.older, proof.newer)]
    assert shown[0].size == 5
    # Node A may have signed that very size, too: then these are the two, in either order.
    assert stage.second.tree.root() in [each.root for each in shown if each.size == 5]


async def test_a_node_that_lags_behind_joins_and_nothing_is_left(stage):
    await stage.start()
    agent = await stage.gateway("truck-7", 7, stage.cluster.sequencer)
    await confirm(agent, 1)
    entries = await genesis_and_first(stage)
    stage.second.entries[:] = entries[:1]
    stage.compare(agent)
    await confirm_until(agent, 4)
    await asyncio.sleep(0.3)

    async def nothing_is_left() -> bool:  # each look keeps the note until its question is answered
        return not agent.client.unjoined and not list(agent.folder.glob("unjoined-*.note"))

    await agent.until(nothing_is_left)
    assert agent.client.frozen is None


async def genesis_and_first(stage) -> list[bytes]:
    store = SqliteStore(stage.cluster.sequencer.store, read_only=True)
    entries = [store.entry(index) for index in range(2)]
    store.close()
    return entries


async def confirm_until(agent: Agent, count: int) -> None:
    for number in range(1, count):
        await agent.seal()
        await agent.confirmed(number + 1)
