"""From sealed to confirmed over real ZeroMQ, through a node that is honest, dead, or lying."""

from __future__ import annotations

import asyncio
import shutil
import socket
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
import zmq

from agent.chain.conflict import read_conflict
from agent.journal.journal import BatchState
from agent.journal.ring_reader import open_reader
from agent.upstream import outbox
from agent.upstream.states import LinkState
from evidence.checkpoint import Checkpoint
from evidence.merkle import hash_leaf
from evidence.statement import parse_statement
from evidence.wire import Code, Envelope, Label, Type
from tests.agent.log_world import EPOCH, ORIGIN, LogWorld, record
from tests.agent.upstream.gateway import Gateway, HonestNode


async def test_sealed_batches_are_confirmed_in_order(gateway, node, world):
    node.answer = HonestNode(world)
    await gateway.open(node)
    await gateway.seal(40)
    await gateway.confirmed(40)
    registered = [e for e in node.seen if e.type is Type.REGISTER]
    assert [parse_statement(e.statement).claims.seq for e in registered] == list(range(40))
    assert gateway.client.size == 41
    assert gateway.forwarder.views[0].state is LinkState.OK


async def test_the_bytes_sent_are_the_bytes_stored(gateway, node, world):
    node.answer = HonestNode(world)
    await gateway.open(node)
    await gateway.seal()
    await gateway.confirmed(1)
    (sent,) = [e for e in node.seen if e.type is Type.REGISTER]
    row = await gateway.journal.batch(0)
    assert (sent.statement, sent.body) == (row.batch.statement, row.batch.body)


async def test_a_dead_node_comes_back_and_nothing_is_sent_twice_to_the_log(gateway, node, world):
    node.answer = HonestNode(world)
    await node.down()
    await gateway.open(node)
    await gateway.seal(3)

    async def unreachable():
        return gateway.forwarder.views[0].state is LinkState.UNREACHABLE

    await gateway.until(unreachable)
    assert set(await gateway.states()) == {BatchState.SEALED}
    node.up()
    await gateway.confirmed(3)
    assert len(node.answer.logged) == 3


async def test_what_the_node_holds_already_is_not_sent_again(gateway, node, world):
    """A power cut between the node's ACCEPTED and our note of it."""
    honest = HonestNode(world)
    node.answer = honest
    await node.down()
    await gateway.open(node)
    await gateway.seal(2)
    for batch in world.batches:
        honest.logged.append(batch.statement)
        world.entries.append(batch.statement)
    node.up()
    await gateway.confirmed(2)
    await gateway.delivered(2)
    assert len(honest.logged) == 2
    assert all(e.body for e in node.seen if e.type is Type.REGISTER), "a statement alone again"


WITHOUT_PROOF = [BatchState.CONFIRMED, BatchState.SEALED]


async def proof_waits(gateway):
    """Return when the proof of batch 1 waits for a batch 2; batch 0 is proven, and in custody."""
    await gateway.seal()
    await gateway.delivered(1)

    async def kept():
        return not await gateway.journal.custody_owed(-1, 9)

    async def waits():
        return gateway.outbox.left() is not None

    await gateway.until(kept)
    await gateway.seal()
    await gateway.until(waits)


async def stopped(gateway):
    gateway.task.cancel()
    await asyncio.gather(gateway.task, return_exceptions=True)


def seen_beside(folder):
    with closing(open_reader(folder / "journal.sqlite")) as journal:
        return [row.state for row in journal.batches(0, 99)]


async def test_a_power_cut_before_a_proof_is_written_and_it_is_asked_for_again(
    gateway, node, world, tmp_path_factory
):
    node.answer = HonestNode(world)
    await gateway.open(node)
    await proof_waits(gateway)
    card = tmp_path_factory.mktemp("card") / "state"
    shutil.copytree(gateway.folder, card)
    await stopped(gateway)
    assert seen_beside(card) == WITHOUT_PROOF
    asked = len([e for e in node.seen if e.type is Type.STATUS])
    again = Gateway(world, card, gateway.context, gateway.key)
    await again.open(node)
    await again.delivered(2)
    assert len(node.answer.logged) == 2
    assert len([e for e in node.seen if e.type is Type.STATUS]) > asked
    await again.close()


async def test_a_proof_is_written_when_the_link_ends(gateway, node, world):
    node.answer = HonestNode(world)
    await gateway.open(node)
    await proof_waits(gateway)
    assert seen_beside(gateway.folder) == WITHOUT_PROOF
    await stopped(gateway)
    assert seen_beside(gateway.folder) == [BatchState.CONFIRMED] * 2


async def test_a_proof_is_written_in_time_where_no_batch_comes(gateway, node, world, monkeypatch):
    monkeypatch.setattr(outbox, "NEXT_SEAL_S", 0.5)
    node.answer = HonestNode(world)
    await gateway.open(node)
    await proof_waits(gateway)

    async def written():
        return seen_beside(gateway.folder) == [BatchState.CONFIRMED] * 2

    await gateway.until(written)


async def test_a_second_node_takes_over(gateway, node, world):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    away = SimpleNamespace(endpoint=f"tcp://127.0.0.1:{port}", public=zmq.curve_keypair()[0])
    node.answer = HonestNode(world)
    await gateway.open(away, node)
    await gateway.seal()
    await gateway.confirmed(1)
    first, other = gateway.forwarder.views
    assert first.state is LinkState.UNREACHABLE
    assert other.state is LinkState.OK


async def test_a_fork_freezes_trust_and_collecting_goes_on(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    await gateway.open(node)
    await gateway.seal()
    await gateway.confirmed(1)
    forked = Checkpoint(ORIGIN, 2, hash_leaf(b"another history"))

    def lie(envelope):
        header = {Label.RECEIPTS: (), Label.NOTE: world.note(forked)}
        return envelope.answer(Type.RECEIPT, header)

    honest.status = lie
    await gateway.seal()

    async def frozen():
        return gateway.forwarder.views[0].state is LinkState.FROZEN

    await gateway.until(frozen)
    await asyncio.wait_for(gateway.task, 60)
    await gateway.seal()
    assert await gateway.states() == [
        BatchState.CONFIRMED,
        BatchState.ACCEPTED,
        BatchState.SEALED,
    ]
    assert ("node-0", LinkState.FROZEN) in [(name, state) for name, state, _ in gateway.heard]


@pytest.mark.parametrize("lie", ["receipt of another batch", "too few cosigners", "no proof"])
async def test_a_lie_confirms_nothing_and_the_truth_does_later(gateway, node, world, lie):
    honest = HonestNode(world)
    truth = honest.status
    node.answer = honest
    await gateway.open(node)
    await gateway.seal(2)
    await gateway.confirmed(2)

    def lying(envelope):
        header = dict(truth(envelope).header)
        if lie == "receipt of another batch":
            header[Label.RECEIPTS] = ((2, world.receipt(0)),)
        elif lie == "too few cosigners":
            header[Label.NOTE] = world.note(by=("ada", "bob"))
        else:
            header.pop(Label.PATH, None)
        return Envelope(Type.RECEIPT, envelope.request, header)

    honest.status = lying
    await gateway.seal()

    async def held():
        return gateway.forwarder.views[0].state in (LinkState.REFUSED, LinkState.WITHHELD)

    await gateway.until(held)
    assert (await gateway.states())[2] is BatchState.ACCEPTED
    honest.status = truth
    await gateway.confirmed(3)
    assert gateway.forwarder.views[0].state is LinkState.OK


async def test_a_log_that_knows_more_than_the_journal_means_an_old_card(gateway, node, world):
    honest = HonestNode(world)
    node.answer = honest
    later = LogWorld(world.gateway)
    later.seal()
    honest.logged.append(later.seal().statement)
    await gateway.open(node)
    await gateway.seal()

    async def refused():
        return gateway.forwarder.views[0].state is LinkState.REFUSED

    await gateway.until(refused)
    view = gateway.forwarder.views[0]
    assert "the journal does not" in view.detail
    assert "old card" in view.advice
    assert await gateway.states() == [BatchState.SEALED]


async def test_equivocation_that_is_not_shown_is_refused_loudly_and_sent_elsewhere(
    gateway, node, world
):
    """A node's word alone stops nothing: another node may take the batch."""
    honest = HonestNode(world)
    truth = honest.register
    honest.register = lambda e: e.error(Code.EQUIVOCATION, "another batch 0 is in the log")
    node.answer = honest
    await gateway.open(node)
    await gateway.seal()

    async def refused():
        return gateway.forwarder.views[0].state is LinkState.REFUSED

    await gateway.until(refused)
    assert "does not show it" in gateway.forwarder.views[0].detail
    assert await gateway.states() == [BatchState.SEALED]
    honest.register = truth
    await gateway.confirmed(1)


async def test_proven_equivocation_freezes_the_epoch_across_a_restart(gateway, node, world):
    """An old card was put back: the node shows what stands in the place of our batch 0."""
    other = LogWorld(world.gateway).seal([record(0, wall_ms=1)]).statement
    honest = HonestNode(world)

    def shown(envelope):
        error = envelope.error(Code.EQUIVOCATION, "another batch 0 is in the log")
        return replace(error, statement=other)

    honest.register = shown
    node.answer = honest
    await gateway.open(node)
    await gateway.seal(3)

    async def frozen():
        return gateway.task.done()

    await gateway.until(frozen)
    view = gateway.forwarder.views[0]
    assert view.state is LinkState.CONFLICT
    assert "old copy" in view.detail
    assert "new-epoch" in view.advice
    states = [BatchState.REFUSED, BatchState.SEALED, BatchState.SEALED]
    assert await gateway.states() == states
    conflict = read_conflict(gateway.folder, EPOCH)
    assert conflict.theirs == other
    assert conflict.ours == world.batches[0].statement
    asked = len(node.seen)
    await gateway.journal.close()
    await gateway.open(node)
    await gateway.until(frozen)
    assert gateway.forwarder.views[0].state is LinkState.CONFLICT
    assert len(node.seen) == asked, "nothing is sent in this epoch any more"


async def test_a_busy_node_is_asked_again_and_is_no_trouble(gateway, node, world):
    honest = HonestNode(world)
    truth, refusals = honest.register, iter(range(3))

    def busy(envelope):
        if next(refusals, None) is not None:
            return envelope.error(Code.BUSY, "later", {Label.RETRY_MS: 10})
        return truth(envelope)

    honest.register = busy
    node.answer = honest
    await gateway.open(node)
    await gateway.seal()
    await gateway.confirmed(1)
    assert LinkState.REFUSED not in [state for _, state, _ in gateway.heard]


async def test_what_a_node_forgot_is_sent_again(gateway, node, world):
    """A node restored from an old copy forgets what it accepted and had not proven."""
    honest = HonestNode(world)
    truth = honest.status
    node.answer = honest

    def forgetful(envelope):
        honest.logged.clear()
        del world.entries[1:]
        honest.status = truth_if_known
        return envelope.error(Code.UNKNOWN_ENTRY, "batch 0 is not here")

    def truth_if_known(envelope):
        if not honest.logged:
            return envelope.error(Code.UNKNOWN_ENTRY, "batch 0 is not here")
        return truth(envelope)

    honest.status = forgetful
    await gateway.open(node)
    await gateway.seal()
    await gateway.confirmed(1)
    assert len([e for e in node.seen if e.type is Type.REGISTER]) == 2
