"""The journal in SQLite: write-ahead log, synchronous FULL, one transaction and flush a commit.

After a failed write the connection is closed and the next call opens the file anew: recovery is
SQLite's normal opening, never a guess about what the failed call left behind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from agent.evidence.leaf import Record
from agent.journal import sqlite_forwarding as forwarding
from agent.journal.journal import (
    Confirmation,
    JournalDamaged,
    JournalUnavailable,
    OutOfOrder,
    SealedBatch,
)
from agent.journal.sqlite_reader import (
    APPLICATION_ID,
    VERSION,
    SqliteReader,
    check_format,
    translated,
)

CACHE_KIB = 512  # the tail of one table is all that is ever hot; SQLite's default is 2 MiB

# Small columns stand before the blobs: reading a batch's state must not walk its body's pages.
_SCHEMA = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE record (number INTEGER PRIMARY KEY, leaf BLOB NOT NULL)",
    (
        "CREATE TABLE batch (seq INTEGER PRIMARY KEY, epoch BLOB NOT NULL, first INTEGER NOT NULL, "
        "count INTEGER NOT NULL, urgent INTEGER NOT NULL, state TEXT NOT NULL, "
        "accepted_ms INTEGER, body_ms INTEGER, confirmed_ms INTEGER, entry_index INTEGER, "
        "checkpoint_size INTEGER, "
        "error_code TEXT NOT NULL DEFAULT '', error_text TEXT NOT NULL DEFAULT '', "
        "seed BLOB NOT NULL, statement BLOB NOT NULL, body BLOB NOT NULL, receipt BLOB)"
    ),
    "CREATE UNIQUE INDEX batch_first ON batch (first)",
    forwarding.INDEX,
    "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note BLOB NOT NULL)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)

Connect = Callable[[Path], sqlite3.Connection]


def connect(path: Path) -> sqlite3.Connection:
    """Open the database for writing, with the durability that a journal promises."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        _prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA trusted_schema = OFF")


class SqliteJournal(SqliteReader):
    """See `Journal`. Make it and use it in one thread."""

    def __init__(self, path: Path, epoch: bytes, connect: Connect = connect) -> None:
        """Open or create the journal of `epoch`; JournalDamaged when it is another's."""
        self._epoch = epoch
        self._connect = connect
        self._broken = False
        super().__init__(self._open(path), path)

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            connection = self._connect(path)
            try:
                self._check_or_create(connection, path)
            except (sqlite3.Error, JournalDamaged):
                connection.close()
                raise
        except sqlite3.Error as error:
            raise translated(path, error) from error
        return connection

    def _check_or_create(self, connection: sqlite3.Connection, path: Path) -> None:
        if not check_format(connection, path):
            connection.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('epoch', ?)", (self._epoch,))
            connection.execute("COMMIT")
        epoch = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
        if epoch != self._epoch:
            raise JournalDamaged(
                f"{path} belongs to epoch {epoch.hex()}, not to {self._epoch.hex()}",
                advice="identity and journal of two gateways were mixed: restore both from one",
            )

    def _query(self, sql: str, *args: object) -> list[Any]:
        self._mend()
        return super()._query(sql, *args)

    def _mend(self) -> None:
        if self._broken:
            self._connection = self._open(self._path)
            self._broken = False

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run `work` in one transaction; durable on return, to be asked again on any error."""
        self._mend()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                work(self._connection)
                self._connection.execute("COMMIT")
            except OutOfOrder:
                self._connection.execute("ROLLBACK")
                raise
        except (sqlite3.Error, JournalUnavailable, JournalDamaged) as error:
            self._broken = True
            with suppress(sqlite3.Error):
                self._connection.close()
            if isinstance(error, sqlite3.Error):
                raise translated(self._path, error) from error
            raise

    def next_number(self) -> int:
        """See `Journal.next_number`."""
        return self.count()

    def commit(self, records: Sequence[Record]) -> None:
        """See `Journal.commit`."""
        rows = [(record.number, record.to_bytes()) for record in records]
        if not rows:
            return
        if [number for number, _ in rows] != list(range(rows[0][0], rows[0][0] + len(rows))):
            raise OutOfOrder(f"records from {rows[0][0]} on are not consecutive")
        self._write(lambda connection: self._insert(connection, rows))

    def _insert(self, connection: sqlite3.Connection, rows: list[tuple[int, bytes]]) -> None:
        upto = self.count()
        first = rows[0][0]
        known = self.leaves(first, upto - first) if first < upto else []
        if first > upto or known != [leaf for _, leaf in rows[: len(known)]]:
            raise OutOfOrder(f"record {first} does not follow the {upto} records in the journal")
        connection.executemany("INSERT INTO record VALUES (?, ?)", rows[len(known) :])

    def seal(self, batch: SealedBatch) -> None:
        """See `Journal.seal`."""
        self._write(lambda connection: self._insert_batch(connection, batch))

    def _insert_batch(self, connection: sqlite3.Connection, batch: SealedBatch) -> None:
        head = self.head()
        if head == batch:
            return
        follows = head.seq + 1 if head else 0
        upto = head.first + head.count if head else 0
        if (batch.epoch, batch.seq, batch.first) != (self._epoch, follows, upto):
            raise OutOfOrder(
                f"batch {batch.seq} from record {batch.first} does not follow: "
                f"batch {follows} must start at record {upto}"
            )
        if not 0 < batch.count <= self.count() - upto:
            raise OutOfOrder(f"batch {batch.seq} of {batch.count} records seals what is not there")
        connection.execute(
            "INSERT INTO batch (epoch, seq, first, count, seed, statement, body, urgent, state) "
            "VALUES (:epoch, :seq, :first, :count, :seed, :statement, :body, :urgent, 'sealed')",
            {field.name: getattr(batch, field.name) for field in fields(batch)},
        )

    def set_accepted(self, seqs: Sequence[int], at_ms: int, *, with_body: bool = True) -> None:
        """See `Journal.set_accepted`."""
        take = forwarding.take_statements
        self._write(lambda connection: take(connection, seqs, at_ms, with_body=with_body))

    def set_body_taken(self, seqs: Sequence[int], at_ms: int) -> None:
        """See `Journal.set_body_taken`."""
        self._write(lambda connection: forwarding.take_bodies(connection, seqs, at_ms))

    def set_forgotten(self, after: int) -> None:
        """See `Journal.set_forgotten`."""
        self._write(lambda connection: forwarding.forget(connection, after))

    def set_confirmed(
        self, confirmations: Sequence[Confirmation], checkpoint: bytes, at_ms: int
    ) -> None:
        """See `Journal.set_confirmed`."""
        sql = (
            "UPDATE batch SET state = 'confirmed', accepted_ms = coalesce(accepted_ms, ?1), "
            "confirmed_ms = ?1, entry_index = ?2, receipt = ?3, checkpoint_size = ?4, "
            "error_code = '', error_text = '' WHERE seq = ?5"
        )
        rows = [(at_ms, c.entry_index, c.receipt, c.checkpoint_size, c.seq) for c in confirmations]
        notes = [(size, checkpoint) for size in sorted({c.checkpoint_size for c in confirmations})]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", notes)
            connection.executemany(sql, rows)

        self._write(work)

    def set_refused(self, seq: int, code: str, text: str) -> None:
        """See `Journal.set_refused`."""
        sql = (
            "UPDATE batch SET state = 'refused', error_code = ?, error_text = ? "
            "WHERE seq = ? AND state != 'confirmed'"
        )

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(sql, (code, text, seq))

        self._write(work)

    def close(self) -> None:
        """See `JournalReader.close`."""
        with suppress(sqlite3.Error):
            self._connection.close()
