"""The states of the disk under the journal, and which errors mean which. Pure."""

from __future__ import annotations

import errno
import sqlite3
from enum import StrEnum


class StorageState(StrEnum):
    """How the disk does; see docs/operate/disk.md for what each means and what to do."""

    OK = "ok"
    SLOW = "slow"  # commits take longer than they may
    LIMIT = "limit-reached"  # the archive has its bytes, and nothing in it may go
    FULL = "full"  # no space left on the disk
    READ_ONLY = "read-only"  # the kernel takes no writes, often after errors
    FAILING = "failing"  # input/output errors


_BY_ERRNO = {
    errno.ENOSPC: StorageState.FULL,
    errno.EDQUOT: StorageState.FULL,
    errno.EFBIG: StorageState.FULL,
    errno.EROFS: StorageState.READ_ONLY,
}

_BY_SQLITE = {
    sqlite3.SQLITE_FULL: StorageState.FULL,
    sqlite3.SQLITE_READONLY: StorageState.READ_ONLY,
}

_PRIMARY_CODE = 0xFF


def of_errno(number: int | None) -> StorageState:
    """Return the state that a failed system call tells of."""
    return _BY_ERRNO.get(number or 0, StorageState.FAILING)


def of_sqlite(code: int) -> StorageState:
    """Return the state that an error of SQLite tells of."""
    return _BY_SQLITE.get(code & _PRIMARY_CODE, StorageState.FAILING)
