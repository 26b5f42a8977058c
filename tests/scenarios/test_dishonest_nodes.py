"""A gateway's own forwarder and light client against real nodes that lie, over real ZeroMQ.

Each lie is refused for its own reason and confirms nothing; once the node tells the truth, all is
confirmed. After a fork nothing is: that evidence is kept, and a person decides.
"""

from __future__ import annotations

import asyncio
import base64
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import zmq.asyncio
from cryptography.hazmat.primitives.asymmetric import ec

from agent.journal.journal import BatchState
from agent.signing.curve_key import CurveKey
from agent.signing.file_key import FileKey
from agent.upstream.states import LinkState
from evidence.fork import read_fork
from foundation.notify import Notifier
from hil.peers import lies
from hil.peers.accomplices import Accomplices
from hil.peers.liar import Liar
from ledger.base.public_node import read_public_node
from ledger.enrolling import lists
from ledger.node.assembly import open_node
from ledger.node.node import Surroundings
from tests.agent.log_world import ISSUER, NOW, LogWorld
from tests.agent.upstream.gateway import Gateway as Agent
from tests.ledger.support import FakeClock, make_cluster, running

CASES = [
    (lies.rolled_back, LinkState.WITHHELD, "is trusted already"),
    (lies.withholding_proof, LinkState.WITHHELD, "no consistency path"),
    (lies.rewritten, LinkState.WITHHELD, "does not lead to size"),
    (lies.lying_about_place, LinkState.REFUSED, "another state of the log"),
    (lies.another_statement, LinkState.REFUSED, "signature"),
    (lies.wrong_receipt_key, LinkState.REFUSED, "key"),
    (lies.wrong_log_key, LinkState.REFUSED, "signature"),
    (lies.too_few_cosigners, LinkState.REFUSED, "quorum"),
    (lies.one_cosigner_twice, LinkState.REFUSED, "twice"),
    (lies.replaying, LinkState.REFUSED, "nobody asked for"),
]


class World(LogWorld):
    """The gateway's side of `LogWorld`, with the policy of a real consortium."""

    def __init__(self, key, policy) -> None:
        super().__init__(key)
        self._policy = policy

    @property
    def policy(self):
        return self._policy()


class Server:
    """A node's address as `Agent.open` takes it."""

    def __init__(self, files) -> None:
        node = read_public_node(files.public)
        self.endpoint, self.public = node.endpoint, node.curve.encode()


@pytest.fixture
async def stage(tmp_path):
    """Four members' nodes, the sequencer a liar by trade, and one admitted gateway's agent."""
    cluster = make_cluster(tmp_path)
    key = FileKey(ec.generate_private_key(ec.SECP256R1()))
    curve = CurveKey.load_or_make(tmp_path / "curve.toml")
    public = tmp_path / "gateway.toml"
    public.write_text(
        f'name = "truck-7"\nissuer = "{ISSUER}"\ncurve = "{curve.public.decode()}"\n'
        f'statement_key = "{base64.b64encode(key.public.to_cose()).decode()}"\n'
    )
    lists.admit(cluster.sequencer, public, NOW)
    clock = FakeClock(NOW)
    liar = Liar(Accomplices.of(cluster.sequencer, cluster.witnesses, clock.wall))
    context = zmq.asyncio.Context()
    folder = tmp_path / "agent"
    folder.mkdir()
    agent = Agent(World(key, lambda: cluster.policy), folder, context, curve)
    async with AsyncExitStack() as stack:
        for files in cluster.witnesses:
            await stack.enter_async_context(running(files, clock))
        await stack.enter_async_context(lying(cluster.sequencer, clock, liar))
        await agent.open(Server(cluster.sequencer))
        yield agent, liar
        await agent.close()
    context.destroy(linger=0)


@asynccontextmanager
async def lying(files, clock, liar):
    async with open_node(files, Surroundings(clock, Notifier(None), desk=liar)) as node:
        task = asyncio.create_task(node.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])


async def reach(agent, state):
    async def there():
        return agent.forwarder.views[0].state is state

    await agent.until(there)


async def prepare(agent, count=2):
    """Two honest rounds, so that there is a trusted checkpoint and an older one."""
    for number in range(count):
        await agent.seal()
        await agent.confirmed(number + 1)


@pytest.mark.parametrize(
    ("lie", "state", "reason"), CASES, ids=lambda case: getattr(case, "__name__", "")
)
async def test_a_lie_is_refused_for_its_reason_and_the_truth_confirms(stage, lie, state, reason):
    agent, liar = stage
    await prepare(agent)
    trusted = agent.client.trusted
    liar.lie = lie
    await agent.seal()
    await reach(agent, state)
    view = agent.forwarder.views[0]
    assert reason in view.detail
    assert view.advice
    assert liar.told >= 1
    assert (await agent.states())[2] is BatchState.ACCEPTED
    assert agent.client.trusted is trusted
    assert agent.client.frozen is None
    liar.lie = None
    await agent.confirmed(3)
    assert agent.forwarder.views[0].state is LinkState.OK


@pytest.mark.parametrize(
    "lie", [lies.stale, lies.withholding_receipts], ids=lambda lie: lie.__name__
)
async def test_a_node_that_shows_nothing_new_confirms_nothing_until_it_does(stage, lie):
    """No proof of fault: the agent goes on asking, and says what waits."""
    agent, liar = stage
    await prepare(agent)
    liar.lie = lie
    await agent.seal()

    async def asked_again():
        return liar.told >= 2

    await agent.until(asked_again)
    assert (await agent.states())[2] is BatchState.ACCEPTED
    assert agent.client.frozen is None
    liar.lie = None
    await agent.confirmed(3)


async def test_a_node_that_stays_stale_beyond_the_trusting_period_confirms_nothing(stage):
    agent, _ = stage
    await prepare(agent)
    agent.client._period = -1  # the trusted checkpoint is now older than allowed
    await agent.seal()
    await reach(agent, LinkState.EXPIRED)
    assert (await agent.states())[2] is BatchState.ACCEPTED
    assert "by hand" in agent.forwarder.views[0].advice


async def test_a_fork_freezes_trust_for_good_and_is_kept(stage):
    agent, liar = stage
    await prepare(agent)
    liar.lie = lies.forked
    await agent.seal()
    await reach(agent, LinkState.FROZEN)
    liar.lie = None
    await agent.seal()
    assert (await agent.states())[2:] == [BatchState.ACCEPTED, BatchState.SEALED]
    (evidence,) = agent.folder.glob("fork-*.cbor")
    policy = agent.world.policy
    proof = read_fork(evidence.read_bytes(), policy.log)  # whoever has it can check it by himself
    for signed in (proof.older, proof.newer):
        policy.check(signed)  # and sees which witnesses cosigned both
    assert proof.older.checkpoint.root != proof.newer.checkpoint.root
    announced = [(name, state) for name, state, _ in agent.heard]
    assert ("node-0", LinkState.FROZEN) in announced
