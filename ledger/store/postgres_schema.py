"""The PostgreSQL database of a node: its tables, and what a connection is given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from foundation.errors import Fatal
from ledger.base.errors import StoreFailed

VERSION = 1

TABLES = """
CREATE TABLE store (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL,
    turn bigint NOT NULL    -- counts the transactions that wrote: who finds another one than he
);                          -- left has been followed by another writer
CREATE TABLE entries (
    idx bigint PRIMARY KEY,
    issuer text,            -- NULL for the log's own entry 0
    epoch bytea,
    seq bigint,
    digest bytea NOT NULL,
    statement bytea NOT NULL,
    UNIQUE (issuer, epoch, seq)
);
CREATE TABLE nodes (
    level smallint NOT NULL,
    idx bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, idx)
);
CREATE TABLE bodies (
    idx bigint PRIMARY KEY REFERENCES entries,
    body bytea NOT NULL
);
CREATE TABLE checkpoints (
    slot text NOT NULL,
    origin text NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    note bytea NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (slot, origin)
);
CREATE TABLE evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    kind text NOT NULL,
    source text NOT NULL,
    pieces bytea NOT NULL,  -- a CBOR array of byte strings
    at bigint NOT NULL
);
CREATE INDEX evidence_by_source ON evidence (source);
"""

CONNECT_S = 5
STATEMENT_S = 10
"""A statement, or the wait for a lock, that takes longer is given up. It does not end the wait of a
COMMIT for its standbys: `PostgresSession` does."""

_SETTINGS = {
    "application_name": "tallyman-ledger",
    "client_encoding": "utf8",
    "connect_timeout": str(CONNECT_S),
    # A server that is gone without a word is noticed within half a minute.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}

_GONE = "put the store back from its newest copy; a log never starts again under the same keys"


def connect(url: str, *, read_only: bool = False) -> psycopg.Connection:
    """Return a connection whose commits wait for disk and standbys; Fatal when no store is there.

    Of several hosts in `url` the one that takes writes is found. Raises psycopg.Error.
    """
    connection = _open(url, read_only=read_only)
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        _check(connection, name_of(url))
        on_failure.pop_all()
    return connection


def create(url: str, found: Callable[[psycopg.Connection], None]) -> None:
    """Make the tables, and what `found` writes, in one transaction; Fatal when there are any.

    Raises psycopg.Error.
    """
    with _open(url, read_only=False) as connection:
        try:
            with connection.transaction():
                connection.execute(TABLES)
                connection.execute("INSERT INTO store VALUES (true, %s, 0)", (VERSION,))
                found(connection)
        except psycopg.errors.DuplicateTable as error:
            raise Fatal(f"{name_of(url)} holds a store already", advice=_GONE) from error


def name_of(url: str) -> str:
    """Return where a store is, without the password that `url` may hold."""
    parts = conninfo_to_dict(url)
    host = parts.get("host", "localhost")
    return f"postgresql://{host}/{parts.get('dbname', '')}"


def _open(url: str, *, read_only: bool) -> psycopg.Connection:
    given = conninfo_to_dict(url)
    wanted = _SETTINGS | {"target_session_attrs": "any" if read_only else "read-write"}
    settings = {key: value for key, value in wanted.items() if key not in given}
    connection = psycopg.connect(make_conninfo(url, **settings), autocommit=True)
    connection.execute("SET synchronous_commit = on")
    connection.execute(f"SET statement_timeout = '{STATEMENT_S}s'")
    connection.execute(f"SET default_transaction_read_only = {'on' if read_only else 'off'}")
    return connection


def _check(connection: psycopg.Connection, name: str) -> None:
    try:
        row = connection.execute("SELECT version FROM store").fetchone()
    except psycopg.errors.UndefinedTable as error:
        raise Fatal(f"{name} holds no store", advice=_GONE) from error
    if row is None:
        raise StoreFailed(f"{name} has no version", advice=_GONE)
    if row[0] != VERSION:
        raise Fatal(
            f"{name} has version {row[0]}, this program knows {VERSION}",
            advice="run the program version that wrote it",
        )
