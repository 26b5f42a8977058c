"""Receipts that are asked for outside of a session: what a node cannot prove yet ends the asking."""

from __future__ import annotations

import pytest

from agent.upstream.proofs import fetch_proofs
from evidence.errors import EvidenceError
from evidence.wire import Envelope, Label, Type
from tests.agent.log_world import EPOCH


class Scripted:
    """A link whose node gives these answers, and no more."""

    def __init__(self, *answers):
        self.asked = []
        self._answers = list(answers)

    async def request(self, type_, header, *, expect):
        assert type_ is Type.STATUS
        self.asked.append(tuple(header[Label.SEQS]))
        self.last = header, expect
        answer = self._answers.pop(0)
        return Envelope(Type.PENDING if answer is None else Type.RECEIPT, bytes(8), answer or {})


@pytest.fixture
def sealed(world):
    return {seq: world.seal().statement for seq in range(3)}


def proving(world, *seqs):
    receipts = tuple((seq, world.receipt(seq)) for seq in seqs)
    return {Label.RECEIPTS: receipts, Label.NOTE: world.note()}


async def fetched(world, sealed, *answers):
    link = Scripted(*answers)
    found = await fetch_proofs(link, EPOCH, sealed, world.policy)
    return [sorted(each.proofs) for each in found], link.asked


async def test_what_one_answer_leaves_out_is_asked_for_again(world, sealed):
    answers = (proving(world, 0, 2), proving(world, 1))
    assert await fetched(world, sealed, *answers) == ([[0, 2], [1]], [(0, 1, 2), (1,)])


@pytest.mark.parametrize("nothing", ["not yet", "no receipt"])
async def test_a_node_that_proves_nothing_more_is_asked_no_more(world, sealed, nothing):
    last = None if nothing == "not yet" else proving(world)
    assert await fetched(world, sealed, proving(world, 1), last) == ([[1]], [(0, 1, 2), (0, 2)])
    assert await fetched(world, sealed, last) == ([], [(0, 1, 2)])


@pytest.mark.parametrize("issuer", ["", "urn:uuid:the-one-before"])
async def test_it_is_said_whose_batches_they_are_where_they_are_not_the_asker_s(
    world, sealed, issuer
):
    link = Scripted(None)
    assert await fetch_proofs(link, EPOCH, sealed, world.policy, issuer) == []
    whose = {Label.ISSUER: issuer} if issuer else {}
    asked = {Label.EPOCH: EPOCH, Label.SEQS: (0, 1, 2), Label.SIZE: 0}
    assert link.last == (asked | whose, 3 * 2048), "a receipt may take 2 kB"


async def test_each_proof_is_returned_with_its_receipt_and_the_checkpoint(world, sealed):
    link = Scripted(proving(world, 0, 1, 2))
    (found,) = await fetch_proofs(link, EPOCH, sealed, world.policy)
    assert found.anchor.size == len(world.entries)
    for seq, (receipt, proof) in found.proofs.items():
        assert receipt == world.receipt(seq)
        assert (proof.index, proof.size) == (seq + 1, len(world.entries))


async def test_a_proof_of_another_batch_is_refused(world, sealed):
    wrong = proving(world, 1) | {Label.RECEIPTS: ((0, world.receipt(1)),)}
    with pytest.raises(EvidenceError):
        await fetched(world, sealed, wrong)
