"""The store in one SQLite file: the default, up to what one machine holds."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from agent.errors import Fatal
from ledger import intake, sqlite_schema
from ledger import sqlite_rows as rows
from ledger.chain import Entry, Submission, Verdict
from ledger.errors import StoreFailed
from ledger.store import Exhibit, Kept, Slot

T = TypeVar("T")


class SqliteStore:
    """`ledger.store.Store` over one connection, opened anew after every failed transaction."""

    def __init__(self, path: Path, *, keep_bodies: bool = True, read_only: bool = False) -> None:
        self._path = path
        self._keep_bodies = keep_bodies
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        with self._reading():
            pass

    @classmethod
    def create(cls, path: Path, genesis: bytes | None = None) -> None:
        """Make the file; with `genesis`, that is the log's entry 0."""
        sqlite_schema.create(path).close()
        store = cls(path)
        if genesis is not None:
            with store._transaction() as connection:
                rows.append(
                    connection, 0, genesis, (None, None, None, hashlib.sha256(genesis).digest())
                )
        store.close()

    def register(self, submissions: Sequence[Submission], at: int) -> list[Verdict]:
        """Judge and append in one transaction."""
        with self._transaction() as connection:
            held = rows.SqliteRows(connection, self._keep_bodies)
            return [intake.register(held, submission, at) for submission in submissions]

    def size(self) -> int:
        """Return the number of entries."""
        return self._value("SELECT coalesce(max(idx) + 1, 0) FROM entries", (), int) or 0

    def node(self, level: int, index: int) -> bytes:
        """Return a node's hash; Fatal when the tree lacks it."""
        sql = "SELECT hash FROM nodes WHERE level = ? AND idx = ?"
        found = self._value(sql, (level, index), bytes)
        if found is None:
            raise Fatal(
                f"{self._path} lacks node {index} at level {level} of its tree",
                advice="the store is damaged: put its newest copy back",
            )
        return found

    def newest(self, issuer: str, epoch: bytes) -> Entry | None:
        """Return the last entry of a gateway's epoch."""
        with self._reading() as connection:
            return rows.newest(connection, issuer, epoch)

    def last(self, issuer: str) -> Entry | None:
        """Return the last entry of a gateway, of whatever epoch."""
        with self._reading() as connection:
            return rows.last(connection, issuer)

    def indices(self, issuer: str, epoch: bytes, seqs: Sequence[int]) -> dict[int, int]:
        """Return the log index of each of `seqs` that is in the log."""
        with self._reading() as connection:
            found = {seq: rows.same(connection, issuer, epoch, seq) for seq in seqs}
        return {seq: entry.index for seq, entry in found.items() if entry is not None}

    def entry(self, index: int) -> bytes | None:
        """Return an entry's bytes."""
        return self._value("SELECT statement FROM entries WHERE idx = ?", (index,), bytes)

    def body(self, index: int) -> bytes | None:
        """Return the body kept for an entry."""
        return self._value("SELECT body FROM bodies WHERE idx = ?", (index,), bytes)

    def kept(self, slot: Slot, origin: str) -> Kept | None:
        """Return the checkpoint in a slot."""
        with self._reading() as connection:
            return rows.kept(connection, slot, origin)

    def advance(self, slot: Slot, origin: str, old: Kept | None, new: Kept) -> bool:
        """Compare and set, in one transaction."""
        with self._transaction() as connection:
            if rows.kept(connection, slot, origin) != old:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?)",
                (slot, origin, new.size, new.root, new.note, new.at),
            )
            return True

    def keep_evidence(self, exhibit: Exhibit, limit: int) -> bool:
        """Keep an exhibit once, unless its source filled its limit."""
        with self._transaction() as connection:
            return rows.keep_evidence(connection, exhibit, limit)

    def evidence(self) -> list[Exhibit]:
        """Return all exhibits, oldest first."""
        with self._reading() as connection:
            return rows.evidence(connection)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite_schema.connect(self._path, read_only=self._read_only)
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with ExitStack() as on_failure:
            # After an I/O error neither the connection nor its page cache is to be trusted.
            on_failure.callback(self._drop)
            try:
                yield self._open()
            except sqlite3.Error as error:
                raise StoreFailed(f"{self._path}: {error}") from error
            on_failure.pop_all()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()  # rolls back what was open

    def _value(self, sql: str, values: tuple[int, ...], kind: Callable[..., T]) -> T | None:
        with self._reading() as connection:
            row = connection.execute(sql, values).fetchone()
            return None if row is None else kind(row[0])
