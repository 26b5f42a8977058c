"""The SQLite file of a node: its tables, and how it is made and opened."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from pathlib import Path

from foundation.errors import Fatal
from ledger.base.errors import StoreDamaged, StoreFailed

APPLICATION_ID = 0x54414C4C
"""'TALL', so that file(1) and we can tell the file from others."""

VERSION = 1
BUSY_SECONDS = 5.0
"""How long a command may wait for the running node's transaction, and the other way round."""

_TABLES = """
CREATE TABLE entries (
    idx INTEGER PRIMARY KEY,
    issuer TEXT,            -- NULL for the log's own entry 0
    epoch BLOB,
    seq INTEGER,
    digest BLOB NOT NULL,
    statement BLOB NOT NULL,
    UNIQUE (issuer, epoch, seq)
) STRICT;
CREATE TABLE nodes (
    level INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE bodies (
    idx INTEGER PRIMARY KEY REFERENCES entries,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE checkpoints (
    slot TEXT NOT NULL,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (slot, origin)
) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    pieces BLOB NOT NULL,   -- a CBOR array of byte strings
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX evidence_by_source ON evidence (source);
"""


def create(path: Path) -> sqlite3.Connection:
    """Make the file with empty tables; Fatal when there is one, StoreFailed where it cannot be."""
    if path.exists():
        raise Fatal(f"{path} exists already", advice=StoreDamaged.advice)
    with ExitStack() as on_failure:
        try:
            connection = _open(path, "rwc")
            on_failure.callback(connection.close)
            _make_durable(connection)
            connection.executescript(f"BEGIN; {_TABLES} COMMIT;")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        except sqlite3.Error as error:
            raise StoreFailed(f"cannot make {path}: {error}") from error
        on_failure.pop_all()
    return connection


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the file; StoreDamaged when it is none, Fatal for another version."""
    if not path.exists():
        raise StoreDamaged(f"the store {path} is not there")
    connection = _open(path, "ro" if read_only else "rw")
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        _check(path, connection)
        if not read_only:
            _make_durable(connection)
        on_failure.pop_all()
    return connection


def _open(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _make_durable(connection: sqlite3.Connection) -> None:
    """Set WAL with FULL: one fsync of the log per commit, and a power cut takes no commit away."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _check(path: Path, connection: sqlite3.Connection) -> None:
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.OperationalError:
        raise  # busy, or the disk: it may pass
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(f"{path} is no store: {error}") from error
    if application != APPLICATION_ID:
        raise StoreDamaged(f"{path} is not a store of a ledger node")
    if version != VERSION:
        raise Fatal(
            f"{path} has version {version}, this program knows {VERSION}",
            advice="run the program version that wrote it",
        )
