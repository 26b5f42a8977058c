"""A group of statements, judged against rows that were read for all of them at once; pure.

A statement by itself would cost half a dozen questions to the database; a group costs four.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from evidence.merkle import hash_leaf
from evidence.statement import Statement
from ledger.store.chain import (
    Accepted,
    Entry,
    Equivocation,
    Submission,
    Verdict,
    judge,
    judge_epoch,
)
from ledger.store.store import Exhibit
from ledger.store.tree import completed_by

EQUIVOCATION = "gateway-equivocation"
"""Kind of the exhibit: two statements of one gateway under one number."""

EQUIVOCATIONS_KEPT = 16
"""Of one gateway: one proves it, and the rest must not fill the disk."""

Chain = tuple[str, bytes]
"""(issuer, epoch): one life of a gateway's order."""

Place = tuple[str, bytes, int]
"""(issuer, epoch, seq): a place in a gateway's order."""

NodeAt = tuple[int, int]
"""(level, index) of a full subtree."""

EntryRow = tuple[int, str, bytes, int, bytes, bytes]
"""A row of `entries`, in the order of its columns."""


def right_edge(size: int) -> list[NodeAt]:
    """Return the full subtrees that a tree of `size` leaves consists of."""
    return [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]


@dataclass(slots=True)
class Group:
    """What was read for a group, and what is to be written; each call sees the ones before it.

    `exhibit` keeps an exhibit once, unless its source filled its limit.
    """

    size: int
    entries: dict[Place, Entry]
    chains: dict[Chain, Entry]
    edge: Mapping[NodeAt, bytes]
    exhibit: Callable[[Exhibit, int], object]
    new_entries: list[EntryRow] = field(default_factory=list)
    new_nodes: dict[NodeAt, bytes] = field(default_factory=dict)
    bodies: list[tuple[int, bytes]] = field(default_factory=list)

    def register(self, new: Submission, at: int) -> Verdict:
        """Judge one submission and collect what follows: entry and body, or evidence."""
        claims = new.statement.claims
        place = (claims.issuer, claims.epoch, claims.seq)
        verdict = judge(new, self.entries.get(place), self.chains.get(place[:2]))
        verdict = verdict or self._judge_epoch(new) or Accepted(self._append(new.statement))
        if isinstance(verdict, Accepted) and new.body and not new.body_fault:
            self.bodies.append((verdict.index, new.body))
        if isinstance(verdict, Equivocation):
            pieces = (verdict.entry.encoded, new.statement.encoded)
            self.exhibit(Exhibit(EQUIVOCATION, claims.issuer, pieces, at), EQUIVOCATIONS_KEPT)
        return verdict

    def node_rows(self) -> list[tuple[int, int, bytes]]:
        """Return the rows of `nodes` to write."""
        return [(level, index, node) for (level, index), node in self.new_nodes.items()]

    def _judge_epoch(self, new: Submission) -> Verdict | None:
        issuer, follows = new.statement.claims.issuer, new.statement.claims.follows
        if follows is None:
            return None
        old = issuer, follows.epoch
        return judge_epoch(follows, self._standing_for(old, follows.seq), self.chains.get(old))

    def _standing_for(self, chain: Chain, seq: int | None) -> Entry | None:
        """Return the entry with `seq`, or the last one below it, which may be a gap around it."""
        if seq is None:
            return None
        places = [at for at in self.entries if at[:2] == chain and at[2] <= seq]
        return self.entries[max(places)] if places else None

    def _append(self, statement: Statement) -> int:
        index, claims = self.size, statement.claims
        place = (claims.issuer, claims.epoch, claims.seq)
        for level, at, node in completed_by(self._node, index, hash_leaf(statement.encoded)):
            self.new_nodes[level, at] = node
        entry = Entry(index, claims.seq, statement.digest, statement.encoded)
        self.entries[place] = self.chains[place[:2]] = entry
        self.new_entries.append((index, *place, statement.digest, statement.encoded))
        self.size += 1
        return index

    def _node(self, level: int, index: int) -> bytes:
        known = self.new_nodes.get((level, index))
        return self.edge[level, index] if known is None else known
