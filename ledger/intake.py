"""What registering a statement does, over the rows of whatever database holds the store."""

from __future__ import annotations

from typing import Protocol

from agent.evidence.statement import Statement
from ledger.chain import Accepted, Entry, Equivocation, Submission, Verdict, judge, judge_epoch
from ledger.store import Exhibit

EQUIVOCATION = "gateway-equivocation"
"""Kind of the exhibit: two statements of one gateway under one number."""

EQUIVOCATIONS_KEPT = 16
"""Of one gateway: one proves it, and the rest must not fill the disk."""


class Rows(Protocol):
    """A store's rows within one transaction: each call sees what the ones before it wrote."""

    def same(self, issuer: str, epoch: bytes, seq: int) -> Entry | None:
        """Return the entry with this place in a gateway's order."""

    def newest(self, issuer: str, epoch: bytes) -> Entry | None:
        """Return the last entry of a gateway's epoch."""

    def append(self, statement: Statement) -> int:
        """Make a statement the log's next entry; return its index."""

    def keep_body(self, index: int, body: bytes) -> None:
        """Keep the body of an entry, once, where the node keeps bodies."""

    def keep_evidence(self, exhibit: Exhibit, limit: int) -> bool:
        """Keep an exhibit once, unless its source filled its limit."""


def register(rows: Rows, new: Submission, at: int) -> Verdict:
    """Judge one submission and write what follows: entry and body, or evidence."""
    claims = new.statement.claims
    same = rows.same(claims.issuer, claims.epoch, claims.seq)
    verdict = judge(new, same, rows.newest(claims.issuer, claims.epoch))
    if verdict is None and claims.follows is not None:
        verdict = _judge_epoch(rows, new)
    if verdict is None:
        verdict = Accepted(rows.append(new.statement))
    if isinstance(verdict, Accepted) and new.body and not new.body_fault:
        rows.keep_body(verdict.index, new.body)
    if isinstance(verdict, Equivocation):
        pieces = (verdict.entry.encoded, new.statement.encoded)
        rows.keep_evidence(Exhibit(EQUIVOCATION, claims.issuer, pieces, at), EQUIVOCATIONS_KEPT)
    return verdict


def _judge_epoch(rows: Rows, new: Submission) -> Verdict | None:
    claims, follows = new.statement.claims, new.statement.claims.follows
    assert follows is not None
    kept = None if follows.seq is None else rows.same(claims.issuer, follows.epoch, follows.seq)
    return judge_epoch(follows, kept, rows.newest(claims.issuer, follows.epoch))
