"""Many gateways ask for all their proofs at once (row S26): each is answered, and cheaply."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from evidence.receipt import parse_receipt
from evidence.statement import parse_statement
from evidence.wire import MAX_RECEIPTS, Label, Type
from ledger.base.key_files import SigningKey
from tests.ledger.support import Gateway, asker, running

GATEWAYS, ROUNDS = 6, 4


async def test_a_storm_of_questions_costs_one_signature_an_answer(lone, monkeypatch):
    gateways = [Gateway(f"truck-{n}") for n in range(GATEWAYS)]
    for gateway in gateways:
        lone.admit(gateway)
    signed = 0
    sign = SigningKey.sign

    def counted(self, message):
        nonlocal signed
        signed += 1
        return sign(self, message)

    async with running(lone.sequencer), AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(asker(lone.sequencer, g)) for g in gateways]
        for gateway, node in zip(gateways, nodes, strict=True):
            await asyncio.gather(
                *(node.register((gateway.extend()[0], b"")) for _ in range(MAX_RECEIPTS))
            )
            await node.receipts(gateway, range(MAX_RECEIPTS))
        monkeypatch.setattr(SigningKey, "sign", counted)
        asked = [
            node.ask(Type.STATUS, {Label.EPOCH: g.epoch, Label.SEQS: list(range(MAX_RECEIPTS))})
            for g, node in zip(gateways, nodes, strict=True)
            for _ in range(ROUNDS)
        ]
        answers = await asyncio.gather(*asked)
    assert signed <= len(answers) + GATEWAYS, "one for an answer of 64 receipts"
    for at, answer in enumerate(answers):
        gateway = gateways[at // ROUNDS]
        pairs = answer.get(Label.RECEIPTS)
        assert [seq for seq, _ in pairs] == list(range(MAX_RECEIPTS))
        for seq, data in pairs[:: MAX_RECEIPTS // 4]:
            receipt = parse_receipt(data)
            leaf = parse_statement(gateway.chain[seq][0]).leaf
            receipt.verify(receipt.root(leaf), lone.policy.receipt_key)
