"""Reading a journal kept in SQLite: by the agent itself, and by the CLI beside it."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from pathlib import Path
from typing import Any

from agent.evidence.errors import EvidenceError
from agent.evidence.leaf import Record
from agent.journal import sqlite_forwarding as forwarding
from agent.journal.journal import (
    BatchRow,
    BatchState,
    Counts,
    JournalDamaged,
    JournalUnavailable,
    PendingBatch,
    Rank,
    SealedBatch,
)

FILE_NAME = "journal.sqlite"
"""The journal's name in the state folder."""

APPLICATION_ID = 0x544C4D4A  # "TLMJ", in the file's header, so that file(1) and we can tell
VERSION = 2

# Codes that mean a damaged file; everything else that SQLite reports is the disk's trouble and
# may pass.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_CODE = 0xFF


def translated(path: Path, error: sqlite3.Error) -> JournalUnavailable | JournalDamaged:
    """Return our error for what SQLite said about the file at `path`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code in _DAMAGE:
        return JournalDamaged(
            f"the journal {path} is damaged: {error}",
            advice="keep the file: tallyman support packs what is needed; "
            "then replace the card and start a new epoch",
        )
    advice = {
        sqlite3.SQLITE_FULL: "free space on this disk",
        sqlite3.SQLITE_READONLY: "the disk is read-only: look at dmesg, then replace the card",
        sqlite3.SQLITE_IOERR: "the card or disk fails or is full: look at dmesg and df",
    }.get(code, "look at dmesg and at the disk's health")
    return JournalUnavailable(f"the journal {path} cannot be used: {error}", advice=advice)


class SqliteReader:
    """See `JournalReader`. Use it in the thread that made it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def _query(self, sql: str, *args: object) -> list[Any]:
        try:
            cursor = self._connection.execute(sql, args)
            cursor.row_factory = sqlite3.Row
            return cursor.fetchall()
        except sqlite3.Error as error:
            raise translated(self._path, error) from error

    def _first(self, sql: str, *args: object) -> Any:
        rows = self._query(sql, *args)
        return rows[0] if rows else None

    def count(self) -> int:
        """See `JournalReader.count`."""
        row = self._first("SELECT number FROM record ORDER BY number DESC LIMIT 1")
        return row[0] + 1 if row else 0

    def last(self) -> Record | None:
        """See `JournalReader.last`."""
        row = self._first("SELECT leaf FROM record ORDER BY number DESC LIMIT 1")
        return self._decoded(row[0]) if row else None

    def records(self, first: int, limit: int) -> list[Record]:
        """See `JournalReader.records`."""
        return [self._decoded(leaf) for leaf in self.leaves(first, limit)]

    def leaves(self, first: int, count: int) -> list[bytes]:
        """See `JournalReader.leaves`."""
        sql = "SELECT leaf FROM record WHERE number >= ? AND number < ? ORDER BY number"
        return [row[0] for row in self._query(sql, first, first + count)]

    def _decoded(self, leaf: bytes) -> Record:
        try:
            return Record.from_bytes(leaf)
        except EvidenceError as error:
            raise JournalDamaged(f"the journal {self._path} holds no record: {error}") from error

    def sealed_upto(self) -> int:
        """See `JournalReader.sealed_upto`."""
        row = self._first("SELECT first + count FROM batch ORDER BY seq DESC LIMIT 1")
        return row[0] if row else 0

    def head(self) -> SealedBatch | None:
        """See `JournalReader.head`."""
        row = self._first("SELECT * FROM batch ORDER BY seq DESC LIMIT 1")
        return _sealed(row) if row else None

    def batch(self, seq: int) -> BatchRow:
        """See `JournalReader.batch`."""
        rows = self.batches(seq, seq)
        if not rows:
            raise KeyError(seq)
        return rows[0]

    def batches(self, first: int, last: int) -> list[BatchRow]:
        """See `JournalReader.batches`."""
        sql = "SELECT * FROM batch WHERE seq BETWEEN ? AND ? ORDER BY seq"
        return [_row(row) for row in self._query(sql, first, last)]

    def batch_of(self, number: int) -> BatchRow | None:
        """See `JournalReader.batch_of`."""
        sql = "SELECT * FROM batch WHERE first <= ? ORDER BY first DESC LIMIT 1"
        row = self._first(sql, number)
        if row is None:
            return None
        found = _row(row)
        return found if number < found.batch.first + found.batch.count else None

    def pending(self, state: BatchState, limit: int) -> list[PendingBatch]:
        """See `JournalReader.pending`."""
        return forwarding.pending(self._query, state, limit)

    def last_urgent(self) -> int:
        """See `JournalReader.last_urgent`."""
        return forwarding.last_urgent(self._query)

    def bodies_owed(self, rank: Rank, newest_from: int, limit: int) -> list[PendingBatch]:
        """See `JournalReader.bodies_owed`."""
        return forwarding.bodies_owed(self._query, rank, newest_from, limit)

    def checkpoint(self, size: int) -> bytes:
        """See `JournalReader.checkpoint`."""
        row = self._first("SELECT note FROM checkpoint WHERE size = ?", size)
        if row is None:
            raise KeyError(size)
        note: bytes = row[0]
        return note

    def counts(self) -> Counts:
        """See `JournalReader.counts`."""
        records, upto = self.count(), self.sealed_upto()
        # Only open batches are counted row by row (a partial index holds them); seqs have no holes.
        sql = (
            "SELECT state, COUNT(*), MIN(first) FROM batch "
            "WHERE state != 'confirmed' GROUP BY state"
        )
        by_state = {row[0]: tuple(row)[1:] for row in self._query(sql)}
        number = {state: by_state.get(state, (0,))[0] for state in BatchState}
        owed, oldest, owed_records = forwarding.unsent(self._query)
        newest = self._first("SELECT seq FROM batch ORDER BY seq DESC LIMIT 1")
        batches = newest[0] + 1 if newest else 0
        return Counts(
            records=records,
            unsealed=records - upto,
            sealed=number[BatchState.SEALED],
            accepted=number[BatchState.ACCEPTED],
            confirmed=batches - sum(number.values()),
            refused=number[BatchState.REFUSED],
            bodies_owed=owed,
            unsent_records=records - upto + owed_records,
            oldest_unsent_ms=self._wall_ms(upto if oldest is None else oldest),
            confirmed_upto=min([upto, *(first for _, first in by_state.values())]),
            disk_bytes=self._disk_bytes(),
        )

    def _wall_ms(self, number: int) -> int | None:
        records = self.records(number, 1)
        return records[0].wall_ms if records else None

    def _disk_bytes(self) -> int:
        files = (self._path, *(Path(f"{self._path}{end}") for end in ("-wal", "-shm")))
        return sum(_size(file) for file in files)

    def close(self) -> None:
        """See `JournalReader.close`."""
        self._connection.close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # SQLite removes its side files when the last user leaves


def _sealed(row: sqlite3.Row) -> SealedBatch:
    plain = {field.name: row[field.name] for field in fields(SealedBatch)}
    return SealedBatch(**{**plain, "urgent": bool(row["urgent"])})


def _row(row: sqlite3.Row) -> BatchRow:
    return BatchRow(
        batch=_sealed(row),
        state=BatchState(row["state"]),
        accepted_ms=row["accepted_ms"],
        body_ms=row["body_ms"],
        confirmed_ms=row["confirmed_ms"],
        entry_index=row["entry_index"],
        receipt=row["receipt"],
        checkpoint_size=row["checkpoint_size"],
        error_code=row["error_code"],
        error_text=row["error_text"],
    )


def check_format(connection: sqlite3.Connection, path: Path) -> bool:
    """Return False for an empty file, True for a journal of ours; else raise JournalDamaged."""
    found = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if found == (0, 0) and not _tables(connection):
        return False
    if found == (APPLICATION_ID, VERSION):
        return True
    what = "of another version" if found[0] == APPLICATION_ID else "no journal of Tallyman"
    raise JournalDamaged(
        f"{path} is {what}", advice="correct [gateway] state_dir, or move that file away"
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is not None


def open_reader(path: Path) -> SqliteReader:
    """Open an existing journal for reading only, beside a running agent or without one.

    FileNotFoundError when there is none; JournalUnavailable when it may not be read.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        connection = sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True)
        try:
            readable = check_format(connection, path)
        except (sqlite3.Error, JournalDamaged):
            connection.close()
            raise
    except sqlite3.Error as error:
        raise translated(path, error) from error
    if not readable:
        connection.close()
        raise JournalDamaged(f"{path} is empty: no agent has written there yet")
    return SqliteReader(connection, path)


def _quoted(path: Path) -> str:
    """Return the path for a file: URI (RFC 3986), where ?, # and % have a meaning."""
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
