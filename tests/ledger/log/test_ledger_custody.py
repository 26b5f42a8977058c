"""A node signs for the bodies it keeps durably, for the gateway they belong to, and no others."""

from __future__ import annotations

import pytest

from agent.upstream.custodian import check_custody, parse_custodies
from evidence.errors import EvidenceError
from evidence.wire import Code, Label, Type
from tests.ledger.support import Gateway, asker, code, make_cluster, running


@pytest.fixture
def cluster(tmp_path):
    return make_cluster(tmp_path, witnesses=0)


async def custodies(node, gateway, *seqs):
    header = {Label.EPOCH: gateway.epoch, Label.SEQS: list(seqs)}
    return parse_custodies(await node.ask(Type.CUSTODY, header))


async def test_bodies_that_are_kept_are_signed_for(cluster):
    gateway = Gateway()
    cluster.admit(gateway)
    async with running(cluster.sequencer), asker(cluster.sequencer, gateway) as node:
        signed = [gateway.extend(str(seq)) for seq in range(3)]
        await node.register(signed[0])
        await node.register((signed[1][0], b""))
        await node.register(signed[2])
        assert set(await custodies(node, gateway, 0, 1, 2, 7)) == {0, 2}
        await node.register(signed[1])
        receipts = await custodies(node, gateway, 0, 1, 2)
    for seq, (statement, body) in enumerate(signed):
        check_custody(receipts[seq], cluster.policy, statement, body)
    with pytest.raises(EvidenceError, match="another statement"):
        check_custody(receipts[0], cluster.policy, *signed[1])


async def test_a_body_that_is_not_the_statement_s_is_not_signed_for(cluster):
    gateway = Gateway()
    cluster.admit(gateway)
    async with running(cluster.sequencer), asker(cluster.sequencer, gateway) as node:
        statement, body = gateway.extend()
        await node.register((statement, b""))
        assert code(await node.register((statement, body[:-1] + b"?"))) == Code.MALFORMED
        assert await custodies(node, gateway, 0) == {}


async def test_another_gateway_learns_nothing(cluster):
    gateway, other = Gateway(), Gateway(name="truck-8")
    cluster.admit(gateway)
    cluster.admit(other)
    async with running(cluster.sequencer):
        async with asker(cluster.sequencer, gateway) as node:
            await node.register(gateway.extend())
        async with asker(cluster.sequencer, other) as node:
            assert await custodies(node, gateway, 0) == {}


async def test_a_node_that_keeps_no_bodies_says_so(cluster):
    config = cluster.sequencer.config
    config.write_text("keep_bodies = false\n" + config.read_text())
    gateway = Gateway()
    cluster.admit(gateway)
    async with running(cluster.sequencer), asker(cluster.sequencer, gateway) as node:
        await node.register(gateway.extend())
        header = {Label.EPOCH: gateway.epoch, Label.SEQS: [0]}
        assert code(await node.ask(Type.CUSTODY, header)) == Code.WRONG_ROLE


async def test_the_node_s_operator_is_no_gateway_and_nothing_is_signed_for_him(cluster):
    node = cluster.sequencer
    async with running(node), asker(node, node) as operator:
        header = {Label.EPOCH: bytes(16), Label.SEQS: [0]}
        for type_ in (Type.CUSTODY, Type.STATUS):
            answer = await operator.ask(type_, header)
            assert code(answer) == Code.NOT_ADMITTED
            assert answer.get(Label.TEXT) == "this node's operator is not a gateway here"
