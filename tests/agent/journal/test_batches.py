"""The archive's file: how durable each write is, what is written at all, and what an error leaves."""

from __future__ import annotations

import errno
import sqlite3
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_gap
from agent.journal.batches import Batches, connect
from agent.journal.journal import (
    BatchState,
    Confirmation,
    JournalDamaged,
    JournalUnavailable,
    MixedGateways,
    OutOfOrder,
    Rank,
)
from agent.journal.pairing import LostRecords
from agent.journal.storage_state import StorageState
from agent.signing.file_key import FileKey
from tests.agent.log_world import EPOCH, ISSUER, NOW, LogWorld

KEY = FileKey(ec.derive_private_key(7, ec.SECP256R1()))
CONFIRMED = Confirmation(0, 1, b"receipt", 2)


class Disk:
    """Opens connections that note what they are told, and fail at a statement that is named."""

    def __init__(self) -> None:
        self.opened, self.said, self.fails, self.code = [], [], "", sqlite3.SQLITE_IOERR

    def connect(self, path):
        disk = self

        class Connection(sqlite3.Connection):
            def execute(self, sql, *args):
                disk.said.append(sql)
                if disk.fails and sql.startswith(disk.fails):
                    error = sqlite3.OperationalError("disk I/O error")
                    error.sqlite_errorcode = disk.code
                    raise error
                return super().execute(sql, *args)

        opened = sqlite3.connect(path, isolation_level=None, factory=Connection)
        opened.execute("PRAGMA secure_delete = OFF")  # how SQLite was built differs
        opened.execute("PRAGMA journal_mode = WAL")
        self.opened.append(opened)
        return opened

    def writes(self):
        """How many transactions there were since it was last asked."""
        count = self.said.count("BEGIN IMMEDIATE")
        self.said.clear()
        return count


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def batches(tmp_path, disk):
    batches = Batches(tmp_path / "j.sqlite", EPOCH, disk.connect)
    disk.writes()
    yield batches
    batches.close()


@pytest.fixture
def sealed():
    world = LogWorld(KEY)
    return [world.seal() for _ in range(3)]


def pragma(connection, name):
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_what_is_committed_is_flushed_and_a_foreign_file_s_schema_runs_nothing(
    tmp_path, monkeypatch
):
    really = sqlite3.connect

    def built_otherwise(*where, **how):
        connection = really(*where, **how)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA trusted_schema = ON")
        return connection

    monkeypatch.setattr(sqlite3, "connect", built_otherwise)
    connection = connect(tmp_path / "j.sqlite")
    # synchronous: 2 is FULL, each commit is flushed (sqlite.org/pragma.html)
    assert (pragma(connection, "journal_mode"), pragma(connection, "synchronous")) == ("wal", 2)
    assert pragma(connection, "trusted_schema") == 0
    connection.close()


@pytest.mark.parametrize(("erases", "overwritten"), [(True, 1), (False, 0)])
def test_what_goes_is_overwritten_where_a_rule_erases(tmp_path, disk, erases, overwritten):
    batches = Batches(tmp_path / "j.sqlite", EPOCH, disk.connect, erases=erases)
    assert pragma(disk.opened[0], "secure_delete") == overwritten
    batches.close()


def test_what_is_no_database_is_told(tmp_path):
    (tmp_path / "j.sqlite").write_bytes(b"rubbish" * 1000)
    with pytest.raises(JournalDamaged, match="is not a database"):
        Batches(tmp_path / "j.sqlite", EPOCH)


def test_another_gateway_s_file_is_refused_and_let_go(tmp_path, disk, batches):
    with pytest.raises(MixedGateways, match=f"belongs to epoch {EPOCH.hex()}, not to {'ff' * 16}"):
        Batches(tmp_path / "j.sqlite", b"\xff" * 16, disk.connect)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        disk.opened[1].execute("SELECT 1")


def test_the_ring_beside_is_noted_where_it_changed_and_never_again(tmp_path, disk, batches, sealed):
    batches.note_ring(64, 5)
    assert disk.writes() == 1
    batches.note_ring(64, 5)
    assert disk.writes() == 0
    batches.seal(sealed[0], 64, 5)
    assert "INSERT OR REPLACE INTO meta" not in " ".join(disk.said)
    batches.seal(sealed[1], 64, 6)
    assert disk.writes() == 2
    batches.note_ring(64, 6)
    assert disk.writes() == 0, "it went with the batch"
    again = Batches(tmp_path / "j.sqlite", EPOCH)
    facts = again.facts()
    again.close()
    assert (facts.slots, facts.generation) == (64, 6)


def test_a_proof_that_may_wait_is_written_with_the_next_batch(disk, batches, sealed):
    batches.seal(sealed[0])
    batches.set_confirmed([CONFIRMED], b"note", 7, deferred=True)
    assert disk.writes() == 1, "the batch"
    batches.seal(sealed[1])
    assert disk.writes() == 1
    assert [row.state for row in batches.batches(0, 9)] == [BatchState.CONFIRMED, BatchState.SEALED]
    batches.flush()
    assert disk.writes() == 0, "it is written once"


def test_a_proof_that_waits_is_written_when_it_is_told_to_be_or_at_the_end(
    tmp_path, disk, batches, sealed
):
    batches.seal(sealed[0])
    disk.writes()
    batches.set_confirmed([CONFIRMED], b"note", 7, deferred=True)
    batches.close()
    assert disk.writes() == 1
    again = Batches(tmp_path / "j.sqlite", EPOCH)
    assert again.batches(0, 9)[0].state is BatchState.CONFIRMED
    again.close()


def test_what_does_not_follow_is_refused_and_leaves_nothing(disk, batches, sealed):
    batches.seal(sealed[0])
    with pytest.raises(
        OutOfOrder, match="batch 2 from record 6 does not follow: batch 1 must start"
    ):
        batches.seal(sealed[2])
    batches.seal(sealed[0])  # the same once more is no other
    batches.seal(sealed[1])
    assert [row.batch.seq for row in batches.batches(0, 9)] == [0, 1]
    assert len(disk.opened) == 1


@pytest.mark.parametrize("at", ["BEGIN", "INSERT INTO batch", "COMMIT"])
@pytest.mark.parametrize(
    ("code", "state"),
    [(sqlite3.SQLITE_FULL, StorageState.FULL), (sqlite3.SQLITE_IOERR, StorageState.FAILING)],
)
def test_after_an_error_of_the_disk_the_file_is_opened_anew(disk, batches, sealed, at, code, state):
    batches.seal(sealed[0])
    batches.set_confirmed([CONFIRMED], b"note", 7, deferred=True)
    disk.fails, disk.code = at, code
    with pytest.raises(JournalUnavailable, match="disk I/O error") as caught:
        batches.seal(sealed[1])
    assert caught.value.state is state
    disk.fails = ""
    batches.seal(sealed[1])
    assert len(disk.opened) == 2
    rows = batches.batches(0, 9)
    assert [row.batch for row in rows] == sealed[:2]
    assert rows[0].state is BatchState.CONFIRMED, "what waited was not lost"


def test_where_the_file_is_gone_meanwhile_no_second_history_begins(tmp_path, disk, batches, sealed):
    batches.seal(sealed[0])
    disk.fails = "COMMIT"
    with pytest.raises(JournalUnavailable):
        batches.seal(sealed[1])
    disk.fails = ""
    (tmp_path / "j.sqlite").rename(tmp_path / "elsewhere")
    with pytest.raises(JournalUnavailable, match="is gone") as caught:
        batches.seal(sealed[1])
    assert "mount its disk again" in caught.value.advice
    assert not (tmp_path / "j.sqlite").exists()


def test_of_a_declared_gap_no_body_is_owed_nor_asked_for(batches, sealed):
    batches.seal(sealed[0])
    lost = LostRecords(3, 10, "gone")
    gap = build_gap(Author(ISSUER, EPOCH, KEY), Place.after(sealed[0]), lost, NOW)
    batches.seal(gap)
    rows = [CONFIRMED, Confirmation(1, 2, b"receipt", 3)]
    batches.set_confirmed(rows, b"note", 7)
    assert [each.seq for each in batches.bodies_owed(Rank.URGENT, 0, 9)] == []
    batches.set_body_taken([0], 8)
    assert batches.custody_owed(-1, 9) == [0]
    assert [row.body_ms for row in batches.batches(0, 9)] == [8, 0]


def wiped(batches):
    """Wipe until there is no more of it; return how often there was."""
    eraser, times = batches.eraser(), 0
    while eraser.wipe():
        times += 1
    return times


def test_what_a_rule_erased_is_left_in_no_log_beside_the_file(tmp_path, disk, sealed):
    path = tmp_path / "j.sqlite"
    batches = Batches(path, EPOCH, disk.connect, erases=True)
    batches.seal(sealed[0])
    log = path.with_name("j.sqlite-wal")
    assert log.stat().st_size > 0
    assert wiped(batches) == 1, "pages that were free before there was a rule"
    assert batches.eraser().wipe() is False
    assert log.stat().st_size == 0
    batches.seal(sealed[1])
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM batch").fetchall()
    with pytest.raises(JournalUnavailable, match="another program reads it") as caught:
        batches.eraser().wipe()
    assert "fuser" in caught.value.advice
    reader.close()
    disk.fails = "PRAGMA wal_checkpoint(TRUNCATE)"
    with pytest.raises(JournalUnavailable, match="disk I/O error"):
        batches.eraser().wipe()
    disk.fails = ""
    assert wiped(batches) == 0
    assert len(disk.opened) == 2, "the file was opened anew"
    batches.close()


@pytest.mark.parametrize(
    ("busy", "pages", "copied", "opens"),
    [(0, 5, 5, True), (1, 5, 5, False), (0, 5, 4, False), (0, -1, -1, True)],
)
def test_a_log_that_somebody_reads_is_not_begun_on(tmp_path, busy, pages, copied, opens):
    """What is in it may be newer than what the ring is held against."""

    class Connection(sqlite3.Connection):
        def execute(self, sql, *args):
            if sql == "PRAGMA wal_checkpoint(FULL)":
                return SimpleNamespace(fetchone=lambda: (busy, pages, copied))
            return super().execute(sql, *args)

    opened = []

    def connecting(path):
        opened.append(sqlite3.connect(path, isolation_level=None, factory=Connection))
        return opened[-1]

    if opens:
        Batches(tmp_path / "j.sqlite", EPOCH, connecting).close()
    else:
        with pytest.raises(JournalUnavailable, match="another program reads it") as caught:
            Batches(tmp_path / "j.sqlite", EPOCH, connecting)
        assert "fuser names it" in caught.value.advice
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


def test_a_log_that_cannot_be_flushed_may_come_back(tmp_path, disk, sealed, monkeypatch):
    batches = Batches(tmp_path / "j.sqlite", EPOCH, disk.connect, erases=True)
    batches.seal(sealed[0])
    wiped(batches)

    def refused(path):
        assert path == tmp_path / "j.sqlite-wal"
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("agent.journal.batches.sync_file", refused)
    with pytest.raises(JournalUnavailable, match="cannot be used: Input/output error") as caught:
        batches.eraser().wipe()
    assert caught.value.advice
    batches.close()
