"""What several logs say of the same batches: how far each of them got, and the receipts it gave.

These tables are made where the policy names several logs; a gateway with one log never has them.
A batch is confirmed when so many logs vouch for it as the policy asks for. Logs that were caught
forking, or that the policy no longer names, keep their receipts here and count no more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from typing import Any

from agent.journal.journal import BatchState, Confirmation, PendingBatch, Proof
from agent.journal.sqlite_forwarding import OWE_AGAIN, Query, take_statements
from evidence import cbor

Write = Callable[[Callable[[sqlite3.Connection], None]], None]

_SCHEMA = (
    # `sent`: the log has all statements up to this one; below `proven` it has given all receipts.
    (
        "CREATE TABLE IF NOT EXISTS log (origin TEXT PRIMARY KEY, sent INTEGER NOT NULL, "
        "proven INTEGER NOT NULL, counts INTEGER NOT NULL) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS voucher (seq INTEGER NOT NULL, origin TEXT NOT NULL, "
        "entry_index INTEGER NOT NULL, size INTEGER NOT NULL, receipt BLOB NOT NULL, "
        "PRIMARY KEY (seq, origin)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS log_checkpoint (origin TEXT NOT NULL, size INTEGER NOT NULL, "
        "note BLOB NOT NULL, PRIMARY KEY (origin, size)) WITHOUT ROWID"
    ),
)

# Receipts from when there was one log alone: which of them are this log's, they say themselves.
_ADOPT = (
    "INSERT OR IGNORE INTO voucher SELECT seq, ?1, entry_index, checkpoint_size, receipt "
    "FROM batch WHERE receipt IS NOT NULL AND instr(receipt, ?2)"
)
_ADOPT_NOTES = (
    "INSERT OR IGNORE INTO log_checkpoint SELECT ?1, size, note FROM checkpoint "
    "WHERE instr(note, ?2) = 1"
)

_UNSENT = (
    "SELECT seq, urgent, statement, length(body) FROM batch "
    "WHERE seq > (SELECT sent FROM log WHERE origin = ?1) AND NOT EXISTS "
    "(SELECT 1 FROM voucher WHERE voucher.seq = batch.seq AND origin = ?1) ORDER BY seq LIMIT ?2"
)
_UNPROVEN = (
    "SELECT seq, urgent, statement, length(body) FROM batch "
    "WHERE seq >= (SELECT proven FROM log WHERE origin = ?1) "
    "AND seq <= (SELECT sent FROM log WHERE origin = ?1) AND NOT EXISTS "
    "(SELECT 1 FROM voucher WHERE voucher.seq = batch.seq AND origin = ?1) ORDER BY seq LIMIT ?2"
)
_LAST_URGENT = (
    "SELECT MAX(seq) FROM batch WHERE urgent AND seq > (SELECT sent FROM log WHERE origin = ?)"
)
_ADVANCE = (
    "UPDATE log SET proven = coalesce((SELECT seq FROM batch WHERE seq >= log.proven AND NOT "
    "EXISTS (SELECT 1 FROM voucher WHERE voucher.seq = batch.seq AND origin = ?1) "
    "ORDER BY seq LIMIT 1), (SELECT MAX(seq) + 1 FROM batch), 0) WHERE origin = ?1"
)

_CONFIRM = (
    "UPDATE batch SET state = 'confirmed', accepted_ms = coalesce(accepted_ms, ?1), "
    "confirmed_ms = ?1, error_code = '', error_text = '' "
    "WHERE seq = ?3 AND state != 'confirmed' AND (SELECT COUNT(*) FROM voucher "
    "JOIN log USING (origin) WHERE log.counts AND voucher.seq = batch.seq) >= ?2"
)
_CONFIRM_ALL = (
    "UPDATE batch SET state = 'confirmed', confirmed_ms = ?1 "
    "WHERE state = 'accepted' AND (SELECT COUNT(*) FROM voucher "
    "JOIN log USING (origin) WHERE log.counts AND voucher.seq = batch.seq) >= ?2"
)
_DOUBT = (
    "UPDATE batch SET state = 'accepted', confirmed_ms = NULL "
    "WHERE state = 'confirmed' AND (SELECT COUNT(*) FROM voucher "
    "JOIN log USING (origin) WHERE log.counts AND voucher.seq = batch.seq) < ?"
)
_PROOFS = (
    "SELECT receipt, note FROM voucher JOIN log_checkpoint USING (origin, size) "
    "WHERE seq = ? ORDER BY origin"
)
_RULE = "SELECT value FROM meta WHERE name = 'logs'"


def proofs(query: Query, seq: int) -> list[Proof]:
    """Return what the logs vouch with for statement `seq`; empty without these tables."""
    if not query("SELECT 1 FROM sqlite_schema WHERE name = 'voucher'"):
        return []
    return [Proof(*row) for row in query(_PROOFS, seq)]


class Vouchers:
    """Moves the states of batches that several logs vouch for; `threshold` of them confirm.

    Methods block, as a journal's do, and each that writes is one transaction.
    """

    def __init__(self, query: Query, write: Write, threshold: int) -> None:
        self._query = query
        self._write = write
        self._threshold = threshold

    def begin(self, origins: Collection[str], counting: Collection[str], at_ms: int) -> None:
        """Keep books for these logs; receipts from when one was alone are taken over."""

        def work(connection: sqlite3.Connection) -> None:
            for statement in _SCHEMA:
                connection.execute(statement)
            alone = connection.execute(_RULE).fetchone() is None
            known = {row[0] for row in connection.execute("SELECT origin FROM log")}
            for origin in sorted(set(origins) - known):
                connection.execute("INSERT INTO log VALUES (?, -1, 0, 0)", (origin,))
            for origin in origins if alone else ():
                connection.execute(_ADOPT, (origin, cbor.encode(origin)))
                connection.execute(_ADOPT_NOTES, (origin, f"{origin}\n".encode()))
            self._count(connection, counting, at_ms)

        self._write(work)

    def end(self) -> None:
        """Note that one log alone is followed from now on; these books stay."""
        if self._query(_RULE):
            self._write(_drop_rule)

    def count(self, origins: Collection[str], at_ms: int) -> None:
        """Let these logs count and no others; what is confirmed follows, when that is new."""
        rows = self._query("SELECT origin FROM log WHERE counts")
        if {row[0] for row in rows} != set(origins):
            self._write(lambda connection: self._count(connection, origins, at_ms))

    def _count(self, connection: sqlite3.Connection, origins: Collection[str], at_ms: int) -> None:
        rule = cbor.encode((self._threshold, tuple(sorted(origins))))
        before = connection.execute(_RULE).fetchone()
        if before is not None and before[0] == rule:
            return
        connection.execute("UPDATE log SET counts = 0")
        sql = "UPDATE log SET counts = 1 WHERE origin = ?"
        connection.executemany(sql, [(origin,) for origin in origins])
        connection.execute(_DOUBT, (self._threshold,))
        connection.execute(_CONFIRM_ALL, (at_ms, self._threshold))
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('logs', ?)", (rule,))

    def sent(self, origin: str) -> int:
        """Return the seq up to which the log has all statements; -1: none."""
        return int(self._query("SELECT sent FROM log WHERE origin = ?", origin)[0][0])

    def unsent(self, origin: str, limit: int) -> list[PendingBatch]:
        """Return the first batches whose statement the log has not, in order of seq."""
        return _pending(self._query(_UNSENT, origin, limit), BatchState.SEALED)

    def unproven(self, origin: str, limit: int) -> list[PendingBatch]:
        """Return the first batches that the log has and gave no receipt for, in order of seq."""
        return _pending(self._query(_UNPROVEN, origin, limit), BatchState.ACCEPTED)

    def last_urgent(self, origin: str) -> int:
        """Return the seq of the last urgent batch that the log has not; -1: none."""
        last = self._query(_LAST_URGENT, origin)[0][0]
        return -1 if last is None else int(last)

    def proofs(self, seq: int) -> list[Proof]:
        """Return what the logs vouch with for statement `seq`."""
        return proofs(self._query, seq)

    def vouched(self, origin: str, seq: int) -> bool:
        """Tell whether a log vouches for statement `seq`."""
        sql = "SELECT 1 FROM voucher WHERE seq = ? AND origin = ?"
        return bool(self._query(sql, seq, origin))

    def enough(self, seq: int) -> bool:
        """Tell whether so many logs vouch for statement `seq` as must."""
        sql = "SELECT COUNT(*) FROM voucher JOIN log USING (origin) WHERE log.counts AND seq = ?"
        return bool(self._query(sql, seq)[0][0] >= self._threshold)

    def accepted(self, origin: str, seqs: Sequence[int], at_ms: int, *, with_body: bool) -> None:
        """Note that the log has these statements, and their bodies where they went along."""

        def work(connection: sqlite3.Connection) -> None:
            sql = "UPDATE log SET sent = max(sent, ?) WHERE origin = ?"
            connection.execute(sql, (max(seqs), origin))
            take_statements(connection, seqs, at_ms, with_body=with_body)

        self._write(work)

    def forgotten(self, origin: str, after: int, *, with_bodies: bool) -> None:
        """Note that the log has lost what it accepted behind `after`; receipts stay.

        `with_bodies`: their bodies had gone there, too.
        """

        def work(connection: sqlite3.Connection) -> None:
            sql = "UPDATE log SET sent = ? WHERE origin = ?"
            connection.execute(sql, (after, origin))
            if with_bodies:
                connection.execute(OWE_AGAIN, (after,))

        if self.sent(origin) > after:
            self._write(work)

    def vouch(
        self, origin: str, confirmations: Sequence[Confirmation], note: bytes, at_ms: int
    ) -> None:
        """Keep receipts that were checked under one checkpoint, and confirm what has enough."""
        rows = [(c.seq, origin, c.entry_index, c.checkpoint_size, c.receipt) for c in confirmations]
        sizes = sorted({c.checkpoint_size for c in confirmations})

        def work(connection: sqlite3.Connection) -> None:
            sql = "INSERT OR REPLACE INTO log_checkpoint VALUES (?, ?, ?)"
            connection.executemany(sql, [(origin, size, note) for size in sizes])
            connection.executemany("INSERT OR REPLACE INTO voucher VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute(_ADVANCE, (origin,))
            asked = [(at_ms, self._threshold, row[0]) for row in rows]
            connection.executemany(_CONFIRM, asked)

        self._write(work)


def _drop_rule(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM meta WHERE name = 'logs'")


def _pending(rows: Sequence[Any], state: BatchState) -> list[PendingBatch]:
    return [
        PendingBatch(seq, state, bool(urgent), statement, body_bytes)
        for seq, urgent, statement, body_bytes in rows
    ]
