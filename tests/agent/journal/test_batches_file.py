"""What SQLite says of the file of batches, in our own errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agent.journal.batches_file import file_size, translated
from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.storage_state import StorageState

PATH = Path("/state/journal.sqlite")

FULL, READ_ONLY, FAILING = StorageState.FULL, StorageState.READ_ONLY, StorageState.FAILING


def said(code: int | None) -> sqlite3.Error:
    error = sqlite3.OperationalError("what it said")
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "advice", "state"),
    [
        (sqlite3.SQLITE_FULL, "free space on this disk", FULL),
        (sqlite3.SQLITE_READONLY, "the disk is read-only: look at dmesg", READ_ONLY),
        (sqlite3.SQLITE_READONLY_DBMOVED, "the disk is read-only: look at dmesg", READ_ONLY),
        (sqlite3.SQLITE_CANTOPEN, "tallyman salvage FOLDER", FAILING),
        (sqlite3.SQLITE_IOERR, "the card or disk fails or is full", FAILING),
        (sqlite3.SQLITE_IOERR_FSYNC, "the card or disk fails or is full", FAILING),
        (sqlite3.SQLITE_BUSY, "look at dmesg and at the disk's health", FAILING),
        (None, "look at dmesg and at the disk's health", FAILING),
    ],
)
def test_what_may_pass_is_a_state_of_the_disk(code, advice, state):
    error = translated(PATH, said(code))
    assert isinstance(error, JournalUnavailable)
    assert str(error) == "the journal /state/journal.sqlite cannot be used: what it said"
    assert (advice in error.advice, error.state) == (True, state)


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT_INDEX]
)
def test_a_damaged_file_is_kept(code):
    error = translated(PATH, said(code))
    assert isinstance(error, JournalDamaged)
    assert str(error) == "the journal /state/journal.sqlite is damaged: what it said"
    assert error.advice.startswith("keep the file: tallyman support packs what is needed")


def test_a_file_that_is_not_there_takes_no_bytes(tmp_path):
    assert file_size(tmp_path / "none") == 0
    (tmp_path / "some").write_bytes(bytes(7))
    assert file_size(tmp_path / "some") == 7
