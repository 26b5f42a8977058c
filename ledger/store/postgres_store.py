"""The store in PostgreSQL, with synchronous standbys: when one machine is outgrown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from ledger.base.errors import StoreFailed
from ledger.store import postgres_schema
from ledger.store.chain import Entry
from ledger.store.group import Chain, NodeAt, Place
from ledger.store.postgres_session import COMMIT_S, PostgresSession
from ledger.store.sql_store import SqlStore
from ledger.store.tables import Row, Tables

_PLACES = """
SELECT issuer, epoch, idx, seq, digest, statement FROM entries
JOIN unnest(?::text[], ?::bytea[], ?::bigint[]) AS wanted (issuer, epoch, seq)
USING (issuer, epoch, seq)"""

_NEWEST = """
SELECT wanted.issuer, wanted.epoch, idx, seq, digest, statement
FROM unnest(?::text[], ?::bytea[]) AS wanted (issuer, epoch) CROSS JOIN LATERAL (
    SELECT * FROM entries WHERE issuer = wanted.issuer AND epoch = wanted.epoch
    ORDER BY seq DESC LIMIT 1
) AS newest"""

_NODES = """
SELECT level, idx, hash FROM nodes
JOIN unnest(?::smallint[], ?::bigint[]) AS wanted (level, idx) USING (level, idx)"""

_ADVICE = "is PostgreSQL up, and does one host take writes? journalctl -u postgresql; patronictl"


@dataclass(frozen=True, slots=True)
class PostgresTables(Tables):
    """Asks for many rows with one question, as each is a way to the server and back."""

    connection: psycopg.Connection

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Return all rows that a query finds."""
        with self.connection.cursor(binary=True) as cursor:
            return cursor.execute(_marked(sql), values).fetchall()

    def write(self, sql: str, rows: Iterable[Row]) -> None:
        """Run a statement once for each of `rows`."""
        with self.connection.cursor() as cursor:
            cursor.executemany(_marked(sql), rows)

    def entries_at(self, places: Collection[Place]) -> dict[Place, Entry]:
        """Return the entries that stand at these places of their gateways' orders."""
        found = self.rows(_PLACES, *_columns(places, 3))
        return {(issuer, epoch, entry[1]): Entry(*entry) for issuer, epoch, *entry in found}

    def newest_of(self, chains: Collection[Chain]) -> dict[Chain, Entry]:
        """Return the last entry of each of these epochs that has any."""
        found = self.rows(_NEWEST, *_columns(chains, 2))
        return {(issuer, epoch): Entry(*entry) for issuer, epoch, *entry in found}

    def nodes_at(self, nodes: Collection[NodeAt]) -> dict[NodeAt, bytes]:
        """Return the hashes of these full subtrees, as far as they are there."""
        found = self.rows(_NODES, *_columns(nodes, 2))
        return {(level, index): node for level, index, node in found}


class PostgresStore(SqlStore):
    """`store.Store` over one connection, opened anew after whatever failed."""

    def __init__(
        self,
        url: str,
        *,
        keep_bodies: bool = True,
        read_only: bool = False,
        commit_s: float = COMMIT_S,
    ) -> None:
        super().__init__(postgres_schema.name_of(url), keep_bodies=keep_bodies)
        self._url = url
        self._read_only = read_only
        self._commit_s = commit_s
        self._session: PostgresSession | None = None
        self._reader: psycopg.Connection | None = None
        with self._reading():
            pass

    @classmethod
    def create(cls, url: str, genesis: bytes | None = None) -> None:
        """Make the tables; with `genesis`, that is the log's entry 0."""

        def found(connection: psycopg.Connection) -> None:
            if genesis is not None:
                PostgresTables(connection).found(genesis)

        try:
            postgres_schema.create(url, found)
        except psycopg.Error as error:
            raise _failed(postgres_schema.name_of(url), error) from error
        cls(url).close()  # a session's first commit shows that the standbys hold the tables

    def interrupt(self) -> None:
        """Give up the statement or commit that waits for the server or its standbys."""
        if (session := self._session) is not None:
            session.cancel()

    def close(self) -> None:
        """Close the connection."""
        self._nodes = {}
        session, self._session = self._session, None
        reader, self._reader = self._reader, None
        if session is not None:
            session.close()
        if reader is not None:
            reader.close()

    def _overwrite(self) -> None:
        """Write the table anew: pages keep what an UPDATE left behind."""
        with self._failing(), postgres_schema.connect(self._url) as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute("VACUUM FULL bodies")

    @contextmanager
    def _transaction(self) -> Iterator[Tables]:
        if self._read_only:
            raise StoreFailed(f"{self._name} is open for reading only")
        with self._failing():
            with self._writer().transaction() as connection:
                yield PostgresTables(connection)

    @contextmanager
    def _reading(self) -> Iterator[Tables]:
        with self._failing():
            if self._read_only:
                if self._reader is None:
                    self._reader = postgres_schema.connect(self._url, read_only=True)
                yield PostgresTables(self._reader)
                return
            # A writer reads through its session too: what it reads is on the standbys.
            yield PostgresTables(self._writer().connection)

    def _writer(self) -> PostgresSession:
        if self._session is None:
            self._session = PostgresSession(self._url, self._commit_s)
            self._session.begin()
        return self._session

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """After any error the connection, and what is remembered of it, is not to be trusted."""
        with ExitStack() as on_failure:
            on_failure.callback(self.close)
            try:
                yield
            except psycopg.Error as error:
                raise _failed(self._name, error) from error
            on_failure.pop_all()


def _marked(sql: str) -> str:
    """Return a statement with its parameters marked as psycopg wants them."""
    return sql.replace("?", "%s")


def _columns(items: Collection[Any], width: int) -> list[list[Any]]:
    """Return tuples as lists of their first, second … members, as unnest() takes them."""
    return [[item[column] for item in items] for column in range(width)]


def _failed(name: str, error: psycopg.Error) -> StoreFailed:
    text = " ".join(str(error).split())
    return StoreFailed(f"{name}: {text}", advice=_ADVICE)
