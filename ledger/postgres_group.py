"""A group of statements, judged against rows that were read for all of them at once; pure.

A statement would cost six questions to the server one after another; a group costs four.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from agent.evidence.merkle import hash_leaf
from agent.evidence.statement import Statement
from ledger.chain import Entry
from ledger.store import Exhibit
from ledger.tree import completed_by

Place = tuple[str, bytes, int]
"""(issuer, epoch, seq): a place in a gateway's order."""

Chain = tuple[str, bytes]
EntryRow = tuple[int, str, bytes, int, bytes, bytes]
"""A row of `entries`, in the order of its columns."""


def right_edge(size: int) -> list[tuple[int, int]]:
    """Return (level, index) of the full subtrees that a tree of `size` leaves consists of."""
    return [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]


@dataclass(slots=True)
class Group:
    """Implements `ledger.intake.Rows` over what was read, and collects what is to be written."""

    size: int
    entries: dict[Place, Entry]
    chains: dict[Chain, Entry]
    edge: Mapping[tuple[int, int], bytes]
    exhibit: Callable[[Exhibit, int], bool]
    new_entries: list[EntryRow] = field(default_factory=list)
    new_nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    bodies: list[tuple[int, bytes]] = field(default_factory=list)

    def same(self, issuer: str, epoch: bytes, seq: int) -> Entry | None:
        """Return the entry with this place in a gateway's order."""
        return self.entries.get((issuer, epoch, seq))

    def newest(self, issuer: str, epoch: bytes) -> Entry | None:
        """Return the last entry of a gateway's epoch."""
        return self.chains.get((issuer, epoch))

    def append(self, statement: Statement) -> int:
        """Make a statement the log's next entry; return its index."""
        index, claims = self.size, statement.claims
        place = (claims.issuer, claims.epoch, claims.seq)
        for level, at, node in completed_by(self._node, index, hash_leaf(statement.encoded)):
            self.new_nodes[level, at] = node
        entry = Entry(index, claims.seq, statement.digest, statement.encoded)
        self.entries[place] = self.chains[place[:2]] = entry
        self.new_entries.append((index, *place, statement.digest, statement.encoded))
        self.size += 1
        return index

    def keep_body(self, index: int, body: bytes) -> None:
        """Keep the body of an entry."""
        self.bodies.append((index, body))

    def keep_evidence(self, exhibit: Exhibit, limit: int) -> bool:
        """Keep an exhibit once, unless its source filled its limit."""
        return self.exhibit(exhibit, limit)

    def node_rows(self) -> Iterable[tuple[int, int, bytes]]:
        """Return the rows of `nodes` to write."""
        return [(level, index, node) for (level, index), node in self.new_nodes.items()]

    def _node(self, level: int, index: int) -> bytes:
        known = self.new_nodes.get((level, index))
        return self.edge[level, index] if known is None else known
