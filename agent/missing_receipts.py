"""Receipts that the gateway before never fetched: asked for, checked, and put beside its batches.

A gateway that dies has batches in the log whose receipts it does not have yet. The one that took
its place has the same id, so a node tells it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import zmq.asyncio

from agent.errors import AgentError
from agent.evidence.errors import EvidenceError
from agent.evidence.policy import Policy
from agent.evidence.wire import MAX_RECEIPTS
from agent.identity import Entropy
from agent.journal.journal import BatchRow, BatchState, Confirmation
from agent.journal.ring_journal import RingJournal
from agent.signing.curve_key import CurveKey
from agent.upstream.link import Link, NodeAddress
from agent.upstream.proofs import fetch_proofs

log = logging.getLogger(__name__)


def fetch_missing(
    journal: RingJournal,
    epoch: bytes,
    upto: int,
    nodes: Sequence[NodeAddress],
    curve: CurveKey,
    policy: Policy,
    entropy: Entropy,
    now_ms: int,
) -> int:
    """Confirm batches up to `upto` that are not yet; return how many still lack a proof."""
    for node in nodes:
        missing = _missing(journal, upto)
        if not missing:
            return 0
        try:
            asyncio.run(_ask(journal, epoch, missing, node, curve, policy, entropy, now_ms))
        except (AgentError, EvidenceError) as error:
            log.warning("%s does not give the missing receipts: %s", node.name, error)
    return len(_missing(journal, upto))


def _missing(journal: RingJournal, upto: int) -> list[BatchRow]:
    rows = (
        row
        for first in range(0, upto + 1, MAX_RECEIPTS)
        for row in journal.batches(first, min(first + MAX_RECEIPTS - 1, upto))
    )
    return [row for row in rows if row.state is not BatchState.CONFIRMED]


async def _ask(
    journal: RingJournal,
    epoch: bytes,
    missing: Sequence[BatchRow],
    node: NodeAddress,
    curve: CurveKey,
    policy: Policy,
    entropy: Entropy,
    now_ms: int,
) -> None:
    with zmq.asyncio.Context() as context:
        async with Link(context, node, curve, entropy, lambda _: None) as link:
            for start in range(0, len(missing), MAX_RECEIPTS):
                rows = missing[start : start + MAX_RECEIPTS]
                statements = {row.batch.seq: row.batch.statement for row in rows}
                fetched = await fetch_proofs(link, epoch, statements, policy)
                if fetched is None:
                    continue
                proven = [
                    Confirmation(seq, proof.index, receipt, proof.size)
                    for seq, (receipt, proof) in fetched.proofs.items()
                ]
                journal.set_confirmed(proven, fetched.anchor.signed.to_bytes(), now_ms)
