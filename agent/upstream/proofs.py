"""Asking a node for receipts outside of a session, and believing those that the policy proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.light_client.verifier import Anchor, Proven, accept_checkpoint, match, prove_receipts
from agent.upstream.link import Link
from agent.upstream.session import parse_offer
from evidence.policy import Policy
from evidence.statement import parse_statement
from evidence.wire import Header, Label, Type

RECEIPT_BYTES = 2048
"""What one may take in an answer; see Link.request."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Receipts with what they prove, by seq, and the one checkpoint they lead to."""

    proofs: Mapping[int, tuple[bytes, Proven]]
    anchor: Anchor


async def fetch_proofs(
    link: Link, epoch: bytes, statements: Mapping[int, bytes], policy: Policy, issuer: str = ""
) -> list[Fetched]:
    """Return what a node proves of `statements` (by seq, MAX_RECEIPTS at most) now.

    Where a key was revoked meanwhile, what it signed is proven under an older checkpoint than the
    rest. `issuer` says whose they are, where they are not the asker's own. EvidenceError for a
    proof that does not hold.
    """
    found: list[Fetched] = []
    left = dict(statements)
    while left:
        fetched = await _ask(link, epoch, left, policy, issuer)
        if fetched is None or not fetched.proofs:
            break
        found.append(fetched)
        left = {seq: left[seq] for seq in left.keys() - fetched.proofs.keys()}
    return found


async def _ask(
    link: Link, epoch: bytes, statements: Mapping[int, bytes], policy: Policy, issuer: str
) -> Fetched | None:
    """Return what one answer proves; None: nothing yet."""
    header: Header = {Label.EPOCH: epoch, Label.SEQS: tuple(sorted(statements)), Label.SIZE: 0}
    if issuer:
        header = {**header, Label.ISSUER: issuer}
    answer = await link.request(Type.STATUS, header, expect=RECEIPT_BYTES * len(statements))
    if answer.type is Type.PENDING:
        return None
    offer = parse_offer(answer)
    anchor = accept_checkpoint(offer.note, policy, None)
    asked = {seq: receipt for seq, receipt in offer.receipts.items() if seq in statements}
    ours = {seq: parse_statement(statements[seq]) for seq in asked}
    proven = prove_receipts(ours, asked, policy)
    for proof in proven.values():
        match(proof, anchor)
    return Fetched({seq: (asked[seq], proof) for seq, proof in proven.items()}, anchor)
