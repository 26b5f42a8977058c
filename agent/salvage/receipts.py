"""Receipts for what was carried to a node: they alone prove that it is in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from agent.salvage.life import Batch, Life
from agent.upstream.link import Link
from agent.upstream.proofs import fetch_proofs
from evidence.policy import Policy
from evidence.wire import MAX_RECEIPTS

PAUSE_S = 1.0
"""A sequencer makes a checkpoint every second while entries wait (docs/PROTOCOL.md, "Frames")."""

ATTEMPTS = 30
"""A log without its quorum proves nothing, however long a person waits at a prompt."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Checked receipts by seq, and the notes that they lead to."""

    receipts: Mapping[int, bytes]
    notes: tuple[bytes, ...]

    def beside(self, batch: Batch) -> Batch:
        """Return `batch` with its receipt, where there is one."""
        return replace(batch, receipt=self.receipts.get(batch.signed.claims.seq, batch.receipt))


async def fetch_receipts(
    link: Link,
    life: Life,
    taken: int,
    policy: Policy,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Proofs:
    """Return what proves the first `taken` batches of `life`, as far as it comes in half a minute.

    What the card has is asked for, too: nobody has checked it. EvidenceError for a proof that does
    not hold.
    """
    waiting = {batch.signed.claims.seq: batch.statement for batch in life.batches[:taken]}
    receipts: dict[int, bytes] = {}
    notes: dict[bytes, None] = {}
    for attempt in range(ATTEMPTS):
        if not waiting:
            break
        if attempt:
            await sleep(PAUSE_S)
        for seqs in _portions(list(waiting)):
            statements = {seq: waiting[seq] for seq in seqs}
            for fetched in await fetch_proofs(link, life.epoch, statements, policy, life.issuer):
                notes[fetched.anchor.signed.to_bytes()] = None
                for seq, (receipt, _) in fetched.proofs.items():
                    receipts[seq] = receipt
                    del waiting[seq]
    return Proofs(receipts, tuple(notes))


def _portions(seqs: list[int]) -> list[list[int]]:
    return [seqs[at : at + MAX_RECEIPTS] for at in range(0, len(seqs), MAX_RECEIPTS)]
