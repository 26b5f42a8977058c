"""REGISTER: durable, idempotent, in order, and each refusal in its documented place."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets

import pytest

from evidence import cbor, cose
from evidence.keys import ES256
from evidence.statement import Claims, parse_statement, sign_statement
from evidence.wire import MAX_BODY_BYTES, Code, Envelope, Label, Type
from ledger.store.group import EQUIVOCATION
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import NOW, Gateway, asker, code, running

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def other_signature(statement: bytes) -> bytes:
    """The same Sig_structure under (r, n - s), which verifies as well."""
    sign1 = cose.parse(statement)
    s = P256_ORDER - int.from_bytes(sign1.signature[32:], "big")
    return dataclasses.replace(
        sign1, signature=sign1.signature[:32] + s.to_bytes(32, "big")
    ).to_bytes()


def stored(cluster):
    return SqliteStore(cluster.sequencer.store, read_only=True)


async def test_same_statement_again_is_the_same_entry(lone, gateway):
    signed, body = gateway.extend()
    twin = other_signature(signed)
    assert twin != signed
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        for statement in (signed, signed, twin):
            answer = await node.register((statement, body))
            assert answer.type is Type.ACCEPTED
            assert (answer.get(Label.INDEX), answer.get(Label.SEQ)) == (1, 0)
        store = stored(lone)
        assert store.size() == 2
        assert store.entry(1) == signed
        assert store.body(1) == body
        store.close()


async def test_hole_names_the_wanted_statement(lone, gateway):
    first, _, third = (gateway.extend() for _ in range(3))
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        for signed, wanted in ((third, 0), (first, None), (third, 1)):
            answer = await node.register(signed)
            if wanted is not None:
                assert code(answer) == Code.GAP
                assert answer.get(Label.SEQ) == wanted


async def test_wrong_prev_is_a_gap(lone, gateway):
    first = gateway.extend()
    stray = gateway.sign(1, secrets.token_bytes(32))
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(first)
        answer = await node.register(stray)
        assert code(answer) == Code.GAP
        assert answer.get(Label.SEQ) == 1
        assert "prev" in answer.get(Label.TEXT)


async def test_second_history_is_refused_and_both_are_kept(lone, gateway):
    """A restored card signs number 1 again, with other content."""
    first, second = gateway.extend(), gateway.extend()
    rewritten = gateway.sign(1, parse_statement(first[0]).digest, mark="rewritten")
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(first)
        await node.register(second)
        for _ in range(2):
            answer = await node.register(rewritten)
            assert code(answer) == Code.EQUIVOCATION
            assert answer.get(Label.SEQ) == 1
        assert (await node.register(gateway.extend())).type is Type.ACCEPTED
        store = stored(lone)
        (exhibit,) = store.evidence()
        store.close()
    assert (exhibit.kind, exhibit.source) == (EQUIVOCATION, gateway.issuer)
    assert exhibit.pieces == (second[0], rewritten[0])


async def test_new_epoch_starts_at_zero(lone, gateway):
    later = Gateway(issuer=gateway.issuer, signer=gateway.signer, curve=gateway.curve)
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        late = later.sign(4, secrets.token_bytes(32))
        answer = await node.register(late)
        assert code(answer) == Code.GAP
        assert answer.get(Label.SEQ) == 0
        answer = await node.register(later.extend())
        assert answer.get(Label.INDEX) == 2
        hello = await node.ask(Type.HELLO, {Label.EPOCH: later.epoch})
        assert hello.get(Label.SEQ) == 0
        assert hello.get(Label.DIGEST) == parse_statement(later.chain[0][0]).digest


async def test_body_is_checked_last_and_may_come_later(lone, gateway):
    signed, body = gateway.extend()
    other = gateway.extend()
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        bad = body[:-1] + bytes([body[-1] ^ 0xFF])
        assert code(await node.register((signed, bad))) == Code.MALFORMED
        assert code(await node.register((signed, body + b"x"))) == Code.MALFORMED
        assert code(await node.register((signed, other[1]))) == Code.MALFORMED
        assert code(await node.register((other[0], bad))) == Code.GAP
        assert (await node.register((signed, b""))).type is Type.ACCEPTED
        store = stored(lone)
        assert code(await node.register((signed, bad))) == Code.MALFORMED
        assert store.body(1) is None
        assert (await node.register((signed, body))).get(Label.INDEX) == 1
        assert store.body(1) == body
        store.close()


async def test_node_that_keeps_no_bodies(lone, gateway):
    config = lone.sequencer.config
    config.write_text("keep_bodies = false\n" + config.read_text())
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        signed, body = gateway.extend()
        assert code(await node.register((signed, body + b"x"))) == Code.MALFORMED
        assert (await node.register((signed, bytes(len(body))))).type is Type.ACCEPTED
        store = stored(lone)
        assert store.body(1) is None
        store.close()


async def test_number_beyond_any_log_is_malformed(lone, gateway):
    batch, body = gateway.batch(0)
    claims = Claims(gateway.issuer, NOW, gateway.epoch, 2**63, bytes(32))
    key = gateway.signer.public
    signed = sign_statement(claims, batch, key.kid, ES256, gateway.signer)
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        assert code(await node.register((signed, body))) == Code.MALFORMED
        status = {Label.EPOCH: gateway.epoch, Label.SEQS: [2**64 - 1]}
        assert code(await node.ask(Type.STATUS, status)) == Code.MALFORMED


async def test_too_large_statement_and_frames(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        assert code(await node.register((bytes(1025), b""))) == Code.TOO_LARGE
        assert code(await node.register((b"", b""))) == Code.MALFORMED
        with pytest.raises(TimeoutError):  # ZeroMQ drops the connection
            await node.ask(Type.REGISTER, {}, b"x", bytes(MAX_BODY_BYTES + 1), wait=0.5)
        assert (await node.ask(Type.HELLO)).type is Type.HELLO


async def test_many_statements_at_once_keep_their_order(lone, gateway):
    """A gateway that catches up sends without waiting for each answer."""
    chain = [gateway.extend() for _ in range(150)]
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.ask(Type.HELLO)
        dealer = node._client.connected()
        for number, (statement, body) in enumerate(chain):
            message = Envelope(Type.REGISTER, number.to_bytes(8, "big"), {}, statement, body)
            await dealer.send(message.to_frames())
        answers = {}
        async with asyncio.timeout(60):
            while len(answers) < len(chain):
                envelope, _ = await dealer.receive()
                _, type_, request, header, _ = cbor.decode(envelope)
                answers[int.from_bytes(request, "big")] = (type_, header[Label.INDEX])
    assert answers == {n: (Type.ACCEPTED, n + 1) for n in range(len(chain))}


async def test_a_body_follows_its_statement_alone(lone, gateway):
    statement, body = gateway.extend()
    alone = {Label.EPOCH: gateway.epoch, Label.SEQ: 0}
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        early = await node.ask(Type.REGISTER, alone, b"", body)
        assert code(early) == Code.UNKNOWN_ENTRY
        first = await node.register((statement, b""))
        other = await node.ask(Type.REGISTER, alone, b"", body[:-1])
        assert code(other) == Code.MALFORMED
        taken = await node.ask(Type.REGISTER, alone, b"", body)
        assert taken.type is Type.ACCEPTED
        assert taken.header == first.header
        custody = {Label.EPOCH: gateway.epoch, Label.SEQS: (0,)}
        assert (await node.ask(Type.CUSTODY, custody)).get(Label.RECEIPTS)
