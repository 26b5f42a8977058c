"""Erasing records by a rule, after so many days: what is due, what is cut, and what that leaves.

A batch is cut where it is confirmed and a node has signed for its body, as for retention: until
then the gateway has the only copy that can be proven whole, and the batch is overdue. So it is
until a node has signed at a time when it was due (`erasure_due.py`): one wrong clock erases
nothing. Of a cut batch the seed goes, too (`evidence/cut_body.py`), and statement and proofs stay.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.journal import erasure_book
from agent.journal.erasure_due import Due
from agent.journal.erasure_rule import Rule
from agent.journal.retention import NO_SEED, Query, prune
from evidence.cut_body import CutBody, Stays, cut_body, parse_cut_body
from evidence.errors import EvidenceError
from evidence.leaf import Record
from evidence.statement import Batch, parse_statement

AT_ONCE = 4
"""Batches that are cut in one transaction. One of 256 records takes a PC 8 ms, and a small board
much longer: meanwhile records wait to be committed."""

_BATCHES = (
    "SELECT b.seq, b.statement, b.body, cut.rest, b.state = 'confirmed' AND EXISTS "
    "(SELECT 1 FROM custody AS c WHERE c.seq = b.seq) AS free FROM batch AS b "
    "LEFT JOIN cut USING (seq) WHERE length(b.seed) > 0 AND {those} ORDER BY b.seq LIMIT ?"
)
_NEXT = _BATCHES.format(those="b.seq >= ? AND b.seq < ?")
_FREE_NOW = _BATCHES.format(those="b.seq IN (SELECT seq FROM overdue WHERE what = ?) AND free")
_LOOKED_AT = (
    "SELECT first FROM batch WHERE seq = (SELECT MAX(value) FROM meta WHERE name GLOB 'erased *')"
)


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes of one batch: the records that go, and what is left, as it is stored.

    `rest` is None where it stays as it is, and where nothing of it was `here` any more. `free`: it
    may be cut now. `damaged`: nobody can read it any more.
    """

    seq: int
    free: bool
    here: bool
    gone: tuple[Record, ...] = ()
    rest: bytes | None = None
    remaining: int = 0
    damaged: bool = False

    @property
    def wipes(self) -> bool:
        """Whether copies of what is no longer here may be in the file."""
        return self.rest is not None or self.damaged or not self.here


def next_seq(query: Query, what: str) -> int:
    """Return the first batch that no erasure of this rule has looked at."""
    rows = query("SELECT value FROM meta WHERE name = ?", _pointer(what))
    return int(rows[0][0]) if rows else 0


def erased_upto(query: Query) -> int:
    """Return the number behind the last record that any rule has looked at."""
    rows = query(_LOOKED_AT)  # the newest batch is never looked at: there is one behind
    return int(rows[0][0]) if rows else 0


def _pointer(what: str) -> str:
    return f"erased {what}"


def next_cuts(query: Query, rule: Rule, start: int, upto: int, due: Due) -> list[Cut]:
    """Return what becomes of the next due batches; empty: there are no more.

    First those that were overdue and no longer are, then those from `start` to before `upto`. Of
    one that was overdue it is asked again whether it is due: rule and clock may have changed.
    """
    freed = query(_FREE_NOW, rule.what, AT_ONCE)
    sure = due.surely_upto(query, freed[0][0]) if freed else 0
    if cuts := [_cut(row, rule) for row in freed if row[0] < sure]:
        return cuts
    rows = query(_NEXT, start, upto, AT_ONCE)
    sure = due.surely_upto(query, start)
    return [_cut(row, rule, sure=row[0] < sure) for row in rows]


def _cut(row: Any, rule: Rule, *, sure: bool = True) -> Cut:
    seq, encoded, body, rest, free = row
    cut = Cut(seq, bool(free) and sure, here=bool(body) or rest is not None)
    gone: list[Record] = []

    def stays(leaf: bytes) -> bool:
        record = Record.from_bytes(leaf)
        if record.kind in rule.kinds:
            gone.append(record)
            return False
        return True

    try:
        left = _left(parse_statement(encoded).batch, body, rest, stays)
        if left is None:
            return cut
        return replace(cut, gone=tuple(gone), rest=left.to_bytes(), remaining=len(left.left))
    except EvidenceError:
        return replace(cut, damaged=True)


def _left(batch: Batch, body: bytes, rest: bytes | None, stays: Stays) -> CutBody | None:
    """Return what is left of a batch; None: as much as before."""
    if body:
        return cut_body(body, batch, stays)
    if rest is None:
        return None
    before = parse_cut_body(rest)
    before.check(batch)
    after = before.only(batch, stays)
    return None if after is before else after


@dataclass(frozen=True, slots=True)
class Round:
    """A part of an erasure: `cuts` up to before batch `upto`, at `at_ms`; the journal has so many
    `records` then.
    """

    cuts: Sequence[Cut]
    upto: int
    at_ms: int
    records: int

    @property
    def numbers(self) -> list[int]:
        """The numbers of the records that go."""
        return [record.number for cut in self.cuts if cut.free for record in cut.gone]


def erase(connection: sqlite3.Connection, rule: Rule, part: Round) -> None:
    """Cut these batches, and note what went."""
    overdue = [cut for cut in part.cuts if not cut.free and cut.wipes]
    done = [cut for cut in part.cuts if cut.free]
    for cut in done:
        _store(connection, cut)
    prune(connection, [cut.seq for cut in done if cut.damaged])  # the node signed for its body
    waits, goes = ([(cut.seq, rule.what) for cut in cuts] for cuts in (overdue, done))
    connection.executemany("INSERT OR IGNORE INTO overdue VALUES (?, ?)", waits)
    connection.executemany("DELETE FROM overdue WHERE seq = ? AND what = ?", goes)
    pointer = _pointer(rule.what), part.upto
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", pointer)
    if part.numbers:
        erasure_book.note(connection, rule, part.numbers, part.at_ms, part.records)


def _store(connection: sqlite3.Connection, cut: Cut) -> None:
    if cut.rest is not None:
        row = (cut.seq, cut.remaining, cut.rest)
        connection.execute("INSERT OR REPLACE INTO cut VALUES (?, ?, ?)", row)
        sql = "UPDATE batch SET body = x'', seed = ? WHERE seq = ?"
        connection.execute(sql, (NO_SEED, cut.seq))
    if cut.wipes:
        connection.execute("INSERT OR IGNORE INTO unwiped VALUES (?)", (cut.seq,))
