"""Who is let in: CURVE keys at the door, issuers at the desk, revocation at once."""

from __future__ import annotations

import asyncio

import pytest

from evidence.statement import parse_statement
from evidence.wire import Code, Label, Type
from ledger.base.rate import PAUSE_S
from ledger.enrolling import lists
from tests.ledger.support import NOW, Asker, Gateway, asker, code, curve_key, running

REFUSED_S = 0.5
"""ZeroMQ tells a refused client nothing: wait this long for no answer."""


async def test_unknown_curve_key_gets_no_answer(lone):
    async with running(lone.sequencer), Asker(lone.sequencer, curve_key()) as stranger:
        with pytest.raises(TimeoutError):
            await stranger.ask(Type.HELLO, wait=REFUSED_S)


async def test_client_with_wrong_server_key_gets_no_answer(lone, gateway):
    wrong = curve_key().public.decode()
    async with running(lone.sequencer):
        async with Asker(lone.sequencer, gateway.curve, server=wrong) as node:
            with pytest.raises(TimeoutError):
                await node.ask(Type.HELLO, wait=REFUSED_S)


async def test_nobody_gets_in_while_the_zap_handler_is_gone(lone, gateway):
    async with running(lone.sequencer) as node:
        node._server._router._authenticator.stop()
        async with asker(lone.sequencer, gateway) as asking:
            with pytest.raises(TimeoutError):
                await asking.ask(Type.HELLO, wait=REFUSED_S)
        node._server._router._authenticator.start()


async def test_gateway_admitted_while_the_node_runs(lone):
    late = Gateway("truck-8")
    async with running(lone.sequencer), asker(lone.sequencer, late) as node:
        with pytest.raises(TimeoutError):
            await node.ask(Type.HELLO, wait=REFUSED_S)
        lone.admit(late)
        assert (await node.ask(Type.HELLO)).type is Type.HELLO
        assert (await node.register(late.extend())).type is Type.ACCEPTED


async def test_revoked_gateway_is_refused_on_its_live_connection(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        assert (await node.register(gateway.extend())).type is Type.ACCEPTED
        lists.fence(lone.sequencer, gateway.issuer, NOW)
        assert code(await node.register(gateway.extend())) == Code.NOT_ADMITTED
        assert code(await node.ask(Type.HELLO)) == Code.NOT_ADMITTED
        async with asyncio.timeout(60):
            while (key := lone.policy.gateways[0]).revoked_at is None:
                await asyncio.sleep(0.02)
    assert key.revoked_at == NOW + 300  # behind the checkpoint, of NOW, that proves what it sent


async def test_routing_id_of_another_gateway_changes_nothing(lone, gateway):
    """The identity is the CURVE key: a statement of another issuer is refused, whoever sends it."""
    other = Gateway("truck-8")
    lone.admit(other)
    async with running(lone.sequencer), asker(lone.sequencer, other) as node:
        answer = await node.register(gateway.extend())
        assert code(answer) == Code.NOT_ADMITTED
        assert gateway.issuer in answer.get(Label.TEXT)


async def test_statement_by_a_key_that_is_not_admitted(lone, gateway):
    stolen = Gateway("thief", issuer=gateway.issuer, curve=gateway.curve)
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        assert code(await node.register(stolen.extend())) == Code.NOT_ADMITTED


async def test_statement_with_a_broken_signature(lone, gateway):
    signed, body = gateway.extend()
    broken = signed[:-1] + bytes([signed[-1] ^ 1])
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        assert code(await node.register((broken, body))) == Code.BAD_SIGNATURE
        assert (await node.register((signed, body))).type is Type.ACCEPTED


async def test_second_key_of_the_same_gateway_signs_too(lone, gateway):
    """A rotated key has the same issuer: both entries stand until one is revoked."""
    renewed = Gateway("truck-7", issuer=gateway.issuer)
    lone.admit(renewed)
    async with running(lone.sequencer), asker(lone.sequencer, renewed) as node:
        assert (await node.register(renewed.extend())).type is Type.ACCEPTED
    assert len(lone.policy.gateways) == 2


async def test_damaged_list_leaves_the_last_good_one(lone, gateway, caplog):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        assert (await node.ask(Type.HELLO)).type is Type.HELLO
        lone.sequencer.admitted.write_text("[[gateway]\n")
        assert (await node.ask(Type.HELLO)).type is Type.HELLO
        assert "admitted.toml:1: " in caplog.text
        lone.sequencer.admitted.unlink()
        lone.sequencer.admitted.write_text("")
        assert code(await node.ask(Type.HELLO)) == Code.NOT_ADMITTED


async def test_one_gateway_learns_nothing_of_another(lone, gateway):
    other = Gateway("truck-8")
    lone.admit(other)
    async with running(lone.sequencer):
        async with asker(lone.sequencer, gateway) as node:
            await node.register(gateway.extend())
        async with asker(lone.sequencer, other) as node:
            status = {Label.EPOCH: gateway.epoch, Label.SEQS: [0]}
            assert code(await node.ask(Type.STATUS, status)) == Code.UNKNOWN_ENTRY
            hello = await node.ask(Type.HELLO, {Label.EPOCH: gateway.epoch})
            assert Label.SEQ not in hello.header


async def test_flood_is_told_to_come_back_and_others_are_served(lone, gateway):
    config = lone.sequencer.config
    config.write_text(config.read_text().replace("100000", "20"))
    other = Gateway("truck-8")
    lone.admit(other)
    async with running(lone.sequencer):
        async with asker(lone.sequencer, gateway) as flooder, asker(lone.sequencer, other) as node:
            answers = [await flooder.ask(Type.CHECKPOINT) for _ in range(1100)]
            busy = [answer for answer in answers if answer.type is Type.ERROR]
            assert busy
            assert code(busy[0]) == Code.BUSY
            assert 0 < busy[0].get(Label.RETRY_MS) <= 1000 * PAUSE_S + 1
            assert (await node.ask(Type.HELLO)).type is Type.HELLO
            await asyncio.sleep(0.2)
            assert (await flooder.ask(Type.HELLO)).type is Type.HELLO


def test_statements_of_the_test_gateway_are_real(gateway):
    signed, body = gateway.extend()
    statement = parse_statement(signed)
    statement.verify(gateway.signer.public)
    assert statement.batch.body_bytes >= len(body)
