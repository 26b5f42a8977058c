"""The journal: order without holes, exact bytes, a batch file that fails, processes killed."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.chain.building import Author, Place, build_batch, build_gap
from agent.journal import sqlite_forwarding
from agent.journal.batches import connect
from agent.journal.journal import (
    BatchState,
    Confirmation,
    JournalDamaged,
    JournalUnavailable,
    OutOfOrder,
    Rank,
    SealedBatch,
)
from agent.journal.places import ring_path
from agent.journal.ring_journal import RingJournal
from agent.journal.ring_reader import open_reader
from agent.journal.storage_state import StorageState
from agent.signing.file_key import FileKey
from evidence.leaf import Record

EPOCH = bytes(range(16))
ISSUER = "urn:uuid:9f1c1d2e-0000-4000-8000-000000000007"
AUTHOR = Author(ISSUER, EPOCH, FileKey(ec.derive_private_key(7, ec.SECP256R1())))
RING = 64 * 4096


def record(number: int, wall_ms: int = 1_790_000_000_000) -> Record:
    values = {"temperature": 431 + number % 7}
    return Record(
        number,
        "cold-1",
        "temperature",
        3,
        number * 50,
        wall_ms + number,
        "gnss",
        1000,
        "ok",
        values,
    )


def records(first: int, count: int) -> list[Record]:
    return [record(number) for number in range(first, first + count)]


def batch(seq: int, first: int, count: int, *, urgent: bool = False) -> SealedBatch:
    leaves = [item.to_bytes() for item in records(first, count)]
    place = Place(seq, first, bytes(32) if seq else None)
    return build_batch(AUTHOR, place, leaves, b"s" * 32, 1_790_000_000, urgent=urgent)


def open_at(path: Path, connect=connect) -> RingJournal:
    return RingJournal(path, EPOCH, RING, connect=connect)


@pytest.fixture
def journal(tmp_path: Path):
    journal = open_at(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


def test_records_come_back_as_they_were(journal):
    journal.commit(records(0, 3))
    journal.commit(records(3, 2))
    assert journal.count() == journal.next_number() == 5
    assert journal.records(1, 3) == records(1, 3)
    assert journal.leaves(0, 99) == [r.to_bytes() for r in records(0, 5)]
    assert journal.last() == record(4)
    assert journal.records(5, 10) == []


def test_an_empty_journal(journal):
    assert journal.count() == 0
    assert journal.last() is None
    assert journal.head() is None
    assert journal.sealed_upto() == 0
    assert journal.pending(BatchState.SEALED, 10) == []
    assert journal.batch_of(0) is None
    assert journal.counts().oldest_unsent_ms is None
    journal.commit([])
    with pytest.raises(KeyError):
        journal.batch(0)
    with pytest.raises(KeyError):
        journal.checkpoint(7)


@pytest.mark.parametrize(
    "wrong", [records(5, 1), [record(3), record(5)], [record(4), record(3)], records(4, 1)]
)
def test_holes_and_rewrites_are_refused(journal, wrong):
    journal.commit(records(0, 3))
    with pytest.raises(OutOfOrder):
        journal.commit(wrong)
    assert journal.leaves(0, 99) == [r.to_bytes() for r in records(0, 3)]
    journal.commit(records(3, 1))


def test_a_stored_record_is_never_another_one(journal):
    journal.commit(records(0, 3))
    with pytest.raises(OutOfOrder):
        journal.commit([record(2, wall_ms=0), record(3)])
    assert journal.count() == 3


def test_committing_again_stores_only_what_is_missing(journal):
    journal.commit(records(0, 3))
    journal.commit(records(0, 3))
    journal.commit(records(1, 4))
    journal.commit(records(0, 2))  # the beginning of what is there
    journal.commit(records(2, 2))
    assert journal.leaves(0, 99) == [r.to_bytes() for r in records(0, 5)]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 30), max_size=12), st.data())
def test_any_split_and_any_reopening_give_the_same_journal(tmp_path_factory, sizes, data):
    path = tmp_path_factory.mktemp("j") / "journal.sqlite"
    journal = open_at(path)
    number = 0
    for size in sizes:
        journal.commit(records(number, size))
        number += size
        if data.draw(st.booleans()):
            journal.close()
            journal = open_at(path)
        assert journal.next_number() == number
    assert [r.number for r in journal.records(0, 1000)] == list(range(number))
    journal.close()


class FaultyConnection(sqlite3.Connection):
    """Fails at one statement, either without effect or after it."""

    fault = ""
    persisted = False

    def execute(self, sql, *args):
        fails = bool(FaultyConnection.fault) and sql.startswith(FaultyConnection.fault)
        if not fails or FaultyConnection.persisted:
            result = super().execute(sql, *args)
        if fails:
            FaultyConnection.fault = ""
            raise sqlite3.OperationalError("disk I/O error")
        return result


def faulty_connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, factory=FaultyConnection)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize("statement", ["BEGIN", "COMMIT"])
def test_a_failed_seal_may_be_repeated_whether_it_persisted_or_not(tmp_path, statement, persisted):
    journal = open_at(tmp_path / "j", faulty_connect)
    journal.commit(records(0, 5))
    FaultyConnection.fault, FaultyConnection.persisted = statement, persisted
    with pytest.raises(JournalUnavailable) as caught:
        journal.seal(batch(0, 0, 4))
    assert "disk I/O error" in str(caught.value)
    assert caught.value.advice
    journal.commit(records(5, 2))
    assert journal.leaves(0, 99) == [r.to_bytes() for r in records(0, 7)]
    journal.seal(batch(0, 0, 4))
    assert journal.head() == batch(0, 0, 4)
    assert journal.sealed_upto() == 4
    assert journal.leaves(0, 99) == [r.to_bytes() for r in records(0, 7)]
    journal.close()


def small_disk(pages: int):
    def open_small(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    return open_small


def test_a_full_disk_is_a_state_and_passes(tmp_path: Path):
    """Batches find no room; records are taken on until the ring is full, and none is lost."""
    path = tmp_path / "j"
    journal = open_at(path, small_disk(48))
    number = seq = 0
    with pytest.raises(JournalUnavailable) as caught:
        while True:
            journal.commit(records(number, 20))
            number += 20
            journal.seal(batch(seq, number - 20, 20))
            seq += 1
    assert "full" in str(caught.value)
    assert "free space" in caught.value.advice
    assert (journal.count(), journal.sealed_upto()) == (number, number - 20)
    with pytest.raises(JournalUnavailable, match="wait to be sealed"):
        while True:
            journal.commit(records(number, 20))
            number += 20
    assert (journal.crowded(), journal.roomy()) == (True, False)
    assert [r.number for r in journal.records(0, 9999)] == list(range(number))
    journal.close()
    journal = open_at(path)
    assert journal.count() == number
    journal.seal(batch(seq, journal.sealed_upto(), number - journal.sealed_upto()))
    assert (journal.crowded(), journal.roomy()) == (False, True)
    journal.commit(records(number, 20))
    assert journal.leaves(0, 9999) == [r.to_bytes() for r in records(0, number + 20)]
    journal.close()


LIMITED = """
import resource, signal, sys
from pathlib import Path
from tests.agent.journal.test_ring_journal import batch, open_at, records
from agent.journal.journal import JournalUnavailable

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = open_at(Path(sys.argv[1]))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
number = seq = failed = 0
while failed < 3:
    try:
        journal.commit(records(number, 50))
        number += 50
        upto = journal.sealed_upto()
        journal.seal(batch(seq, upto, number - upto))
        seq += 1
    except JournalUnavailable as error:
        failed += 1
assert journal.count() == number, (journal.count(), number)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
journal.commit(records(number, 50))
print(number + 50)
"""


@pytest.mark.parametrize("limit", [60_000, 150_000])
def test_a_disk_that_refuses_to_grow(tmp_path: Path, limit):
    """At 60,000 bytes the ring's slots behind it fail too, at 150,000 only the batches do."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "j"), str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reader = open_reader(tmp_path / "j")
    assert reader.count() == int(done.stdout)
    assert [r.number for r in reader.records(0, 99999)] == list(range(reader.count()))
    reader.close()


WRITER = """
import sys
from pathlib import Path
from tests.agent.journal.test_ring_journal import open_at, records

journal = open_at(Path(sys.argv[1]))
number = journal.next_number()
while True:
    journal.commit(records(number, 5))
    number += 5
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path):
    path = tmp_path / "j"
    acknowledged = 0
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(12):
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        writer.wait()
        writer.stdout.close()
        journal = open_at(path)
        count = journal.count()
        assert count >= acknowledged
        assert journal.leaves(0, count + 1) == [r.to_bytes() for r in records(0, count)]
        journal.close()


def test_batches_follow_one_another(journal):
    journal.commit(records(0, 10))
    for wrong in (batch(1, 0, 4), batch(0, 1, 4), batch(0, 0, 11)):
        with pytest.raises(OutOfOrder):
            journal.seal(wrong)
    journal.seal(batch(0, 0, 4))
    journal.seal(batch(0, 0, 4))  # the same again, after an unknown outcome
    with pytest.raises(OutOfOrder):
        journal.seal(batch(0, 0, 5))
    with pytest.raises(OutOfOrder):
        journal.seal(batch(1, 5, 2))
    journal.seal(batch(1, 4, 3, urgent=True))
    assert journal.head() == batch(1, 4, 3, urgent=True)
    assert journal.sealed_upto() == 7
    assert journal.batch_of(3).batch.seq == 0
    assert journal.batch_of(4).batch.seq == 1
    assert journal.batch_of(7) is None


def test_a_batch_of_another_epoch_is_refused(journal):
    journal.commit(records(0, 10))
    with pytest.raises(OutOfOrder):
        journal.seal(replace(batch(0, 0, 4), epoch=b"x" * 16))


def test_a_body_that_is_not_the_records_frees_nothing(journal):
    """The ring's copy goes with the seal, so the body must give every byte back."""
    journal.commit(records(0, 10))
    right = batch(0, 0, 4)
    others = [record(0).to_bytes(), *(record(n, wall_ms=1).to_bytes() for n in (1, 2, 3))]
    wrong = build_batch(AUTHOR, Place(0, 0, None), others, b"s" * 32, 1, urgent=False)
    for body in (wrong.body, b"", right.body[:-1], batch(0, 0, 3).body):
        with pytest.raises(OutOfOrder, match="batch 0"):
            journal.seal(replace(right, body=body))
    with pytest.raises(OutOfOrder, match="batch 0"):
        journal.seal(replace(right, statement=b"st0"))
    assert journal.leaves(0, 99) == [r.to_bytes() for r in records(0, 10)]
    assert journal.head() is None
    journal.seal(right)


def test_the_life_of_batches(journal):
    journal.commit(records(0, 10))
    for seq in range(4):
        journal.seal(batch(seq, 2 * seq, 2, urgent=seq == 2))
    counts = journal.counts()
    assert (counts.sealed, counts.batches, counts.unsealed, counts.unsent_records) == (4, 4, 2, 10)
    assert counts.oldest_unsent_ms == record(0).wall_ms

    journal.set_accepted([0, 1, 2], 5000)
    journal.set_refused(3, "bad-order", "a hole before seq 3")
    confirmations = [Confirmation(0, 70, b"r0", 90), Confirmation(1, 71, b"r1", 90)]
    journal.set_confirmed(confirmations, b"note", 6000)
    journal.set_confirmed(confirmations, b"note", 6000)

    row = journal.batch(1)
    assert row.state is BatchState.CONFIRMED
    assert (row.accepted_ms, row.confirmed_ms, row.entry_index) == (5000, 6000, 71)
    assert (row.receipt, row.checkpoint_size) == (b"r1", 90)
    assert journal.checkpoint(90) == b"note"
    refused = journal.batch(3)
    assert (refused.state, refused.error_code, refused.error_text) == (
        BatchState.REFUSED,
        "bad-order",
        "a hole before seq 3",
    )
    assert [p.seq for p in journal.pending(BatchState.ACCEPTED, 10)] == [2]
    counts = journal.counts()
    assert (counts.sealed, counts.accepted, counts.confirmed, counts.refused) == (0, 1, 2, 1)
    assert counts.unsent_records == 4
    assert counts.oldest_unsent_ms == record(6).wall_ms

    journal.set_accepted([0, 3], 7000)  # what is proven stays proven; a refusal may be overruled
    assert journal.batch(0).state is BatchState.CONFIRMED
    assert journal.batch(3).state is BatchState.ACCEPTED
    assert journal.batch(3).error_code == ""
    assert [row.batch.seq for row in journal.batches(1, 2)] == [1, 2]


PROOF = [Confirmation(0, 70, b"r0", 90)], b"note", 6000


def on_disk(tmp_path):
    """Return the states that a power cut now would leave."""
    with closing(open_reader(tmp_path / "journal.sqlite")) as reader:
        return [row.state for row in reader.batches(0, 99)]


def test_a_deferred_proof_goes_with_the_next_batch_in_one_transaction(journal, tmp_path):
    sealed(journal, 1)
    journal.set_confirmed(*PROOF, deferred=True)
    assert on_disk(tmp_path) == [BatchState.SEALED]
    began = []
    journal._batches._connection.set_trace_callback(
        lambda sql: began.append(sql) if sql.startswith(("BEGIN", "COMMIT")) else None
    )
    journal.commit(records(2, 2))
    journal.seal(batch(1, 2, 2))
    assert on_disk(tmp_path) == [BatchState.CONFIRMED, BatchState.SEALED]
    assert began == ["BEGIN IMMEDIATE", "COMMIT"]


@pytest.mark.parametrize("how", ["flush", "question", "close"])
def test_a_deferred_proof_is_written_when_it_is_wanted(journal, tmp_path, how):
    sealed(journal, 1)
    journal.set_confirmed(*PROOF, deferred=True)
    if how == "question":
        assert journal.batch(0).state is BatchState.CONFIRMED
    else:
        getattr(journal, how)()
    assert on_disk(tmp_path) == [BatchState.CONFIRMED]


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize("statement", ["BEGIN", "COMMIT"])
def test_a_disk_that_refuses_once_does_not_forget_what_is_deferred(tmp_path, statement, persisted):
    journal = open_at(tmp_path / "journal.sqlite", faulty_connect)
    sealed(journal, 1)
    journal.set_confirmed(*PROOF, deferred=True)
    journal.commit(records(2, 2))
    FaultyConnection.fault, FaultyConnection.persisted = statement, persisted
    with pytest.raises(JournalUnavailable):
        journal.seal(batch(1, 2, 2))
    journal.seal(batch(1, 2, 2))
    assert on_disk(tmp_path) == [BatchState.CONFIRMED, BatchState.SEALED]
    assert journal.checkpoint(90) == b"note"
    journal.close()


def test_a_disk_that_takes_nothing_can_be_read_with_a_proof_deferred(tmp_path):
    journal = open_at(tmp_path / "journal.sqlite", faulty_connect)
    sealed(journal, 1)
    journal.set_confirmed(*PROOF, deferred=True)
    FaultyConnection.fault, FaultyConnection.persisted = "BEGIN", False
    assert journal.batch(0).state is BatchState.SEALED
    assert journal.batch(0).state is BatchState.CONFIRMED, "the disk is well again"
    journal.close()


def sealed(journal, count, urgent=()):
    journal.commit(records(0, 2 * count))
    for seq in range(count):
        journal.seal(batch(seq, 2 * seq, 2, urgent=seq in urgent))


def owed(journal, rank, newest_from=0, limit=9):
    return [batch.seq for batch in journal.bodies_owed(rank, newest_from, limit)]


def test_pending_comes_by_state_and_in_order(journal):
    sealed(journal, 5)
    journal.set_accepted([1], 5000)
    assert [p.seq for p in journal.pending(BatchState.SEALED, 3)] == [0, 2, 3]
    (found,) = journal.pending(BatchState.ACCEPTED, 3)
    stored = journal.batch(1).batch
    assert (found.seq, found.statement) == (1, stored.statement)
    assert found.body_bytes == len(stored.body)


def test_bodies_are_owed_by_rank_once_their_statement_is_taken(journal):
    sealed(journal, 8, urgent=(2, 5))
    assert not any(owed(journal, rank) for rank in Rank)
    journal.set_accepted(range(7), 5000, with_body=False)
    journal.set_confirmed([Confirmation(1, 70, b"r1", 90)], b"note", 6000)
    assert owed(journal, Rank.URGENT) == [2, 5]
    assert owed(journal, Rank.NEWEST, 4) == [6, 4]
    assert owed(journal, Rank.BACKLOG, 4) == [0, 1, 3]
    assert owed(journal, Rank.BACKLOG, 4, limit=2) == [0, 1]
    counts = journal.counts()
    assert (counts.sealed, counts.bodies_owed, counts.unsent_records) == (1, 8, 16)
    assert counts.oldest_unsent_ms == record(0).wall_ms

    journal.set_body_taken([0, 1, 2], 7000)
    journal.set_body_taken([0], 8000)
    assert journal.batch(0).body_ms == 7000
    assert owed(journal, Rank.URGENT) == [5]
    assert owed(journal, Rank.BACKLOG, 4) == [3]
    counts = journal.counts()
    assert (counts.bodies_owed, counts.unsent_records) == (5, 10)
    assert counts.oldest_unsent_ms == record(6).wall_ms


def test_what_a_node_forgot_is_unsent_again(journal):
    sealed(journal, 4)
    journal.set_accepted(range(4), 5000)
    journal.set_confirmed([Confirmation(1, 70, b"r1", 90)], b"note", 6000)
    journal.set_forgotten(0)
    assert [p.seq for p in journal.pending(BatchState.SEALED, 9)] == [2, 3]
    assert journal.batch(1).body_ms == 5000
    assert journal.counts().bodies_owed == 2


@pytest.mark.parametrize("rank", list(Rank))
def test_a_long_backlog_is_read_through_the_index(journal, tmp_path, rank):
    """A table scan would read every body's pages for each round that is sent."""
    plans = []

    def explain(sql, *args):
        connection = sqlite3.connect(tmp_path / "journal.sqlite")
        plans.extend(row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, args))
        rows = connection.execute(sql, args).fetchall()
        connection.close()
        return rows

    sealed(journal, 3)
    sqlite_forwarding.unsent(explain)
    sqlite_forwarding.bodies_owed(explain, rank, 5, 9)
    sqlite_forwarding.pending(explain, BatchState.SEALED, 9)
    reads = [plan for plan in plans if "batch" in plan]
    assert len(reads) == 3
    assert all("batch_open" in plan for plan in reads), reads


def test_states_survive_reopening(tmp_path: Path):
    journal = open_at(tmp_path / "j")
    journal.commit(records(0, 4))
    journal.seal(batch(0, 0, 4))
    journal.set_confirmed([Confirmation(0, 1, b"r", 9)], b"note", 1)
    journal.close()
    journal = open_at(tmp_path / "j")
    assert journal.batch(0).state is BatchState.CONFIRMED
    assert journal.checkpoint(9) == b"note"
    journal.close()


def test_a_journal_of_another_gateway_is_refused(tmp_path: Path):
    open_at(tmp_path / "j").close()
    with pytest.raises(JournalDamaged, match="belongs to epoch"):
        RingJournal(tmp_path / "j", bytes(16), RING)


def test_other_files_are_refused(tmp_path: Path):
    (tmp_path / "text").write_text("no database " * 1000)
    with pytest.raises(JournalDamaged, match="damaged"):
        open_at(tmp_path / "text")
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(JournalDamaged, match="not a journal of Tallyman"):
        open_at(tmp_path / "other")
    with pytest.raises(JournalDamaged, match="not a journal of Tallyman"):
        open_reader(tmp_path / "other")


@pytest.mark.parametrize(("version", "text"), [(3, "of another version"), (1, "of version 1")])
def test_other_versions_are_refused(tmp_path: Path, version, text):
    open_at(tmp_path / "j").close()
    with sqlite3.connect(tmp_path / "j") as other:
        other.execute(f"PRAGMA user_version = {version}")
    other.close()
    for opening in (open_at, open_reader):
        with pytest.raises(JournalDamaged, match=text) as caught:
            opening(tmp_path / "j")
        assert "move that file away" in caught.value.advice


def test_a_reader_sees_commits_beside_the_agent_and_writes_nothing(tmp_path: Path):
    journal = open_at(tmp_path / "j #1?%41")
    reader = open_reader(tmp_path / "j #1?%41")
    journal.commit(records(0, 3))
    assert reader.count() == 3
    journal.commit(records(3, 3))
    assert reader.records(4, 1) == records(4, 1)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._batches._connection.execute("DELETE FROM batch")
    journal.seal(batch(0, 0, 5))
    assert reader.count() == 6
    assert reader.records(3, 9) == records(3, 3)
    assert reader.counts().unsealed == 1
    reader.close()
    journal.close()


def test_a_reader_goes_on_while_the_ring_comes_round(tmp_path: Path):
    """Slots it has looked up are written again: what was there is sealed by then."""
    journal = open_at(tmp_path / "j")
    journal.commit(records(0, 5))
    reader = open_reader(tmp_path / "j")
    assert reader.count() == 5
    number = 5
    for seq in range(30):
        upto = journal.sealed_upto()
        journal.seal(batch(seq, upto, number - upto))
        for _ in range(5):
            journal.commit(records(number, 5))
            number += 5
        assert reader.records(upto, 99) == records(upto, number - upto)
    assert number > 64 * 5, "the ring came round"
    assert reader.leaves(0, 9999) == [r.to_bytes() for r in records(0, number)]
    assert reader.count() == number
    reader.close()
    journal.close()


def test_without_its_ring_a_journal_goes_on_behind_every_number_it_can_have_had(tmp_path: Path):
    journal = open_at(tmp_path / "j.sqlite")
    journal.commit(records(0, 5))
    journal.seal(batch(0, 0, 3))
    journal.close()
    ring_path(tmp_path / "j.sqlite").unlink()
    reader = open_reader(tmp_path / "j.sqlite")
    assert reader.records(0, 9) == records(0, 3)
    assert reader.count() == 3
    reader.close()
    journal = open_at(tmp_path / "j.sqlite")
    assert journal.opened.made
    assert journal.next_number() > 5
    assert journal.last() == records(2, 1)[0]
    journal.close()


def test_without_its_batches_a_journal_is_refused(tmp_path: Path):
    journal = open_at(tmp_path / "j")
    journal.commit(records(0, 5))
    journal.seal(batch(0, 0, 5))
    for number in range(5, 69):
        journal.commit(records(number, 1))
        if number == 20:
            journal.seal(batch(1, 5, 16))
    journal.close()
    (tmp_path / "j").unlink()
    with pytest.raises(JournalDamaged, match="is gone, and this gateway has recorded before"):
        open_at(tmp_path / "j")


def test_reading_what_is_not_there(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        open_reader(tmp_path / "none")
    (tmp_path / "empty").touch()
    with pytest.raises(JournalDamaged, match="empty"):
        open_reader(tmp_path / "empty")


def test_the_database_flushes_every_commit(journal):
    def pragma(name: str):
        return journal._batches._connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # FULL: the log is flushed before COMMIT returns
    assert pragma("page_size") == 1024  # less is written for the same batch
    assert pragma("cache_size") == -512  # KiB
    assert pragma("trusted_schema") == 0


def test_what_is_freed_is_zeroed_where_a_rule_erases(tmp_path: Path):
    journal = RingJournal(tmp_path / "j.sqlite", EPOCH, RING, erases=True)
    assert journal._batches._connection.execute("PRAGMA secure_delete").fetchone()[0] == 1
    assert journal.erases is True
    journal.close()
    journal = RingJournal(tmp_path / "j.sqlite", EPOCH, RING)
    assert journal.erases is False
    journal.close()


def held(folder: Path) -> set[str]:
    """Return the names of files below a folder that this process has open."""
    names = set()
    for fd in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            target = fd.readlink()
            if target.is_relative_to(folder):
                names.add(target.name)
    return names


def test_a_journal_that_is_closed_or_does_not_open_holds_no_file(tmp_path: Path):
    journal = open_at(tmp_path / "j.sqlite")
    reader = open_reader(tmp_path / "j.sqlite")
    assert {"j.sqlite", "j.ring"} <= held(tmp_path)
    reader.close()
    journal.close()
    assert held(tmp_path) == set()
    with pytest.raises(JournalDamaged):
        RingJournal(tmp_path / "j.sqlite", bytes(16), RING)
    ring_path(tmp_path / "j.sqlite").write_bytes(b"")
    for _ in range(2):
        with pytest.raises(JournalDamaged):
            open_at(tmp_path / "j.sqlite")
    (tmp_path / "text").write_text("no database " * 1000)
    for opening in (open_at, open_reader):
        with pytest.raises(JournalDamaged):
            opening(tmp_path / "text")
    assert held(tmp_path) == set()


def test_a_seal_writes_its_batch_and_once_an_opening_which_ring_is_beside_it(tmp_path: Path):
    journal = open_at(tmp_path / "j.sqlite")
    journal.commit(records(0, 6))
    journal.seal(batch(0, 0, 2))
    journal.close()
    journal = open_at(tmp_path / "j.sqlite")
    connection = journal._batches._connection
    counts = []
    for seq in (1, 2):
        before = connection.total_changes
        journal.seal(batch(seq, 2 * seq, 2))
        counts.append(connection.total_changes - before)
    assert counts == [1 + 2, 1]
    noted = dict(connection.execute("SELECT name, value FROM meta WHERE name LIKE 'ring %'"))
    assert noted == {"ring slots": 64, "ring generation": 2}
    journal.close()


def test_what_was_deferred_is_written_once(journal):
    journal.commit(records(0, 2))
    journal.seal(batch(0, 0, 2))
    journal.set_confirmed([Confirmation(0, 1, b"r", 9)], b"note", 1, deferred=True)
    connection = journal._batches._connection
    before = connection.total_changes
    journal.flush()
    after = connection.total_changes
    assert after > before
    journal.flush()
    assert journal.batch(0).state is BatchState.CONFIRMED
    assert connection.total_changes == after


def test_a_reader_of_a_journal_without_a_batch(tmp_path: Path):
    open_at(tmp_path / "j.sqlite").close()
    reader = open_reader(tmp_path / "j.sqlite")
    assert (reader.count(), reader.sealed_upto()) == (0, 0)
    assert (reader.head(), reader.last(), reader.batch_of(0)) == (None, None, None)
    assert (reader.leaves(0, 9), reader.batches(0, 9), reader.last_urgent()) == ([], [], -1)
    counts = reader.counts()
    assert (counts.records, counts.batches, counts.unsent_records) == (0, 0, 0)
    assert (counts.confirmed_upto, counts.oldest_unsent_ms) == (0, None)
    reader.close()


def test_the_batch_that_was_sealed_last_is_in_memory(journal):
    assert journal.newest() is None
    journal.commit(records(0, 6))
    for seq in range(2):
        journal.seal(batch(seq, 3 * seq, 3))
        assert journal.newest() == batch(seq, 3 * seq, 3)


@pytest.mark.parametrize("prunes", [True, False])
def test_a_full_disk_is_tried_again_once_a_body_has_gone(journal, monkeypatch, prunes):
    journal.commit(records(0, 3))
    seal, tries = journal._written.seal, []

    def full_once(*args):
        tries.append(args)
        if len(tries) == 1:
            raise JournalUnavailable("no room", state=StorageState.FULL)
        seal(*args)

    monkeypatch.setattr(journal._written, "seal", full_once)
    monkeypatch.setattr(journal._written, "prune", lambda: prunes)
    if not prunes:
        with pytest.raises(JournalUnavailable, match="no room"):
            journal.seal(batch(0, 0, 3))
        assert (len(tries), journal.sealed_upto()) == (1, 0)
        return
    journal.seal(batch(0, 0, 3))
    assert (len(tries), journal.sealed_upto()) == (2, 3)


def test_a_disk_that_fails_is_not_tried_again_at_once(journal, monkeypatch):
    def failing(*_):
        raise JournalUnavailable("no answer", state=StorageState.FAILING)

    pruned = []
    monkeypatch.setattr(journal._written, "seal", failing)
    monkeypatch.setattr(journal._written, "prune", lambda: pruned.append(1) or True)
    journal.commit(records(0, 3))
    with pytest.raises(JournalUnavailable, match="no answer"):
        journal.seal(batch(0, 0, 3))
    assert pruned == []


def test_numbers_that_were_given_up_are_sealed_without_records(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    journal = open_at(path)
    journal.commit(records(0, 3))
    journal.seal(batch(0, 0, 3))
    journal.close()
    ring_path(path).unlink()
    journal = open_at(path)
    lost = journal.lost()
    assert lost.first == 3
    gap = build_gap(AUTHOR, Place.after(batch(0, 0, 3)), lost, 1_790_000_000)
    with pytest.raises(OutOfOrder, match="batch 1 has records that were given up"):
        journal.seal(replace(gap, body=b"records"))
    journal.seal(gap)
    assert (journal.lost(), journal.sealed_upto()) == (None, lost.end)
    journal.close()


def test_a_batch_that_waits_is_found_in_a_log_by_its_statement(journal):
    journal.commit(records(0, 3))
    journal.seal(batch(0, 0, 3))
    (waiting,) = journal.pending(BatchState.SEALED, 9)
    # A leaf is hashed behind a zero byte (RFC 9162, 2.1.1).
    assert waiting.leaf == hashlib.sha256(b"\0" + batch(0, 0, 3).statement).digest()
