"""The SQLite file of batches: whether it is one of ours, and what SQLite says in our own errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.storage_state import of_sqlite

APPLICATION_ID = 0x544C4D4A  # "TLMJ", in the file's header, so that file(1) and we can tell
VERSION = 2  # 1 kept records in a table

# Codes that mean a damaged file; everything else that SQLite reports is the disk's trouble and
# may pass.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_CODE = 0xFF

KEEP = (
    "keep the file: tallyman support packs what is needed; "
    "then replace the card and start a new epoch"
)


def translated(path: Path, error: sqlite3.Error) -> JournalUnavailable | JournalDamaged:
    """Return our error for what SQLite said about the file at `path`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code in _DAMAGE:
        return JournalDamaged(
            f"the journal {path} is damaged: {error}",
            advice=KEEP,
        )
    advice = {
        sqlite3.SQLITE_FULL: "free space on this disk",
        sqlite3.SQLITE_READONLY: "the disk is read-only: look at dmesg, then replace the card",
        sqlite3.SQLITE_CANTOPEN: "on a disk that is read-only `tallyman salvage FOLDER` reads it",
        sqlite3.SQLITE_IOERR: "the card or disk fails or is full: look at dmesg and df",
    }.get(code, "look at dmesg and at the disk's health")
    return JournalUnavailable(
        f"the journal {path} cannot be used: {error}", advice=advice, state=of_sqlite(code)
    )


def file_size(path: Path) -> int:
    """Return a file's size; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0  # SQLite removes its side files when the last user leaves


def check_format(connection: sqlite3.Connection, path: Path) -> bool:
    """Return False for an empty file, True for a journal of ours; else raise JournalDamaged."""
    found = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if found == (0, 0) and not _tables(connection):
        return False
    if found == (APPLICATION_ID, VERSION):
        return True
    if found == (APPLICATION_ID, 1):
        raise JournalDamaged(
            f"{path} is of version 1, which this version does not read",
            advice="move that file away, or read it with the version that wrote it",
        )
    what = "of another version" if found[0] == APPLICATION_ID else "not a journal of Tallyman"
    raise JournalDamaged(
        f"{path} is {what}", advice="correct [gateway] state_dir, or move that file away"
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is not None


def stored_epoch(connection: sqlite3.Connection) -> bytes:
    """Return the epoch that the batches belong to."""
    epoch: bytes = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
    return epoch


def open_to_read(path: Path) -> tuple[sqlite3.Connection, bytes]:
    """Open an existing file of batches for reading only; return its epoch, too."""
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        connection = sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True)
        try:
            readable = check_format(connection, path)
            epoch = stored_epoch(connection) if readable else b""
        except (sqlite3.Error, JournalDamaged):
            connection.close()
            raise
    except sqlite3.Error as error:
        raise translated(path, error) from error
    if not readable:
        connection.close()
        raise JournalDamaged(f"{path} is empty: no agent has written there yet")
    return connection, epoch


def _quoted(path: Path) -> str:
    """Return the path for a file: URI (RFC 3986), where ?, # and % have a meaning."""
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
