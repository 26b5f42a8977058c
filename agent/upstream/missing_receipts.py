"""Receipts that the gateway before never fetched: asked for, checked, and put beside its batches.

A gateway that dies has batches in the log whose receipts it does not have yet. The one that took
its place has the same id, so a node tells it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import zmq.asyncio

from agent.journal.journal import BatchRow, BatchState, Confirmation
from agent.journal.ring_journal import RingJournal
from agent.journal.vouching import Vouchers
from agent.signing.curve_key import CurveKey
from agent.signing.identity import Entropy
from agent.upstream.link import Link, NodeAddress
from agent.upstream.proofs import fetch_proofs
from evidence.errors import EvidenceError
from evidence.log_set import LogSet
from evidence.policy import Policy
from evidence.wire import MAX_RECEIPTS
from foundation.errors import AgentError

log = logging.getLogger(__name__)


class Books(Protocol):
    """Where one log's receipts are kept."""

    def missing(self, row: BatchRow) -> bool:
        """Tell whether a batch lacks this log's receipt."""
        ...

    def keep(self, rows: Sequence[Confirmation], note: bytes, at_ms: int) -> None:
        """Keep receipts that were checked."""
        ...


@dataclass(frozen=True, slots=True)
class OneLog:
    """The journal itself, where the policy has one log."""

    journal: RingJournal

    def missing(self, row: BatchRow) -> bool:
        """See `Books.missing`."""
        return row.state is not BatchState.CONFIRMED

    def keep(self, rows: Sequence[Confirmation], note: bytes, at_ms: int) -> None:
        """See `Books.keep`."""
        self.journal.set_confirmed(rows, note, at_ms)


@dataclass(frozen=True, slots=True)
class OneOfSeveral:
    """The books of one log of several."""

    vouchers: Vouchers
    origin: str

    def missing(self, row: BatchRow) -> bool:
        """See `Books.missing`."""
        return not self.vouchers.vouched(self.origin, row.batch.seq)

    def keep(self, rows: Sequence[Confirmation], note: bytes, at_ms: int) -> None:
        """See `Books.keep`."""
        self.vouchers.vouch(self.origin, rows, note, at_ms)


def fetch_missing(
    journal: RingJournal,
    epoch: bytes,
    upto: int,
    nodes: Mapping[str, Sequence[NodeAddress]],
    curve: CurveKey,
    logs: LogSet,
    entropy: Entropy,
    now_ms: int,
) -> int:
    """Fetch what batches up to `upto` lack, `nodes` being those of each log.

    Returns how many are still not confirmed.
    """
    books: dict[str, Books] = {origin: OneLog(journal) for origin in logs.logs}
    if logs.several:
        vouchers = journal.vouchers(logs.threshold)
        vouchers.begin(logs.logs.keys(), logs.logs.keys(), now_ms)
        books = {origin: OneOfSeveral(vouchers, origin) for origin in logs.logs}
    for origin, policy in logs.logs.items():
        for node in nodes[origin]:
            missing = [row for row in _rows(journal, upto) if books[origin].missing(row)]
            if not missing:
                break
            try:
                asyncio.run(
                    _ask(books[origin], epoch, missing, node, curve, policy, entropy, now_ms)
                )
            except (AgentError, EvidenceError) as error:
                log.warning("%s does not give the missing receipts: %s", node.name, error)
    return sum(row.state is not BatchState.CONFIRMED for row in _rows(journal, upto))


def _rows(journal: RingJournal, upto: int) -> Iterator[BatchRow]:
    for first in range(0, upto + 1, MAX_RECEIPTS):
        yield from journal.batches(first, min(first + MAX_RECEIPTS - 1, upto))


async def _ask(
    books: Books,
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
                for fetched in await fetch_proofs(link, epoch, statements, policy):
                    proven = [
                        Confirmation(seq, proof.index, receipt, proof.size)
                        for seq, (receipt, proof) in fetched.proofs.items()
                    ]
                    books.keep(proven, fetched.anchor.signed.to_bytes(), now_ms)
