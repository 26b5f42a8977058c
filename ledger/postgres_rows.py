"""Reading and writing the rows of a node's PostgreSQL tables, in whatever transaction is open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from agent.evidence import cbor
from agent.evidence.merkle import hash_leaf
from agent.evidence.shape import as_array, as_bytes
from ledger.chain import Entry, Submission
from ledger.postgres_group import Group, right_edge
from ledger.store import Exhibit, Kept, Slot
from ledger.tree import completed_by

SIZE = "SELECT coalesce(max(idx) + 1, 0) FROM entries"

_SAME = """
SELECT issuer, epoch, idx, seq, digest, statement FROM entries
JOIN unnest(%s::text[], %s::bytea[], %s::bigint[]) AS wanted (issuer, epoch, seq)
USING (issuer, epoch, seq)"""

_NEWEST = """
SELECT wanted.issuer, wanted.epoch, idx, seq, digest, statement
FROM unnest(%s::text[], %s::bytea[]) AS wanted (issuer, epoch) CROSS JOIN LATERAL (
    SELECT * FROM entries WHERE issuer = wanted.issuer AND epoch = wanted.epoch
    ORDER BY seq DESC LIMIT 1
) AS newest"""

_NODES = """
SELECT level, idx, hash FROM nodes
JOIN unnest(%s::smallint[], %s::bigint[]) AS wanted (level, idx) USING (level, idx)"""


def rows(connection: Connection, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Return all rows that a query finds."""
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(sql, values).fetchall()


def read_group(connection: Connection, submissions: Sequence[Submission]) -> Group:
    """Return all that judging and appending `submissions` needs to know."""
    claims = [submission.statement.claims for submission in submissions]
    places = {(item.issuer, item.epoch, item.seq) for item in claims}
    # Of an epoch before this one, what the new one says of it is held against.
    places |= {
        (item.issuer, item.follows.epoch, item.follows.seq or 0) for item in claims if item.follows
    }
    ((size,),) = rows(connection, SIZE)
    same = rows(connection, _SAME, *_columns(places, 3))
    newest = rows(connection, _NEWEST, *_columns({place[:2] for place in places}, 2))
    edge = rows(connection, _NODES, *_columns(right_edge(size), 2))
    return Group(
        size,
        {(issuer, epoch, entry[1]): Entry(*entry) for issuer, epoch, *entry in same},
        {(issuer, epoch): Entry(*entry) for issuer, epoch, *entry in newest},
        {(level, index): node for level, index, node in edge},
        lambda exhibit, limit: keep_evidence(connection, exhibit, limit),
    )


def write_group(connection: Connection, group: Group, *, keep_bodies: bool) -> None:
    """Write what the group collected."""
    with connection.cursor() as cursor:
        if group.new_entries:
            sql = "INSERT INTO entries VALUES (%s, %s, %s, %s, %s, %s)"
            cursor.executemany(sql, group.new_entries)
            cursor.executemany("INSERT INTO nodes VALUES (%s, %s, %s)", group.node_rows())
        if group.bodies and keep_bodies:
            sql = "INSERT INTO bodies VALUES (%s, %s) ON CONFLICT DO NOTHING"
            cursor.executemany(sql, group.bodies)


def found(connection: Connection, genesis: bytes) -> None:
    """Make `genesis` the log's entry 0."""
    digest = hashlib.sha256(genesis).digest()
    connection.execute(
        "INSERT INTO entries VALUES (0, NULL, NULL, NULL, %s, %s)", (digest, genesis)
    )
    for node in completed_by(_no_node, 0, hash_leaf(genesis)):
        connection.execute("INSERT INTO nodes VALUES (%s, %s, %s)", node)


def last(connection: Connection, issuer: str) -> Entry | None:
    """Return the last entry of a gateway, of whatever epoch."""
    what = "SELECT idx, seq, digest, statement FROM entries"
    sql = f"{what} WHERE issuer = %s ORDER BY idx DESC LIMIT 1"
    return next((Entry(*row) for row in rows(connection, sql, issuer)), None)


def newest(connection: Connection, issuer: str, epoch: bytes) -> Entry | None:
    """Return the last entry of a gateway's epoch."""
    for row in rows(connection, _NEWEST, [issuer], [epoch]):
        return Entry(*row[2:])
    return None


def indices(
    connection: Connection, issuer: str, epoch: bytes, seqs: Sequence[int]
) -> dict[int, int]:
    """Return the log index of each of `seqs` that is in the log."""
    sql = "SELECT seq, idx FROM entries WHERE issuer = %s AND epoch = %s AND seq = ANY(%s)"
    return dict(rows(connection, sql, issuer, epoch, list(seqs)))


def kept(connection: Connection, slot: Slot, origin: str) -> Kept | None:
    """Return the checkpoint in a slot."""
    sql = "SELECT size, root, note, at FROM checkpoints WHERE slot = %s AND origin = %s"
    for row in rows(connection, sql, str(slot), origin):
        return Kept(*row)
    return None


def set_kept(connection: Connection, slot: Slot, origin: str, new: Kept) -> None:
    """Put a checkpoint into a slot."""
    sql = """INSERT INTO checkpoints VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (slot, origin)
        DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note,
        at = excluded.at"""
    connection.execute(sql, (str(slot), origin, new.size, new.root, new.note, new.at))


def keep_evidence(connection: Connection, exhibit: Exhibit, limit: int) -> bool:
    """Keep an exhibit once; False when its source has `limit` others of that kind here."""
    pieces = cbor.encode(exhibit.pieces)
    digest = hashlib.sha256(cbor.encode((exhibit.kind, exhibit.source)) + pieces).digest()
    if rows(connection, "SELECT 1 FROM evidence WHERE digest = %s", digest):
        return True
    sql = "SELECT count(*) FROM evidence WHERE source = %s AND kind = %s"
    ((count,),) = rows(connection, sql, exhibit.source, exhibit.kind)
    if count >= limit:
        return False
    connection.execute(
        "INSERT INTO evidence (digest, kind, source, pieces, at) VALUES (%s, %s, %s, %s, %s)",
        (digest, exhibit.kind, exhibit.source, pieces, exhibit.at),
    )
    return True


def evidence(connection: Connection) -> list[Exhibit]:
    """Return all exhibits, oldest first."""
    sql = "SELECT kind, source, pieces, at FROM evidence ORDER BY id"
    return [
        Exhibit(kind, source, _unpack(pieces), at)
        for kind, source, pieces, at in rows(connection, sql)
    ]


def _columns(items: Any, width: int) -> list[list[Any]]:
    """Return tuples as lists of their first, second … members, as unnest() takes them."""
    return [[item[column] for item in items] for column in range(width)]


def _unpack(pieces: bytes) -> tuple[bytes, ...]:
    return tuple(as_bytes(item, "piece") for item in as_array(cbor.decode(pieces), "pieces"))


def _no_node(level: int, index: int) -> bytes:
    raise AssertionError(f"an empty tree has no node {index} at level {level}")
