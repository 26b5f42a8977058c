"""A dead gateway's statements come over another one's connection: the signature says whose."""

from __future__ import annotations

import asyncio

from evidence.wire import Code, Label, Type
from ledger.enrolling import lists
from tests.ledger.support import NOW, Gateway, asker, check_naively, code, running


async def carry(node, dead, signed, issuer=None):
    header = {Label.ISSUER: issuer or dead.issuer}
    return await node.ask(Type.REGISTER, header, *signed)


async def test_signed_statements_are_taken_from_whoever_carries_them(lone, gateway):
    helper = Gateway("truck-8")
    lone.admit(helper)
    signed = [gateway.extend(str(seq)) for seq in range(3)]
    async with running(lone.sequencer):
        async with asker(lone.sequencer, gateway) as node:
            first = await node.register(signed[0])
        async with asker(lone.sequencer, helper) as node:
            again = await carry(node, gateway, signed[0])
            assert again.get(Label.INDEX) == first.get(Label.INDEX)
            for item in (*signed[1:], *signed):
                assert (await carry(node, gateway, item)).type is Type.ACCEPTED
            assert (await node.register(helper.extend())).type is Type.ACCEPTED
        async with asker(lone.sequencer, gateway) as node:
            newest = await node.ask(Type.HELLO, {Label.EPOCH: gateway.epoch})
            assert newest.get(Label.SEQ) == 2


async def test_carrying_gives_nobody_another_ones_voice(lone, gateway):
    helper = Gateway("truck-8")
    stranger, thief = Gateway("nobody"), Gateway("thief", issuer=gateway.issuer)
    lone.admit(helper)
    async with running(lone.sequencer), asker(lone.sequencer, helper) as node:
        assert code(await carry(node, stranger, stranger.extend())) == Code.NOT_ADMITTED
        assert code(await carry(node, thief, thief.extend())) == Code.NOT_ADMITTED
        mine = helper.extend()
        assert code(await carry(node, gateway, mine)) == Code.NOT_ADMITTED
        statement, body = gateway.extend()
        forged = statement[:-1] + bytes([statement[-1] ^ 1])
        assert code(await carry(node, gateway, (forged, body))) == Code.BAD_SIGNATURE
        lists.fence(lone.sequencer, gateway.issuer, NOW)
        assert code(await carry(node, gateway, (statement, body))) == Code.NOT_ADMITTED


async def test_receipts_are_had_by_whoever_carried(lone, gateway):
    helper, stranger = Gateway("truck-8"), Gateway("nobody")
    lone.admit(helper)
    signed = gateway.extend()
    async with running(lone.sequencer), asker(lone.sequencer, helper) as node:
        await carry(node, gateway, signed)
        asked = {Label.ISSUER: gateway.issuer, Label.EPOCH: gateway.epoch, Label.SEQS: (0,)}
        while (answer := await node.ask(Type.STATUS, asked)).type is Type.PENDING:
            await asyncio.sleep(0.02)
        ((seq, receipt),) = answer.get(Label.RECEIPTS)
        assert seq == 0
        check_naively(lone.policy, answer.get(Label.NOTE), receipt, signed[0])
        refused = await node.ask(Type.STATUS, {**asked, Label.ISSUER: stranger.issuer})
        assert code(refused) == Code.NOT_ADMITTED


async def test_the_old_gateway_powered_again_is_caught(lone, gateway):
    """It goes on from where the card was read, with numbers that the log has: both are kept."""
    helper = Gateway("truck-8")
    lone.admit(helper)
    gateway.extend()
    async with running(lone.sequencer):
        async with asker(lone.sequencer, helper) as node:
            await carry(node, gateway, gateway.chain[0])
            await carry(node, gateway, gateway.extend("salvaged"))
        gateway.chain.pop()
        async with asker(lone.sequencer, gateway) as node:
            answer = await node.register(gateway.extend("powered again"))
            assert code(answer) == Code.EQUIVOCATION
            assert answer.statement
