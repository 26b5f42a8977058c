"""What may go when the archive has reached its bytes, and in which order.

A body may go when its batch is confirmed and a node has signed for having the body: telemetry
first, oldest first, then alarms and custody events. Its row stays, with statement, receipt and
custody receipt: what the body was can be proven by whoever has a copy. Nothing unsent or
unconfirmed ever goes. The database keeps freed pages for the next batches, so a full disk is no
hindrance once something may go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evidence.leaf import SEED_BYTES
from foundation.dataclass import dataclass

Query = Callable[..., list[Any]]

UNLIMITED = 1 << 62

SCHEMA = (
    (
        "CREATE TABLE IF NOT EXISTS custody (seq INTEGER PRIMARY KEY, receipt BLOB NOT NULL, "
        "pruned INTEGER NOT NULL DEFAULT 0)"
    ),
    "CREATE INDEX IF NOT EXISTS custody_kept ON custody (seq) WHERE NOT pruned",
)

NO_SEED = bytes(SEED_BYTES)
"""Stands in the place of a seed that has gone with its body; a declared gap has an empty one."""

AT_ONCE = 64
"""Bodies that go in one transaction: 100 kB or so, which bounds its time and its log."""

# The newest batch stays whole: the next statement and the last record are read from it.
_MAY_GO = (
    "SELECT c.seq FROM custody AS c JOIN batch AS b ON b.seq = c.seq "
    "WHERE NOT c.pruned AND b.state = 'confirmed' AND b.seq < (SELECT MAX(seq) FROM batch) "
    "AND b.urgent = ? ORDER BY c.seq LIMIT ?"
)


# Below this seq every batch is in custody: the search for others never reads the archive from its
# beginning, whose rows lie on as many pages as there are batches.
_UPTO = "SELECT value FROM meta WHERE name = 'custody'"
_FIRST_OWED = (
    "SELECT coalesce((SELECT b.seq FROM batch AS b WHERE b.seq >= ?1 AND NOT EXISTS "
    "(SELECT 1 FROM custody AS c WHERE c.seq = b.seq) ORDER BY b.seq LIMIT 1), "
    "(SELECT MAX(seq) + 1 FROM batch), 0)"
)
_OWED = (
    "SELECT b.seq FROM batch AS b WHERE b.seq >= ? AND b.state = 'confirmed' "
    "AND b.body_ms IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM custody AS c WHERE c.seq = b.seq) ORDER BY b.seq LIMIT ?"
)


HAS_CUTS = "SELECT 1 FROM sqlite_schema WHERE name = 'cut'"
"""Yields a row where there ever was a rule by which records go."""

_BODIES = (
    "SELECT b.seq, b.first, b.count, b.statement, length(b.body) > 0, b.body_ms IS NOT NULL, "
    "c.receipt, {erased} FROM batch AS b LEFT JOIN custody AS c ON c.seq = b.seq {cuts}"
    "WHERE b.seq BETWEEN ? AND ? AND length(b.seed) > 0 ORDER BY b.seq"
)
_WITH_CUTS = _BODIES.format(
    erased="b.count - cut.remaining", cuts="LEFT JOIN cut ON cut.seq = b.seq "
)
_WITHOUT_CUTS = _BODIES.format(erased="NULL", cuts="")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of the archive: `archive` for everything, and `alarms` beyond that for urgent batches.

    They count pages in use; the log of SQLite and the ring come on top.
    """

    archive: int = UNLIMITED
    alarms: int = 0

    def allows(self, used: int, *, urgent: bool) -> bool:
        """Tell whether another batch may be stored."""
        return used < self.archive + (self.alarms if urgent else 0)


NO_LIMITS = Limits()


def used_bytes(query: Query) -> int:
    """Return how many bytes of the database are in use."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (query(f"PRAGMA {name}")[0][0] for name in names)
    return int((pages - free) * size)


def may_go(query: Query) -> list[int]:
    """Return the seqs of the next bodies that may go; none when nothing may."""
    rows = query(_MAY_GO, 0, AT_ONCE) or query(_MAY_GO, 1, AT_ONCE)
    return [row[0] for row in rows]


def prune(connection: sqlite3.Connection, seqs: Sequence[int]) -> None:
    """Let these bodies go."""
    rows = [(seq,) for seq in seqs]
    sql = "UPDATE batch SET body = x'', seed = ? WHERE seq = ?"
    connection.executemany(sql, [(NO_SEED, seq) for seq in seqs])
    connection.executemany("UPDATE custody SET pruned = 1 WHERE seq = ?", rows)
    if connection.execute(HAS_CUTS).fetchone():
        connection.executemany("DELETE FROM cut WHERE seq = ?", rows)


def keep_custody(connection: sqlite3.Connection, receipts: Mapping[int, bytes]) -> None:
    """See `Journal.set_custody`; the first receipt for a body is kept."""
    sql = "INSERT OR IGNORE INTO custody (seq, receipt) SELECT seq, ? FROM batch WHERE seq = ?"
    connection.executemany(sql, [(receipt, seq) for seq, receipt in receipts.items()])
    upto = _upto(connection.execute(_UPTO).fetchall())
    (first,) = connection.execute(_FIRST_OWED, (upto,)).fetchone()
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('custody', ?)", (first,))


def custody_owed(query: Query, after: int, limit: int) -> list[int]:
    """See `JournalReader.custody_owed`."""
    start = max(after + 1, _upto(query(_UPTO)))
    return [row[0] for row in query(_OWED, start, limit)]


@dataclass(frozen=True, slots=True)
class BodyRow:
    """Where a batch's body is: `here`, `taken` by a node, and signed for in `receipt`.

    `erased` are its records that went by a rule; then the others alone are `here`.
    """

    seq: int
    first: int
    count: int
    statement: bytes
    here: bool
    taken: bool
    receipt: bytes | None
    erased: int = 0


def bodies(query: Query, first: int, last: int, *, cuts: bool) -> list[BodyRow]:
    """Return where the bodies of batches `first` to `last` are, in their order; gaps have none."""
    sql = _WITH_CUTS if cuts else _WITHOUT_CUTS
    return [_body_row(*row) for row in query(sql, first, last)]


def _body_row(  # one parameter a column
    seq: int,
    first: int,
    count: int,
    statement: bytes,
    whole: int,
    taken: int,
    receipt: bytes | None,
    erased: int | None,
) -> BodyRow:
    here = bool(whole) or erased is not None
    return BodyRow(seq, first, count, statement, here, bool(taken), receipt, erased or 0)


def _upto(rows: Sequence[Any]) -> int:
    """Return the seq below which every batch is in custody."""
    return int(rows[0][0]) if rows else 0
