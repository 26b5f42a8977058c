"""The rows of a node's store, in whatever transaction is open: what SQLite and PostgreSQL share.

The SQL here is what both understand, its parameters written `?`. Where they differ, in asking for
many rows at once, each has its own subclass beside its store.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from evidence import cbor
from evidence.merkle import hash_leaf
from evidence.shape import as_array, as_bytes
from ledger.store.chain import Entry, Submission
from ledger.store.group import Chain, Group, NodeAt, Place, right_edge
from ledger.store.store import Exhibit, Holding, Kept, Slot
from ledger.store.tree import completed_by

Row = tuple[Any, ...]

_SIZE = "SELECT coalesce(max(idx) + 1, 0) FROM entries"
_STANDING = """SELECT idx, seq, digest, statement FROM entries
WHERE issuer = ? AND epoch = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"""
_LAST = "SELECT idx, seq, digest, statement FROM entries WHERE issuer = ? ORDER BY idx DESC LIMIT 1"
_ENTRY = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)"
_NODE = "INSERT INTO nodes VALUES (?, ?, ?)"
_BODY = "INSERT INTO bodies VALUES (?, ?) ON CONFLICT DO NOTHING"
_HOLDINGS = """SELECT idx, statement, coalesce(length(body), 0) > 0
FROM entries LEFT JOIN bodies USING (idx)
WHERE idx > ? AND issuer IS NOT NULL AND (? = '' OR issuer = ?) ORDER BY idx LIMIT ?"""
_ERASE = """INSERT INTO bodies VALUES (?, ?)
ON CONFLICT (idx) DO UPDATE SET body = excluded.body"""
_KEPT = "SELECT size, root, note, at FROM checkpoints WHERE slot = ? AND origin = ?"
_KEEP = """INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (slot, origin) DO UPDATE
SET size = excluded.size, root = excluded.root, note = excluded.note, at = excluded.at"""
_EXHIBIT = "INSERT INTO evidence (digest, kind, source, pieces, at) VALUES (?, ?, ?, ?, ?)"


class Tables(ABC):
    """Reads and writes rows over one connection; errors are its library's own."""

    @abstractmethod
    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return all rows that a query finds."""

    @abstractmethod
    def write(self, sql: str, rows: Iterable[Row]) -> None:
        """Run a statement once for each of `rows`."""

    @abstractmethod
    def entries_at(self, places: Collection[Place]) -> dict[Place, Entry]:
        """Return the entries that stand at these places of their gateways' orders."""

    @abstractmethod
    def newest_of(self, chains: Collection[Chain]) -> dict[Chain, Entry]:
        """Return the last entry of each of these epochs that has any."""

    @abstractmethod
    def nodes_at(self, nodes: Collection[NodeAt]) -> dict[NodeAt, bytes]:
        """Return the hashes of these full subtrees, as far as they are there."""

    def size(self) -> int:
        """Return the number of entries."""
        ((size,),) = self.rows(_SIZE)
        return int(size)

    def last(self, issuer: str) -> Entry | None:
        """Return the last entry of a gateway, of whatever epoch."""
        return next((Entry(*row) for row in self.rows(_LAST, issuer)), None)

    def indices(self, issuer: str, epoch: bytes, seqs: Sequence[int]) -> dict[int, int]:
        """Return the log index of each of `seqs` that is in the log."""
        marks = ", ".join("?" * len(seqs))
        sql = f"SELECT seq, idx FROM entries WHERE issuer = ? AND epoch = ? AND seq IN ({marks})"  # noqa: S608  question marks alone
        found: dict[int, int] = dict(self.rows(sql, issuer, epoch, *seqs))
        return {seq: found[seq] for seq in seqs if seq in found}

    def standing_for(self, place: Place) -> dict[Place, Entry]:
        """Return the entry at a place, or the last one below it, which may be a gap around it."""
        found = [Entry(*row) for row in self.rows(_STANDING, *place)]
        return {(place[0], place[1], entry.seq): entry for entry in found}

    def entry(self, index: int) -> bytes | None:
        """Return an entry's bytes."""
        return self._bytes("SELECT statement FROM entries WHERE idx = ?", index)

    def body(self, index: int) -> bytes | None:
        """Return the body kept for an entry."""
        return self._bytes("SELECT body FROM bodies WHERE idx = ?", index) or None

    def holdings(self, after: int, issuer: str, limit: int) -> list[Holding]:
        """Return entries behind number `after`, of one gateway or, with no `issuer`, of all."""
        found = self.rows(_HOLDINGS, after, issuer, issuer, limit)
        return [Holding(index, bytes(statement), bool(kept)) for index, statement, kept in found]

    def erase(self, indices: Sequence[int]) -> None:
        """Put an empty body in the place of each: it keeps out what is sent again."""
        self.write(_ERASE, [(index, b"") for index in indices])

    def _bytes(self, sql: str, index: int) -> bytes | None:
        return next((bytes(row[0]) for row in self.rows(sql, index)), None)

    def kept(self, slot: Slot, origin: str) -> Kept | None:
        """Return the checkpoint in a slot."""
        return next((Kept(*row) for row in self.rows(_KEPT, str(slot), origin)), None)

    def keep(self, slot: Slot, origin: str, new: Kept) -> None:
        """Put a checkpoint into a slot."""
        self.write(_KEEP, [(str(slot), origin, new.size, new.root, new.note, new.at)])

    def keep_evidence(self, exhibit: Exhibit, limit: int) -> bool:
        """Keep an exhibit once; False when its source has `limit` others of that kind here."""
        pieces = cbor.encode(exhibit.pieces)
        digest = hashlib.sha256(cbor.encode((exhibit.kind, exhibit.source)) + pieces).digest()
        if self.rows("SELECT 1 FROM evidence WHERE digest = ?", digest):
            return True
        sql = "SELECT count(*) FROM evidence WHERE source = ? AND kind = ?"
        ((count,),) = self.rows(sql, exhibit.source, exhibit.kind)
        if count >= limit:
            return False
        self.write(_EXHIBIT, [(digest, exhibit.kind, exhibit.source, pieces, exhibit.at)])
        return True

    def evidence(self) -> list[Exhibit]:
        """Return all exhibits, oldest first."""
        found = self.rows("SELECT kind, source, pieces, at FROM evidence ORDER BY id")
        return [Exhibit(kind, source, _unpack(pieces), at) for kind, source, pieces, at in found]

    def found(self, genesis: bytes) -> None:
        """Make `genesis` the log's entry 0."""
        digest = hashlib.sha256(genesis).digest()
        self.write(_ENTRY, [(0, None, None, None, digest, genesis)])
        self.write(_NODE, completed_by(_no_node, 0, hash_leaf(genesis)))

    def read_group(self, submissions: Sequence[Submission]) -> Group:
        """Return all that judging and appending `submissions` needs to know."""
        claims = [submission.statement.claims for submission in submissions]
        places = {(item.issuer, item.epoch, item.seq) for item in claims}
        # What a new epoch says of the one before is held against what is here of that one.
        named = [(item.issuer, item.follows) for item in claims if item.follows]
        chains = {place[:2] for place in places} | {(who, old.epoch) for who, old in named}
        entries = self.entries_at(places)
        for who, old in named:
            if old.seq is not None:
                entries |= self.standing_for((who, old.epoch, old.seq))
        size = self.size()
        edge: Mapping[NodeAt, bytes] = self.nodes_at(right_edge(size))
        return Group(size, entries, self.newest_of(chains), edge, self.keep_evidence)

    def write_group(self, group: Group, *, keep_bodies: bool) -> None:
        """Write what the group collected."""
        self.write(_ENTRY, group.new_entries)
        self.write(_NODE, group.node_rows())
        if keep_bodies:
            self.write(_BODY, group.bodies)


def _unpack(pieces: bytes) -> tuple[bytes, ...]:
    return tuple(as_bytes(item, "piece") for item in as_array(cbor.decode(pieces), "pieces"))


def _no_node(level: int, index: int) -> bytes:
    raise AssertionError(f"an empty tree has no node {index} at level {level}")
