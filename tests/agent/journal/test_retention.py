"""Limits in bytes: what goes first, what never goes, and what then becomes of telemetry."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from agent.chain.building import Place, build_batch
from agent.disclosure.bundling import BodyGone, Vouched, confirmed_rows, make_bundle
from agent.journal import retention
from agent.journal.journal import ArchiveFull, Confirmation, NoRoom, SealedBatch
from agent.journal.retention import Limits
from agent.journal.ring_journal import RingJournal
from agent.journal.storage_state import StorageState
from evidence.leaf import Record
from tests.agent.journal.test_ring_journal import AUTHOR, EPOCH, RING

BULK = 40
LIMITS = Limits(archive=200_000, alarms=60_000)


def bulky(number: int) -> Record:
    """A record that deflate does not make smaller."""
    text = random.Random(number).randbytes(450).hex()
    return Record(number, "d", "tag", 1, number, number, "none", None, "ok", {"uri": text})


def bulk(seq: int, *, urgent: bool = False) -> tuple[list[Record], SealedBatch]:
    records = [bulky(seq * BULK + at) for at in range(BULK)]
    place = Place(seq, seq * BULK, bytes(32) if seq else None)
    leaves = [record.to_bytes() for record in records]
    return records, build_batch(AUTHOR, place, leaves, b"s" * 32, 1, urgent=urgent)


@pytest.fixture
def journal(tmp_path: Path):
    journal = RingJournal(tmp_path / "journal.sqlite", EPOCH, RING * 8, limits=LIMITS)
    yield journal
    journal.close()


def add(journal: RingJournal, seq: int, *, urgent: bool = False) -> SealedBatch:
    records, batch = bulk(seq, urgent=urgent)
    if journal.count() == batch.first:
        journal.commit(records)
    journal.seal(batch)
    return batch


def fill(journal: RingJournal) -> int:
    """Store batches until the archive takes no more; return how many it took."""
    for seq in range(1000):
        try:
            add(journal, seq)
        except ArchiveFull:
            return seq
    raise AssertionError("there is no limit")


def confirm(journal: RingJournal, *seqs: int) -> None:
    journal.set_accepted(seqs, 1)
    journal.set_confirmed([Confirmation(seq, seq, b"receipt", 9) for seq in seqs], b"note", 2)


def gone(journal: RingJournal) -> list[int]:
    return [row.batch.seq for row in journal.batches(0, 9999) if not row.batch.body]


def test_the_archive_is_bounded_and_says_what_to_do(journal):
    count = fill(journal)
    assert count > 3
    used = journal._written.used_bytes()
    assert LIMITS.archive <= used < LIMITS.archive + 50_000
    with pytest.raises(ArchiveFull) as caught:
        add(journal, count)
    assert caught.value.state is StorageState.LIMIT
    assert "archive_bytes" in caught.value.advice
    assert gone(journal) == []
    assert not journal.make_room()


@pytest.mark.parametrize("step", ["nothing", "accepted", "confirmed", "custody"])
def test_neither_proof_nor_custody_alone_lets_a_body_go(journal, step):
    count = fill(journal)
    every = range(count)
    if step in ("accepted", "custody"):
        journal.set_accepted(every, 1)
    if step == "confirmed":
        confirm(journal, *every)
    if step == "custody":
        journal.set_custody(dict.fromkeys(every, b"custody"))
    with pytest.raises(ArchiveFull):
        add(journal, count)
    assert gone(journal) == []


def test_the_oldest_telemetry_goes_first_and_its_proof_stays(journal, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    alarm = add(journal, 0, urgent=True)
    seq = 1
    while journal.make_room():
        add(journal, seq)
        seq += 1
    before = journal.batches(0, seq)
    confirm(journal, *range(seq))
    journal.set_custody(dict.fromkeys(range(seq), b"custody"))
    add(journal, seq)
    assert gone(journal) == [1], "the oldest that is no alarm, and no more than needed"
    for old, new in zip(before, journal.batches(0, seq - 1), strict=True):
        assert new.batch.statement == old.batch.statement
        assert new.receipt == b"receipt"
    assert journal.batch(0).batch.body == alarm.body
    for more in range(seq + 1, 3 * seq):
        confirm(journal, more - 1)
        journal.set_custody({more - 1: b"custody"})
        add(journal, more)
    assert 0 not in gone(journal)
    assert gone(journal) == list(range(1, len(gone(journal)) + 1))


def test_alarms_go_last_and_the_newest_batch_never(journal):
    urgent = 0
    while journal._limits.allows(journal._written.used_bytes(), urgent=True):
        add(journal, urgent, urgent=True)
        urgent += 1
    with pytest.raises(ArchiveFull):
        add(journal, urgent, urgent=True)
    confirm(journal, *range(urgent))
    journal.set_custody(dict.fromkeys(range(urgent), b"custody"))
    assert journal.make_room()
    assert gone(journal) == list(range(min(urgent - 1, retention.AT_ONCE)))
    add(journal, urgent, urgent=True)


def test_alarms_have_bytes_of_their_own(journal):
    count = fill(journal)
    records, batch = bulk(count, urgent=True)
    assert [record.number for record in records] == list(range(batch.first, batch.first + BULK))
    journal.seal(batch)
    assert journal.head() == batch


def test_records_that_have_gone_are_passed_over_and_named(journal):
    count = fill(journal)
    confirm(journal, *range(count))
    journal.set_custody({0: b"custody", 1: b"custody"})
    assert journal.records(0, 1)[0].number == 0
    assert journal.make_room()
    assert gone(journal) == [0, 1]
    assert journal.records(0, 1)[0].number == 2 * BULK
    assert [r.number for r in journal.records(BULK, 3)] == [2 * BULK, 2 * BULK + 1, 2 * BULK + 2]
    assert journal.count() == (count + 1) * BULK
    assert [r.number for r in journal.records(BULK, 9999)] == list(
        range(2 * BULK, (count + 1) * BULK)
    )
    rows = confirmed_rows(journal, 0, BULK)
    with pytest.raises(BodyGone) as caught:
        make_bundle([[Vouched(row, {}) for row in rows]], None)
    assert f"records 0 to {BULK - 1} are no longer on this gateway" in str(caught.value)


def test_the_limit_holds_after_a_new_start(tmp_path):
    path = tmp_path / "journal.sqlite"
    journal = RingJournal(path, EPOCH, RING * 8, limits=LIMITS)
    count = fill(journal)
    confirm(journal, *range(count))
    journal.set_custody(dict.fromkeys(range(count), b"custody"))
    journal.close()
    journal = RingJournal(path, EPOCH, RING * 8, limits=LIMITS)
    assert journal.records(count * BULK, 1)[0].number == count * BULK
    add(journal, count)
    journal.close()


def test_a_reserve_of_the_ring_is_for_those_who_may_use_it(tmp_path):
    journal = RingJournal(tmp_path / "journal.sqlite", EPOCH, RING * 4, alarm_bytes=RING)
    number = 0
    with pytest.raises(NoRoom):
        while True:
            journal.commit([bulky(number)])
            number += 1
    assert journal.crowded()
    assert not journal.roomy()
    assert journal.next_number() == number
    reserved = 0
    with pytest.raises(NoRoom):
        while True:
            journal.commit([bulky(number + reserved)], reserve=True)
            reserved += 1
    assert reserved == RING // 4096
    journal.close()
    journal = RingJournal(tmp_path / "journal.sqlite", EPOCH, RING * 4, alarm_bytes=RING)
    assert journal.count() == number + reserved, "a full ring opens"
    journal.close()


@pytest.mark.parametrize(
    ("used", "plain", "urgent"),
    [(99, True, True), (100, False, True), (149, False, True), (150, False, False)],
)
def test_an_archive_takes_one_more_batch_while_it_is_below_its_bytes(used, plain, urgent):
    limits = Limits(archive=100, alarms=50)
    assert limits.allows(used, urgent=False) is plain
    assert limits.allows(used, urgent=True) is urgent
    assert Limits().allows(10**15, urgent=False) is True, "a petabyte, as nobody set a limit"
