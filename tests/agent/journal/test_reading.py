"""What a journal tells of its batches: to the agent that writes it, and to a reader beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from agent.journal.journal import (
    BatchRow,
    BatchState,
    Confirmation,
    Counts,
    JournalDamaged,
    JournalUnavailable,
    PendingBatch,
    Proof,
    Rank,
)
from agent.journal.retention import BodyRow
from agent.journal.ring_reader import open_reader
from tests.agent.journal.test_ring_journal import EPOCH, batch, open_at, record, records

BATCHES = [batch(seq, 3 * seq, 3, urgent=seq == 2) for seq in range(4)]
LEAVES = [each.to_bytes() for each in records(0, 14)]


def told(seq: int, state: BatchState, **more) -> BatchRow:
    known = dict.fromkeys(
        ("accepted_ms", "body_ms", "confirmed_ms", "entry_index", "receipt", "checkpoint_size")
    )
    known |= {"error_code": "", "error_text": ""} | more
    return BatchRow(batch=BATCHES[seq], state=state, **known)


ROWS = [
    told(
        0,
        BatchState.CONFIRMED,
        accepted_ms=50,
        body_ms=50,
        confirmed_ms=60,
        entry_index=7,
        receipt=b"receipt",
        checkpoint_size=9,
    ),
    told(1, BatchState.ACCEPTED, accepted_ms=50, body_ms=50),
    told(2, BatchState.SEALED),
    told(3, BatchState.REFUSED, error_code="gap", error_text="batch 9 is wanted"),
]
"""One in each state; the alarm is not sent yet, and two records are in no batch."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    journal = open_at(path)
    journal.commit(records(0, 14))
    for each in BATCHES:
        journal.seal(each)
    journal.set_accepted([0, 1], 50)
    journal.set_confirmed([Confirmation(0, 7, b"receipt", 9)], b"note", 60)
    journal.set_custody({0: b"signed"})
    journal.set_refused(3, "gap", "batch 9 is wanted")
    yield journal
    journal.close()


@pytest.fixture(params=["the agent's", "beside it"])
def reading(request, journal, path):
    if request.param == "the agent's":
        yield journal
        return
    reader = open_reader(path)
    yield reader
    reader.close()


def waiting(seq: int) -> PendingBatch:
    row = ROWS[seq]
    return PendingBatch(seq, row.state, seq == 2, row.batch.statement, len(row.batch.body))


def test_each_batch_with_how_far_it_got(reading):
    assert reading.epoch == EPOCH
    assert reading.batches(0, 9) == ROWS
    assert reading.batches(1, 2) == ROWS[1:3]
    assert reading.batch(3) == ROWS[3]
    assert reading.head() == BATCHES[3]
    assert reading.sealed_upto() == 12


def test_which_batch_holds_a_record(reading):
    seqs = [reading.batch_of(number) for number in (0, 2, 3, 8, 9, 11)]
    assert [row.batch.seq for row in seqs] == [0, 0, 1, 2, 3, 3]
    assert (reading.batch_of(12), reading.batch_of(-1)) == (None, None)


@pytest.mark.parametrize(
    ("first", "count"),
    [(0, 1), (1, 4), (2, 5), (3, 3), (0, 12), (10, 3), (11, 99), (12, 1), (5, 0)],
)
def test_records_come_in_order_and_no_more_than_asked_for(reading, first, count):
    assert reading.leaves(first, count) == LEAVES[first : first + count]


def test_what_waits_for_a_node(reading):
    assert reading.pending(BatchState.SEALED, 9) == [waiting(2)]
    assert reading.pending(BatchState.ACCEPTED, 9) == [waiting(1)]
    assert reading.pending(BatchState.REFUSED, 9) == [waiting(3)]
    assert reading.last_urgent() == 2
    assert reading.bodies_owed(Rank.URGENT, 0, 9) == []


def test_where_bodies_are(reading):
    statements = [each.statement for each in BATCHES]
    assert reading.bodies(0, 2) == [
        BodyRow(0, 0, 3, statements[0], here=True, taken=True, receipt=b"signed"),
        BodyRow(1, 3, 3, statements[1], here=True, taken=True, receipt=None),
        BodyRow(2, 6, 3, statements[2], here=True, taken=False, receipt=None),
    ]
    assert reading.custody_owed(-1, 9) == []


def test_what_vouches_for_a_batch(reading):
    assert reading.checkpoint(9) == b"note"
    assert reading.proofs(ROWS[0]) == [Proof(b"receipt", b"note")]
    assert [reading.proofs(row) for row in ROWS[1:]] == [[], [], []]
    with pytest.raises(KeyError):
        reading.checkpoint(8)


def test_how_much_is_where(reading, path):
    files = (
        path,
        path.with_suffix(".ring"),
        *(path.with_name(path.name + end) for end in ("-wal", "-shm")),
    )
    assert reading.counts() == Counts(
        records=14,
        unsealed=2,
        sealed=1,
        accepted=1,
        confirmed=1,
        refused=1,
        bodies_owed=2,
        unsent_records=8,
        oldest_unsent_ms=record(6).wall_ms,
        confirmed_upto=3,
        disk_bytes=sum(file.stat().st_size for file in files),
    )
    assert reading.counts().batches == 4


def test_where_no_rule_ever_was_nothing_is_erased_or_overdue(reading):
    assert (reading.erasures(0, 14), reading.erased_count(0, 14)) == ([], 0)
    assert reading.overdue("position") == 0


@pytest.mark.parametrize("seq", range(4))
def test_a_batch_whose_row_is_gone_hides_no_other(journal, path, seq):
    """As a damaged file may have it: what is left is found by its number."""
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DELETE FROM batch WHERE seq = ?", (seq,))
    reader = open_reader(path)
    end = 9 if seq == 3 else 12  # nothing tells any more that there was a fourth one
    for number in range(end):
        row = reader.batch_of(number)
        assert (None if row is None else row.batch.seq) == (
            None if number // 3 == seq else number // 3
        )
    assert reader.sealed_upto() == end
    reader.close()


def test_a_body_that_cannot_be_read_is_named(journal, path):
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE batch SET body = x'ff' WHERE seq = 1")
    assert journal.leaves(0, 3) == LEAVES[:3]
    with pytest.raises(JournalDamaged, match=f"batch 1 in {path} cannot be read: ") as caught:
        journal.leaves(3, 1)
    assert "keep the file" in caught.value.advice


def test_what_sqlite_refuses_is_told_as_the_journal_s_trouble(journal, path):
    reader = open_reader(path)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("ALTER TABLE batch RENAME TO other")
    with pytest.raises(JournalUnavailable, match="cannot be used: no such table: batch"):
        reader.batches(0, 9)
    reader.close()


def test_a_body_that_has_gone_is_passed_over(journal, path):
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE batch SET body = x'' WHERE seq IN (1, 3)")
    reader = open_reader(path)
    assert reader.leaves(2, 9) == [*LEAVES[2:3], *LEAVES[6:9], *LEAVES[12:14]]
    assert reader.records(3, 1) == records(6, 1)
    assert reader.last() == record(13)
    reader.close()
