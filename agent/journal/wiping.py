"""Leaving nothing of erased records in the database's files.

Under secure_delete SQLite zeroes what it frees. Where it moves rows from page to page, copies stay
in what a page does not use. A page that becomes free is zeroed whole, so the rows around each
erased one are taken out and put back: into other pages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from agent.journal.retention import Query

AROUND = 32
"""Rows taken out on either side. Three rows or four share a page of 1 KiB, and SQLite moves rows
to the next page on either side, so no copy of a row lies further away."""

AT_ONCE = 128
"""Erased rows that are wiped in one transaction: half a megabyte with those around them."""

BUSY_MS = 5000
"""How long SQLite waits for other programs; as sqlite3.connect sets it."""

ZEROS = 1 << 20
"""Bytes of one row of zeros."""


class _Table(NamedTuple):
    """How a table's rows are taken out and put back."""

    rows: str
    delete: str
    insert: str


_TABLES = (
    _Table(
        "SELECT * FROM batch WHERE seq BETWEEN ? AND ?",
        "DELETE FROM batch WHERE seq BETWEEN ? AND ?",
        "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    _Table(
        "SELECT * FROM cut WHERE seq BETWEEN ? AND ?",
        "DELETE FROM cut WHERE seq BETWEEN ? AND ?",
        "INSERT INTO cut VALUES (?, ?, ?)",
    ),
)
_NEXT = "SELECT seq FROM unwiped ORDER BY seq LIMIT ?"
_FILLED = "SELECT 1 FROM meta WHERE name = 'filled'"


def next_unwiped(query: Query) -> list[int]:
    """Return the next batches of which copies may be in the file."""
    return [row[0] for row in query(_NEXT, AT_ONCE)]


def rewrite(connection: sqlite3.Connection, seqs: Sequence[int]) -> None:
    """Put the rows of these batches, and those around them, into other pages."""
    for low, high in _stretches(seqs):
        for table in _TABLES:
            _rewrite(connection, table, low - AROUND, high + AROUND)
    connection.executemany("DELETE FROM unwiped WHERE seq = ?", [(seq,) for seq in seqs])


def _rewrite(connection: sqlite3.Connection, table: _Table, low: int, high: int) -> None:
    rows = connection.execute(table.rows, (low, high)).fetchall()
    connection.execute(table.delete, (low, high))
    connection.executemany(table.insert, rows)


def _stretches(seqs: Sequence[int]) -> list[tuple[int, int]]:
    """Return first and last of those that lie near each other, in order."""
    found: list[tuple[int, int]] = []
    for seq in seqs:
        if found and seq - found[-1][1] <= 2 * AROUND:
            found[-1] = found[-1][0], seq
        else:
            found.append((seq, seq))
    return found


def is_filled(query: Query) -> bool:
    """Tell whether pages that were free before there was a rule are zeroed."""
    return bool(query(_FILLED))


def forget_filled(connection: sqlite3.Connection) -> None:
    """Note that pages become free now as they are."""
    if connection.execute(_FILLED).fetchone():
        connection.execute("DELETE FROM meta WHERE name = 'filled'")


def fill_free(connection: sqlite3.Connection) -> None:
    """Take all free pages, fill them with zeros, and give them back."""
    free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("freelist_count", "page_size")
    )
    connection.execute("CREATE TABLE zeros (zero BLOB NOT NULL)")
    for at in range(0, free * size, ZEROS):
        row = (min(ZEROS, free * size - at),)
        connection.execute("INSERT INTO zeros VALUES (zeroblob(?))", row)
    connection.execute("DROP TABLE zeros")
    connection.execute("INSERT INTO meta VALUES ('filled', 1)")


def cut_log(connection: sqlite3.Connection) -> bool:
    """Copy the log into the database and cut it to nothing; False: a reader is in the way."""
    connection.execute("PRAGMA busy_timeout = 0")  # commits of records wait behind this call
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return not busy
