"""What a sequencer answers besides REGISTER, checked with evidence and with the naive reader."""

from __future__ import annotations

import secrets

import pytest

from evidence.checkpoint import parse_checkpoint
from evidence.keys import PublicKey
from evidence.merkle import verify_consistency, verify_inclusion
from evidence.receipt import parse_receipt
from evidence.statement import parse_statement
from evidence.wire import Code, Label, Type
from ledger.gateways.desk import SHOWN
from ledger.log.genesis import verify_genesis
from ledger.store.sqlite_store import SqliteStore
from tests.ledger.support import (
    NOW,
    FakeClock,
    asker,
    check_naively,
    code,
    naive_root,
    running,
)


async def wait_for_size(node, size):
    while True:
        answer = await node.ask(Type.CHECKPOINT)
        if answer.type is Type.CHECKPOINT:
            signed = parse_checkpoint(answer.get(Label.NOTE))
            if signed.checkpoint.size >= size:
                return signed


async def test_hello_names_the_log_and_the_newest_statement(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        hello = await node.ask(Type.HELLO, {Label.EPOCH: gateway.epoch})
        assert hello.get(Label.ORIGIN) == "example.org/log"
        assert Label.SEQ not in hello.header
        for _ in range(2):
            await node.register(gateway.extend())
        await wait_for_size(node, 3)
        hello = await node.ask(Type.HELLO, {Label.EPOCH: gateway.epoch, Label.SIZE: 0})
    assert hello.get(Label.SEQ) == 1
    assert hello.get(Label.DIGEST) == parse_statement(gateway.chain[1][0]).digest
    lone.policy.check(parse_checkpoint(hello.get(Label.NOTE)))


async def test_hello_without_an_epoch_and_with_a_body_is_answered(lone, gateway):
    """It asks for the log alone, and a body where the type has none is ignored."""
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        hello = await node.ask(Type.HELLO, body=b"a body")
    assert hello.get(Label.ORIGIN) == "example.org/log"
    assert not {Label.SEQ, Label.DIGEST} & hello.header.keys()


async def test_entry_0_is_the_genesis_under_the_policy(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        (key,) = (await node.ask(Type.KEYS)).get(Label.KEY_SET)
        signed = await wait_for_size(node, 1)
        store = SqliteStore(lone.sequencer.store, read_only=True)
        entry = store.entry(0)
        store.close()
    assert PublicKey.from_cose(key) == lone.policy.receipt_key
    genesis = verify_genesis(entry, lone.policy.receipt_key)
    assert (genesis.origin, genesis.issued_at) == ("example.org/log", NOW)
    assert genesis.policy == lone.policy.digest
    assert signed.checkpoint.root == naive_root([entry])


async def test_receipts_in_bulk_with_consistency_from_the_trusted_size(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        for _ in range(3):
            await node.register(gateway.extend())
        trusted = await wait_for_size(node, 4)
        for _ in range(9):
            await node.register(gateway.extend())
        await wait_for_size(node, 13)
        answer = await node.receipts(gateway, [11, 0, 5, 5], trusted.checkpoint.size)
    note = answer.get(Label.NOTE)
    signed = parse_checkpoint(note)
    lone.policy.check(signed)
    assert [seq for seq, _ in answer.get(Label.RECEIPTS)] == [11, 0, 5]
    for seq, receipt in answer.get(Label.RECEIPTS):
        statement = gateway.chain[seq][0]
        assert check_naively(lone.policy, note, receipt, statement) == (seq + 1, 13)
        root = parse_receipt(receipt).root(parse_statement(statement).leaf)
        parse_receipt(receipt).verify(root, lone.policy.receipt_key)
    assert answer.get(Label.OLD_SIZE) == trusted.checkpoint.size
    verify_consistency(
        trusted.checkpoint.size,
        13,
        answer.get(Label.PATH),
        trusted.checkpoint.root,
        signed.checkpoint.root,
    )


@pytest.mark.parametrize("trusted", [0, 2, 99])
async def test_no_consistency_path_where_there_is_nothing_to_prove(lone, gateway, trusted):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        answer = await node.receipts(gateway, [0], trusted)
    assert Label.PATH not in answer.header


async def test_unknown_statement_is_named(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        await node.register(gateway.extend())
        answer = await node.ask(Type.STATUS, {Label.EPOCH: gateway.epoch, Label.SEQS: [0, 7]})
        assert code(answer) == Code.UNKNOWN_ENTRY
        assert answer.get(Label.SEQ) == 7


async def test_status_asks_for_one_to_sixty_four(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        for seqs in ([], list(range(65))):
            answer = await node.ask(Type.STATUS, {Label.EPOCH: gateway.epoch, Label.SEQS: seqs})
            assert code(answer) == Code.MALFORMED
        epoch = {Label.EPOCH: secrets.token_bytes(15), Label.SEQS: [0]}
        assert code(await node.ask(Type.STATUS, epoch)) == Code.MALFORMED


async def test_proofs_on_request(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        for _ in range(6):
            await node.register(gateway.extend())
        store = SqliteStore(lone.sequencer.store, read_only=True)
        entries = [store.entry(index) for index in range(7)]
        store.close()
        answer = await node.ask(Type.CONSISTENCY, {Label.OLD_SIZE: 3, Label.SIZE: 6})
        roots = naive_root(entries[:3]), naive_root(entries[:6])
        verify_consistency(3, 6, answer.get(Label.PATH), *roots)
        answer = await node.ask(Type.INCLUSION, {Label.INDEX: 4, Label.SIZE: 5})
        leaf = parse_statement(entries[4]).leaf
        verify_inclusion(leaf, 4, 5, answer.get(Label.PATH), naive_root(entries[:5]))
        for old, size in ((0, 3), (4, 3), (3, 99)):
            header = {Label.OLD_SIZE: old, Label.SIZE: size}
            assert code(await node.ask(Type.CONSISTENCY, header)) == Code.UNKNOWN_ENTRY
        for index, size in ((5, 5), (0, 99)):
            header = {Label.INDEX: index, Label.SIZE: size}
            assert code(await node.ask(Type.INCLUSION, header)) == Code.UNKNOWN_ENTRY


async def test_evidence_is_kept_before_it_is_acknowledged(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        signed = await wait_for_size(node, 1)
        notes = [signed.to_bytes(), signed.to_bytes().replace(b"\n1\n", b"\n2\n")]
        for _ in range(2):
            answer = await node.ask(Type.EVIDENCE, {Label.NOTES: notes})
            assert answer.type is Type.EVIDENCE
        for wrong in ([], [b"no note"], notes * 5):
            answer = await node.ask(Type.EVIDENCE, {Label.NOTES: wrong})
            assert code(answer) == Code.MALFORMED
        store = SqliteStore(lone.sequencer.store, read_only=True)
        (exhibit,) = store.evidence()
        store.close()
    assert (exhibit.kind, exhibit.source) == (SHOWN, gateway.issuer)
    assert exhibit.pieces == tuple(notes)


async def test_unchanged_tree_is_cosigned_again_before_it_grows_old(lone, gateway):
    clock = FakeClock()
    (name,) = lone.policy.witnesses
    async with running(lone.sequencer, clock), asker(lone.sequencer, gateway) as node:
        first = await wait_for_size(node, 1)
        assert lone.policy.check(first) == {name: NOW}
        clock.now += 3599
        assert lone.policy.check(await wait_for_size(node, 1)) == {name: NOW}
        clock.now += 1
        while lone.policy.check(await wait_for_size(node, 1)) == {name: NOW}:
            pass
        again = await wait_for_size(node, 1)
        assert again.note.text == first.note.text


async def test_types_that_are_no_requests(lone, gateway):
    async with running(lone.sequencer), asker(lone.sequencer, gateway) as node:
        for type_ in (Type.COSIGN, Type.ACCEPTED, Type.RECEIPT, Type.PENDING, Type.ERROR):
            assert code(await node.ask(type_)) == Code.WRONG_ROLE
