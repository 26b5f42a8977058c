"""Reading and writing the rows of a node's SQLite file, within whatever transaction is open."""

from __future__ import annotations

import hashlib
import sqlite3

from agent.evidence import cbor
from agent.evidence.merkle import hash_leaf
from agent.evidence.shape import as_array, as_bytes
from agent.evidence.statement import Statement
from ledger.chain import Entry
from ledger.store import Exhibit, Kept, Slot
from ledger.tree import completed_by

_ENTRY = "SELECT idx, seq, digest, statement FROM entries WHERE issuer = ? AND epoch = ?"


def append_statement(connection: sqlite3.Connection, statement: Statement) -> int:
    """Make a statement the log's next entry; return its index."""
    (size,) = connection.execute("SELECT coalesce(max(idx) + 1, 0) FROM entries").fetchone()
    claims = statement.claims
    order = (claims.issuer, claims.epoch, claims.seq, statement.digest)
    append(connection, size, statement.encoded, order)
    return int(size)


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
