"""Reading and writing the rows of a node's SQLite file, within whatever transaction is open."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from agent.evidence import cbor
from agent.evidence.merkle import hash_leaf
from agent.evidence.shape import as_array, as_bytes
from agent.evidence.statement import Statement
from ledger.chain import Entry
from ledger.store import Exhibit, Kept, Slot
from ledger.tree import completed_by

_ENTRY = "SELECT idx, seq, digest, statement FROM entries WHERE issuer = ? AND epoch = ?"


@dataclass(frozen=True, slots=True)
class SqliteRows:
    """Implements `ledger.intake.Rows` over the open transaction of a connection."""

    connection: sqlite3.Connection
    keep_bodies: bool

    def same(self, issuer: str, epoch: bytes, seq: int) -> Entry | None:
        """Return the entry with this place in a gateway's order."""
        return same(self.connection, issuer, epoch, seq)

    def newest(self, issuer: str, epoch: bytes) -> Entry | None:
        """Return the last entry of a gateway's epoch."""
        return newest(self.connection, issuer, epoch)

    def append(self, statement: Statement) -> int:
        """Make a statement the log's next entry; return its index."""
        sql = "SELECT coalesce(max(idx) + 1, 0) FROM entries"
        (size,) = self.connection.execute(sql).fetchone()
        claims = statement.claims
        order = (claims.issuer, claims.epoch, claims.seq, statement.digest)
        append(self.connection, size, statement.encoded, order)
        return int(size)

    def keep_body(self, index: int, body: bytes) -> None:
        """Keep the body of an entry, once."""
        if self.keep_bodies:
            row = (index, body)
            self.connection.execute("INSERT OR IGNORE INTO bodies VALUES (?, ?)", row)

    def keep_evidence(self, exhibit: Exhibit, limit: int) -> bool:
        """Keep an exhibit once, unless its source filled its limit."""
        return keep_evidence(self.connection, exhibit, limit)


def append(
    connection: sqlite3.Connection, size: int, entry: bytes, order: tuple[object, ...]
) -> None:
    """Write entry number `size` and the nodes it completes; `order`: issuer, epoch, seq, digest."""
    sql = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)"
    connection.execute(sql, (size, *order, entry))

    def node(level: int, index: int) -> bytes:
        sql = "SELECT hash FROM nodes WHERE level = ? AND idx = ?"
        return bytes(connection.execute(sql, (level, index)).fetchone()[0])

    nodes = list(completed_by(node, size, hash_leaf(entry)))
    connection.executemany("INSERT INTO nodes VALUES (?, ?, ?)", nodes)


def same(connection: sqlite3.Connection, issuer: str, epoch: bytes, seq: int) -> Entry | None:
    """Return the entry with this place in a gateway's order."""
    row = connection.execute(_ENTRY + " AND seq = ?", (issuer, epoch, seq)).fetchone()
    return None if row is None else Entry(*row)


def last(connection: sqlite3.Connection, issuer: str) -> Entry | None:
    """Return the last entry of a gateway, of whatever epoch."""
    sql = (
        "SELECT idx, seq, digest, statement FROM entries WHERE issuer = ? ORDER BY idx DESC LIMIT 1"
    )
    row = connection.execute(sql, (issuer,)).fetchone()
    return None if row is None else Entry(*row)


def newest(connection: sqlite3.Connection, issuer: str, epoch: bytes) -> Entry | None:
    """Return the last entry of a gateway's epoch."""
    sql = _ENTRY + " ORDER BY seq DESC LIMIT 1"
    row = connection.execute(sql, (issuer, epoch)).fetchone()
    return None if row is None else Entry(*row)


def kept(connection: sqlite3.Connection, slot: Slot, origin: str) -> Kept | None:
    """Return the checkpoint in a slot."""
    sql = "SELECT size, root, note, at FROM checkpoints WHERE slot = ? AND origin = ?"
    row = connection.execute(sql, (slot, origin)).fetchone()
    return None if row is None else Kept(*row)


def keep_evidence(connection: sqlite3.Connection, exhibit: Exhibit, limit: int) -> bool:
    """Keep an exhibit once; False when its source has `limit` others of that kind here."""
    pieces = cbor.encode(exhibit.pieces)
    digest = hashlib.sha256(cbor.encode((exhibit.kind, exhibit.source)) + pieces).digest()
    if connection.execute("SELECT 1 FROM evidence WHERE digest = ?", (digest,)).fetchone():
        return True
    sql = "SELECT count(*) FROM evidence WHERE source = ? AND kind = ?"
    (count,) = connection.execute(sql, (exhibit.source, exhibit.kind)).fetchone()
    if count >= limit:
        return False
    connection.execute(
        "INSERT INTO evidence (digest, kind, source, pieces, at) VALUES (?, ?, ?, ?, ?)",
        (digest, exhibit.kind, exhibit.source, pieces, exhibit.at),
    )
    return True


def evidence(connection: sqlite3.Connection) -> list[Exhibit]:
    """Return all exhibits, oldest first."""
    rows = connection.execute("SELECT kind, source, pieces, at FROM evidence ORDER BY id")
    return [Exhibit(kind, source, _unpack(pieces), at) for kind, source, pieces, at in rows]


def _unpack(pieces: bytes) -> tuple[bytes, ...]:
    return tuple(as_bytes(item, "piece") for item in as_array(cbor.decode(pieces), "pieces"))
