"""The store in one SQLite file: the default, up to what one machine holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ledger.base.errors import StoreFailed
from ledger.store import sqlite_schema
from ledger.store.chain import Entry
from ledger.store.group import Chain, NodeAt, Place
from ledger.store.sql_store import SqlStore
from ledger.store.tables import Row, Tables

_CHAIN = "SELECT idx, seq, digest, statement FROM entries WHERE issuer = ? AND epoch = ?"
_PLACE = f"{_CHAIN} AND seq = ?"
_NEWEST = f"{_CHAIN} ORDER BY seq DESC LIMIT 1"
_NODE = "SELECT hash FROM nodes WHERE level = ? AND idx = ?"


@dataclass(frozen=True, slots=True)
class SqliteTables(Tables):
    """Asks for many rows one by one: each is a call in this process, on a statement kept ready."""

    connection: sqlite3.Connection

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return all rows that a query finds."""
        return self.connection.execute(sql, values).fetchall()

    def write(self, sql: str, rows: Iterable[Row]) -> None:
        """Run a statement once for each of `rows`."""
        self.connection.executemany(sql, rows)

    def entries_at(self, places: Collection[Place]) -> dict[Place, Entry]:
        """Return the entries that stand at these places of their gateways' orders."""
        return {place: Entry(*row) for place in places for row in self.rows(_PLACE, *place)}

    def newest_of(self, chains: Collection[Chain]) -> dict[Chain, Entry]:
        """Return the last entry of each of these epochs that has any."""
        return {chain: Entry(*row) for chain in chains for row in self.rows(_NEWEST, *chain)}

    def nodes_at(self, nodes: Collection[NodeAt]) -> dict[NodeAt, bytes]:
        """Return the hashes of these full subtrees, as far as they are there."""
        return {node: bytes(row[0]) for node in nodes for row in self.rows(_NODE, *node)}


class SqliteStore(SqlStore):
    """`store.Store` over one connection, opened anew after every failed transaction."""

    def __init__(self, path: Path, *, keep_bodies: bool = True, read_only: bool = False) -> None:
        super().__init__(str(path), keep_bodies=keep_bodies)
        self._path = path
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
            with store._transaction() as tables:
                tables.found(genesis)
        store.close()

    def interrupt(self) -> None:
        """Do nothing: no other machine is waited for."""

    def close(self) -> None:
        """Close the connection, which rolls back what was open."""
        self._nodes = {}
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite_schema.connect(self._path, read_only=self._read_only)
        return self._connection

    def _overwrite(self) -> None:
        """Write the file anew, and cut its log off; StoreFailed while others read it.

        Zeroes alone (`secure_delete`) leave copies where rows were moved from one page to another.
        """
        with self._reading() as tables:
            tables.rows("VACUUM")
            ((busy, _, _),) = tables.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StoreFailed(
                f"{self._name}-wal still holds what was erased: another program reads the store",
                advice="end that program, then erase again",
            )

    @contextmanager
    def _transaction(self) -> Iterator[Tables]:
        with self._reading() as tables:
            self._open().execute("BEGIN IMMEDIATE")
            yield tables
            self._open().execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[Tables]:
        with ExitStack() as on_failure:
            # After an I/O error neither the connection nor its page cache is to be trusted.
            on_failure.callback(self.close)
            try:
                yield SqliteTables(self._open())
            except sqlite3.Error as error:
                raise StoreFailed(f"{self._name}: {error}") from error
            on_failure.pop_all()
