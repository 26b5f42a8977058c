"""Checkpoints with witnesses that are down, silent, late or wrong."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import zmq
import zmq.asyncio

from evidence.checkpoint import parse_checkpoint
from evidence.wire import Label, Type
from ledger.base.key_files import load_curve_key
from ledger.base.public_node import read_public_node
from tests.ledger.support import asker, check_naively, make_cluster, running

ENDLESS_MS = 60_000


async def start(stack, cluster, *witnesses):
    for index in witnesses:
        await stack.enter_async_context(running(cluster.witnesses[index]))
    return await stack.enter_async_context(running(cluster.sequencer))


def cosigners(cluster, answer):
    return set(cluster.policy.check(parse_checkpoint(answer.get(Label.NOTE))))


async def test_quorum_with_one_witness_down(tmp_path, gateway):
    """The dead one holds nobody up, however long it is waited for."""
    cluster = make_cluster(tmp_path, cosign_timeout_ms=ENDLESS_MS)
    cluster.admit(gateway)
    async with AsyncExitStack() as stack:
        async with running(cluster.witnesses[1]):
            await start(stack, cluster, 0, 2)
            node = await stack.enter_async_context(asker(cluster.sequencer, gateway))
            await node.register(gateway.extend())
            await node.receipts(gateway, [0])
        for seq in range(1, 6):
            await node.register(gateway.extend())
            answer = await node.receipts(gateway, [seq], wait=ENDLESS_MS / 2000)
        assert cosigners(cluster, answer) == {"alpha", "bravo", "delta"}


async def test_no_quorum_with_two_down_and_service_once_one_is_back(cluster, gateway):
    async with AsyncExitStack() as stack:
        sequencer = await start(stack, cluster, 0)
        node = await stack.enter_async_context(asker(cluster.sequencer, gateway))
        for _ in range(3):
            assert (await node.register(gateway.extend())).type is Type.ACCEPTED
        assert await sequencer.checkpointer.round() is None
        status = {Label.EPOCH: gateway.epoch, Label.SEQS: [0, 1, 2]}
        answer = await node.ask(Type.STATUS, status)
        assert answer.type is Type.PENDING
        assert answer.get(Label.RETRY_MS) == 1000, "a checkpoint is made every second"
        answer = await node.ask(Type.CHECKPOINT)
        assert (answer.type, answer.get(Label.RETRY_MS)) == (Type.PENDING, 1000)
        await stack.enter_async_context(running(cluster.witnesses[2]))
        answer = await node.receipts(gateway, [0, 1, 2])
        assert cosigners(cluster, answer) == {"alpha", "bravo", "delta"}
        for seq, receipt in answer.get(Label.RECEIPTS):
            check_naively(cluster.policy, answer.get(Label.NOTE), receipt, gateway.chain[seq][0])


async def test_witness_that_was_away_is_caught_up(cluster, gateway):
    """It names the size it last saw; the sequencer proves the growth from there."""
    async with AsyncExitStack() as stack:
        async with running(cluster.witnesses[0]):
            async with running(cluster.witnesses[1]), running(cluster.sequencer):
                async with asker(cluster.sequencer, gateway) as node:
                    await node.register(gateway.extend())
                    await node.receipts(gateway, [0])
        await start(stack, cluster, 1, 2)
        node = await stack.enter_async_context(asker(cluster.sequencer, gateway))
        for _ in range(5):
            await node.register(gateway.extend())
        await node.receipts(gateway, [5])
        await stack.enter_async_context(running(cluster.witnesses[0]))
        seen = 0
        async with asyncio.timeout(60), asker(cluster.witnesses[0], cluster.sequencer) as bravo:
            while seen < 7:
                await node.register(gateway.extend())  # only news makes it ask for cosignatures
                await asyncio.sleep(0.02)
                answer = await bravo.ask(Type.CHECKPOINT)
                seen = parse_checkpoint(answer.get(Label.NOTE)).checkpoint.size


async def test_silent_and_lying_witnesses_are_not_counted(cluster, gateway):
    """One accepts connections and says nothing; one answers with a cosignature by another key."""
    silent, liar = cluster.witnesses[1], cluster.witnesses[2]
    liar.cosigner_key.write_bytes(cluster.witnesses[0].cosigner_key.read_bytes())
    context = zmq.asyncio.Context()
    mute = context.socket(zmq.ROUTER)
    mute.setsockopt(zmq.CURVE_SERVER, 1)
    mute.setsockopt(zmq.CURVE_SECRETKEY, load_curve_key(silent.curve_key).secret)
    mute.bind(read_public_node(silent.public).endpoint)
    try:
        async with AsyncExitStack() as stack:
            sequencer = await start(stack, cluster, 0, 2)
            assert await sequencer.checkpointer.round() is None
            faults = {w.name: w.fault for w in sequencer.checkpointer._witnesses}
            assert "no answer" in faults["charlie"]
            assert "another key" in faults["delta"]
            assert faults["bravo"] == ""
    finally:
        context.destroy(linger=0)


async def test_lone_sequencer_is_its_own_quorum(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        answer = await node.receipts(gateway, [0])
    assert cosigners(lone, answer) == {"alpha"}
