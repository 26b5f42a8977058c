"""A log of any size at once: entries that nobody signed, in the tree that would have grown.

Of a million registrations only hashing and copying is left, so that costs can be measured there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import psycopg

from evidence.merkle import hash_leaf
from ledger.store import postgres_schema, sqlite_schema
from ledger.store.group import right_edge
from ledger.store.store import Store
from ledger.store.tables import Row
from ledger.store.tree import Node, completed_by

ENTRY_BYTES = 350
"""As a statement of the agent's."""

PER_GATEWAY = 1000
"""Entries of one gateway's order."""

CHUNK = 50_000
"""Entries in one transaction: some 60 MB."""


class Loader(Protocol):
    """Puts rows into a store's tables, from outside the store."""

    def copy(self, tables: dict[str, list[Row]]) -> None:
        """Write the rows of each table, in one transaction."""


class SqliteLoader:
    """Writes into a SQLite file that nobody else has open; it need not survive a power cut."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def copy(self, tables: dict[str, list[Row]]) -> None:
        """Write the rows of each table, in one transaction."""
        with closing(sqlite_schema.connect(self._path)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            for name, rows in tables.items():
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608  our table
            connection.execute("COMMIT")


class PostgresLoader:
    """Writes into a PostgreSQL database beside the node that has it open."""

    def __init__(self, url: str) -> None:
        self._url = url

    def copy(self, tables: dict[str, list[Row]]) -> None:
        """Write the rows of each table, in one transaction."""
        with postgres_schema.connect(self._url) as connection, connection.transaction():
            for name, rows in tables.items():
                _copy(connection, name, rows)


def _copy(connection: psycopg.Connection, table: str, rows: Iterable[Row]) -> None:
    target = psycopg.sql.SQL("COPY {} FROM STDIN").format(psycopg.sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(target) as copy:
        for row in rows:
            copy.write_row(row)


def fill(store: Store, loader: Loader, size: int) -> None:
    """Let the log grow to `size` entries; `store` is read only, and only at the start."""
    start = store.size()
    edge = {level: store.node(level, index) for level, index in right_edge(start)}
    for low in range(start, size, CHUNK):
        entries, nodes = list[Row](), list[Row]()
        for index in range(low, min(low + CHUNK, size)):
            entry = _entry(index)
            entries.append((index, *_order(index), hashlib.sha256(entry).digest(), entry))
            nodes += _grown(edge, index, entry)
        loader.copy({"entries": entries, "nodes": nodes})


def _entry(index: int) -> bytes:
    return index.to_bytes(ENTRY_BYTES, "big")


def _order(index: int) -> tuple[str, bytes, int]:
    number, seq = divmod(index, PER_GATEWAY)
    return f"urn:uuid:{number:032x}", number.to_bytes(16, "big"), seq


def _grown(edge: dict[int, bytes], index: int, entry: bytes) -> list[Node]:
    """Return the nodes that an entry completes; `edge` has, and gets, the newest of each level."""
    nodes = list(completed_by(lambda level, _: edge[level], index, hash_leaf(entry)))
    edge.update({level: node for level, _, node in nodes})
    return nodes
