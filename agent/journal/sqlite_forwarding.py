"""The rows of batches that still have to reach a node: what is owed, and what was taken.

A statement and its body may travel apart: `state` is the statement's, `body_ms` says when a node
took the body. Both halves of the journal in SQLite use this; one index, `batch_open`, serves it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from agent.journal.journal import BatchState, PendingBatch, Rank
from foundation.dataclass import dataclass

Query = Callable[..., list[Any]]

# A declared gap has no body to be owed; what retention let go is confirmed.
OWE_AGAIN = (
    "UPDATE batch SET body_ms = NULL WHERE state = 'accepted' AND seq > ? AND length(body) > 0"
)

# Everything that is asked for open batches stands in the index: a body's pages are not touched.
INDEX = (
    "CREATE INDEX batch_open ON batch (state, seq, urgent, first, count, body_ms) "
    "WHERE state != 'confirmed' OR body_ms IS NULL"
)

_COLUMNS = "SELECT seq, state, urgent, statement, length(body) FROM batch "

# SQLite uses a partial index only where the query repeats the index's condition or a part of it.
_PENDING = _COLUMNS + "WHERE state != 'confirmed' AND state = ? ORDER BY seq LIMIT ?"

_LAST_URGENT = (
    "SELECT seq FROM batch WHERE state != 'confirmed' AND state = 'sealed' AND urgent "
    "ORDER BY seq DESC LIMIT 1"
)

_OWED = _COLUMNS + "WHERE body_ms IS NULL AND state IN ('accepted', 'confirmed') AND "

_BY_RANK = {
    Rank.URGENT: _OWED + "urgent ORDER BY seq LIMIT ?",
    Rank.NEWEST: _OWED + "NOT urgent AND seq >= ? ORDER BY seq DESC LIMIT ?",
    Rank.BACKLOG: _OWED + "NOT urgent AND seq < ? ORDER BY seq LIMIT ?",
}

_UNSENT = "SELECT COUNT(*), MIN(first), SUM(count) FROM batch WHERE body_ms IS NULL"


def pending(query: Query, state: BatchState, limit: int) -> list[PendingBatch]:
    """See `JournalReader.pending`."""
    return _batches(query(_PENDING, state, limit))


def last_urgent(query: Query) -> int:
    """See `JournalReader.last_urgent`."""
    rows = query(_LAST_URGENT)
    return int(rows[0][0]) if rows else -1


def bodies_owed(query: Query, rank: Rank, newest_from: int, limit: int) -> list[PendingBatch]:
    """See `JournalReader.bodies_owed`."""
    border = () if rank is Rank.URGENT else (newest_from,)
    return _batches(query(_BY_RANK[rank], *border, limit))


@dataclass(frozen=True, slots=True)
class Unsent:
    """The batches whose body no node took: how many, their first record, their records.

    Batches whose statement was not taken either, or was refused, are among them.
    """

    batches: int
    first: int | None
    records: int


def unsent(query: Query) -> Unsent:
    """Return what is in batches whose body no node took."""
    batches, first, records = query(_UNSENT)[0]
    return Unsent(batches, first, records or 0)


def take_statements(
    connection: sqlite3.Connection, seqs: Sequence[int], at_ms: int, *, with_body: bool
) -> None:
    """See `Journal.set_accepted`."""
    sql = (
        "UPDATE batch SET state = 'accepted', accepted_ms = ?, error_code = '', "
        "error_text = '' WHERE seq = ? AND state IN ('sealed', 'refused')"
    )
    connection.executemany(sql, [(at_ms, seq) for seq in seqs])
    if with_body:
        take_bodies(connection, seqs, at_ms)


def take_bodies(connection: sqlite3.Connection, seqs: Sequence[int], at_ms: int) -> None:
    """See `Journal.set_body_taken`."""
    sql = "UPDATE batch SET body_ms = ? WHERE seq = ? AND body_ms IS NULL"
    connection.executemany(sql, [(at_ms, seq) for seq in seqs])


def forget(connection: sqlite3.Connection, after: int) -> None:
    """See `Journal.set_forgotten`."""
    connection.execute(OWE_AGAIN, (after,))
    sql = "UPDATE batch SET state = 'sealed' WHERE state = 'accepted' AND seq > ?"
    connection.execute(sql, (after,))


def _batches(rows: Sequence[Any]) -> list[PendingBatch]:
    return [
        PendingBatch(seq, BatchState(state), bool(urgent), statement, body_bytes)
        for seq, state, urgent, statement, body_bytes in rows
    ]
