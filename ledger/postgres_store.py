"""The store in PostgreSQL, with synchronous standbys: when one machine is outgrown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import psycopg

from agent.errors import Fatal
from ledger import intake, postgres_schema
from ledger import postgres_rows as rows
from ledger.chain import Entry, Submission, Verdict
from ledger.errors import StoreFailed
from ledger.postgres_session import COMMIT_S, PostgresSession
from ledger.store import Exhibit, Kept, Slot

T = TypeVar("T")

MAX_CACHED_NODES = 1 << 17
"""About 20 MB: the upper levels of any tree, and the entries of the last minutes."""

_ADVICE = "is PostgreSQL up, and does one host take writes? journalctl -u postgresql; patronictl"


class PostgresStore:
    """`ledger.store.Store` over one connection, opened anew after whatever failed.

    Nodes of the tree are remembered as long as the connection lives: a committed one never changes.
    """

    def __init__(
        self,
        url: str,
        *,
        keep_bodies: bool = True,
        read_only: bool = False,
        commit_s: float = COMMIT_S,
    ) -> None:
        self._url = url
        self._name = postgres_schema.name_of(url)
        self._keep_bodies = keep_bodies
        self._read_only = read_only
        self._commit_s = commit_s
        self._session: PostgresSession | None = None
        self._reader: psycopg.Connection | None = None
        self._nodes: dict[tuple[int, int], bytes] = {}
        with self._reading():
            pass

    @classmethod
    def create(cls, url: str, genesis: bytes | None = None) -> None:
        """Make the tables; with `genesis`, that is the log's entry 0."""

        def found(connection: psycopg.Connection) -> None:
            if genesis is not None:
                rows.found(connection, genesis)

        try:
            postgres_schema.create(url, found)
        except psycopg.Error as error:
            raise _failed(postgres_schema.name_of(url), error) from error
        cls(url).close()  # a session's first commit shows that the standbys hold the tables

    def register(self, submissions: Sequence[Submission], at: int) -> list[Verdict]:
        """Judge and append in one transaction."""
        with self._transaction() as connection:
            group = rows.read_group(connection, submissions)
            verdicts = [intake.register(group, submission, at) for submission in submissions]
            rows.write_group(connection, group, keep_bodies=self._keep_bodies)
        self._remember(group.new_nodes)
        return verdicts

    def size(self) -> int:
        """Return the number of entries."""
        return self._value(rows.SIZE, (), int) or 0

    def node(self, level: int, index: int) -> bytes:
        """Return a node's hash; Fatal when the tree lacks it."""
        known = self._nodes.get((level, index))
        if known is not None:
            return known
        sql = "SELECT hash FROM nodes WHERE level = %s AND idx = %s"
        found = self._value(sql, (level, index), bytes)
        if found is None:
            raise Fatal(
                f"{self._name} lacks node {index} at level {level} of its tree",
                advice="the store is damaged: put its newest copy back",
            )
        self._remember({(level, index): found})
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
            return rows.indices(connection, issuer, epoch, seqs)

    def entry(self, index: int) -> bytes | None:
        """Return an entry's bytes."""
        return self._value("SELECT statement FROM entries WHERE idx = %s", (index,), bytes)

    def body(self, index: int) -> bytes | None:
        """Return the body kept for an entry."""
        return self._value("SELECT body FROM bodies WHERE idx = %s", (index,), bytes)

    def kept(self, slot: Slot, origin: str) -> Kept | None:
        """Return the checkpoint in a slot."""
        with self._reading() as connection:
            return rows.kept(connection, slot, origin)

    def advance(self, slot: Slot, origin: str, old: Kept | None, new: Kept) -> bool:
        """Compare and set, in one transaction."""
        with self._transaction() as connection:
            if rows.kept(connection, slot, origin) != old:
                return False
            rows.set_kept(connection, slot, origin, new)
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
        self._nodes = {}
        session, self._session = self._session, None
        reader, self._reader = self._reader, None
        if session is not None:
            session.close()
        if reader is not None:
            reader.close()

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection]:
        if self._read_only:
            raise StoreFailed(f"{self._name} is open for reading only")
        with self._failing():
            if self._session is None:
                self._session = PostgresSession(self._url, self._commit_s)
            with self._session.transaction() as connection:
                yield connection

    @contextmanager
    def _reading(self) -> Iterator[psycopg.Connection]:
        with self._failing():
            if self._read_only:
                if self._reader is None:
                    self._reader = postgres_schema.connect(self._url, read_only=True)
                yield self._reader
                return
            # A writer reads through its session too: what it reads is on the standbys.
            if self._session is None:
                self._session = PostgresSession(self._url, self._commit_s)
            yield self._session.connection

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

    def _value(self, sql: str, values: tuple[int, ...], kind: Callable[..., T]) -> T | None:
        with self._reading() as connection:
            for row in rows.rows(connection, sql, *values):
                return kind(row[0])
            return None

    def _remember(self, nodes: dict[tuple[int, int], bytes]) -> None:
        if len(self._nodes) > MAX_CACHED_NODES:
            self._nodes = {}
        self._nodes |= nodes


def _failed(name: str, error: psycopg.Error) -> StoreFailed:
    text = " ".join(str(error).split())
    return StoreFailed(f"{name}: {text}", advice=_ADVICE)
