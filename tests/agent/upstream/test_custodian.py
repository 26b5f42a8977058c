"""A body goes from the archive only for a node's own signature over just that body."""

from __future__ import annotations

import asyncio

import pytest

from agent.journal.retention import Limits
from agent.upstream import custodian
from agent.upstream.states import LinkState
from evidence.wire import Code, Label, Type
from tests.agent.log_world import EdKey
from tests.agent.upstream.gateway import HonestNode


async def owed(gateway):
    return await gateway.journal.custody_owed(-1, 1000)


async def prunable(gateway):
    """Let retention take what it may; return how many bodies are left."""
    gateway.journal._journal._limits = Limits(archive=1)
    await gateway.journal.make_room()
    rows = await gateway.journal.batches(0, 1000)
    return sum(bool(row.batch.body) for row in rows)


def asked(node):
    return [envelope for envelope in node.seen if envelope.type is Type.CUSTODY]


async def test_bodies_go_once_the_node_has_signed_for_them(gateway, node, world):
    node.answer = HonestNode(world)
    await gateway.open(node)
    await gateway.seal(100)
    await gateway.delivered(100)

    async def signed():
        return not await owed(gateway)

    await gateway.until(signed)
    assert sum(len(envelope.header[Label.SEQS]) for envelope in asked(node)) == 100
    assert await prunable(gateway) == 1, "the newest batch stays whole"


@pytest.mark.parametrize("lie", ["another body", "another key", "another batch", "unasked"])
async def test_a_false_receipt_lets_nothing_go_and_is_told(gateway, node, world, lie):
    honest = HonestNode(world)

    def answer(envelope):
        if envelope.type is not Type.CUSTODY:
            return honest(envelope)
        receipts = {
            "another body": (0, world.custody(0, b"x" * 40)),
            "another key": (0, world.custody(0, honest.bodies[0], key=EdKey())),
            "another batch": (0, world.custody(1, honest.bodies[1])),
            "unasked": (99, world.custody(0, honest.bodies[0])),
        }
        return envelope.answer(Type.CUSTODY, {Label.RECEIPTS: (receipts[lie],)})

    node.answer = answer
    await gateway.open(node)
    await gateway.seal(3)
    await gateway.delivered(3)

    async def told():
        return any(state is LinkState.REFUSED for _, state, _ in gateway.heard)

    await gateway.until(told)
    assert await owed(gateway) == [0, 1, 2]
    assert await prunable(gateway) == 3


@pytest.mark.parametrize("code", [Code.WRONG_ROLE, Code.MALFORMED])
async def test_a_node_without_bodies_is_asked_once_and_keeps_serving(gateway, node, world, code):
    honest = HonestNode(world)
    node.answer = lambda envelope: (
        envelope.error(code, "no bodies here")
        if envelope.type is Type.CUSTODY
        else honest(envelope)
    )
    await gateway.open(node)
    await gateway.seal(3)
    await gateway.delivered(3)

    async def was_asked():
        return bool(asked(node))

    await gateway.until(was_asked)
    await gateway.seal(3)
    await gateway.delivered(6)
    assert len(asked(node)) == 1
    assert gateway.heard[-1][1] is LinkState.OK
    assert await prunable(gateway) == 6


async def test_what_a_node_leaves_out_is_asked_for_again(gateway, node, world, monkeypatch):
    assert custodian.CUSTODY_S == 900.0
    monkeypatch.setattr(custodian, "CUSTODY_S", 0.2)
    honest = HonestNode(world)
    missing = {1: None}

    def answer(envelope):
        if envelope.type is Type.CUSTODY and 1 in missing:
            seqs = [seq for seq in envelope.header[Label.SEQS] if seq != 1]
            pairs = tuple((seq, world.custody(seq, honest.bodies[seq])) for seq in seqs)
            return envelope.answer(Type.CUSTODY, {Label.RECEIPTS: pairs})
        return honest(envelope)

    node.answer = answer
    await gateway.open(node)
    await gateway.seal(3)
    await gateway.delivered(3)

    async def one_left():
        return await owed(gateway) == [1]

    await gateway.until(one_left)
    await asyncio.sleep(0)
    missing.clear()

    async def none_left():
        return not await owed(gateway)

    await gateway.until(none_left)
