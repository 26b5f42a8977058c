"""Ring and archive that do not belong together: no number twice, no second history, no silence."""

from __future__ import annotations

import shutil
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.chain.building import Author, Place, build_batch, build_gap
from agent.journal.journal import JournalDamaged, OutOfOrder
from agent.journal.places import FILE_NAME, ring_path
from agent.journal.ring_block import BLOCK_BYTES, header_of
from agent.journal.ring_journal import RingJournal
from agent.journal.ring_reader import open_reader
from agent.signing.file_key import FileKey
from evidence.leaf import Record
from evidence.statement import parse_statement

EPOCH = bytes(range(16))
AUTHOR = Author(
    "urn:uuid:9f1c1d2e-0000-4000-8000-000000000007",
    EPOCH,
    FileKey(ec.derive_private_key(7, ec.SECP256R1())),
)
SLOTS = 64
RING = SLOTS * BLOCK_BYTES


def records(first: int, count: int) -> list[Record]:
    return [
        Record(n, "cold-1", "temperature", 3, n, n, "gnss", 9, "ok", {"temperature": n})
        for n in range(first, first + count)
    ]


def open_in(folder: Path, *, used: bool = False, size: int = RING) -> RingJournal:
    return RingJournal(folder / FILE_NAME, EPOCH, size, used=used)


def commit(journal: RingJournal, count: int) -> None:
    for number in range(journal.next_number(), journal.next_number() + count):
        journal.commit(records(number, 1))


def seal(journal: RingJournal, count: int) -> None:
    place = Place.after(journal.head())
    leaves = journal.leaves(place.first, count)
    journal.seal(build_batch(AUTHOR, place, leaves, b"s" * 32, 0, urgent=False))


def declare(journal: RingJournal) -> None:
    lost = journal.lost()
    assert lost is not None
    journal.seal(build_gap(AUTHOR, Place.after(journal.head()), lost, 0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A killed gateway's: batches of 10 and 20 records, then 15 that were acknowledged."""
    folder = tmp_path / "state"
    folder.mkdir()
    journal = open_in(folder)
    commit(journal, 10)
    seal(journal, 10)
    commit(journal, 20)
    seal(journal, 20)
    commit(journal, 15)
    journal.close()
    return folder


SHOWN = 45


def ring_of(folder: Path) -> Path:
    return ring_path(folder / FILE_NAME)


def zero(ring: Path, first: int = 0, last: int = SLOTS) -> None:
    data = bytearray(ring.read_bytes())
    data[first * BLOCK_BYTES : last * BLOCK_BYTES] = bytes((last - first) * BLOCK_BYTES)
    ring.write_bytes(data)


def cut(ring: Path, size: int) -> None:
    ring.write_bytes(ring.read_bytes()[:size])


RING_FAULTS: dict[str, Callable[[Path], object]] = {
    "gone": lambda ring: ring.unlink(),
    "emptied": lambda ring: cut(ring, 0),
    "zeroed": zero,
    "zeroed behind its first block": lambda ring: zero(ring, 1),
    "zeroed behind its newest": lambda ring: zero(ring, 45),
    "zeroed in its newest": lambda ring: zero(ring, 40),
    "cut within a block": lambda ring: cut(ring, 100),
    "cut to one block": lambda ring: cut(ring, BLOCK_BYTES),
    "cut before its newest": lambda ring: cut(ring, 38 * BLOCK_BYTES + 7),
    "cut behind its newest": lambda ring: cut(ring, 45 * BLOCK_BYTES),
}


@pytest.mark.parametrize("fault", RING_FAULTS)
def test_a_damaged_ring_is_a_declared_gap_with_new_numbers(folder: Path, fault: str):
    RING_FAULTS[fault](ring_of(folder))
    journal = open_in(folder, used=True)
    lost = journal.opened.lost
    assert lost is not None
    left = journal.leaves(0, 100)
    assert left == [record.to_bytes() for record in records(0, lost.first)]
    assert 30 <= lost.first <= SHOWN < lost.end == journal.next_number()
    assert journal.last() == records(lost.first - 1, 1)[0]
    commit(journal, 3)
    assert journal.counts().records == lost.first + 3
    assert journal.counts().unsealed == lost.first - 30 + 3
    journal.close()

    journal = open_in(folder, used=True)
    assert journal.opened.lost is None, "it is given up once"
    assert journal.lost() == lost
    if lost.first > 30:
        seal(journal, lost.first - 30)
    declare(journal)
    seal(journal, 3)
    assert journal.lost() is None
    assert journal.counts().records == lost.first + 3
    assert (journal.counts().unsealed, journal.custody_owed(-1, 9)) == (0, [])
    *_, gap, newest = [parse_statement(row.batch.statement) for row in journal.batches(0, 9)]
    assert gap.gap is not None
    assert (gap.first_record, gap.next_record) == (lost.first, lost.end)
    assert (newest.first_record, newest.claims.previous) == (lost.end, gap.digest)
    journal.close()

    journal = open_in(folder, used=True)
    assert (journal.opened.lost, journal.lost()) == (None, None)
    assert [Record.from_bytes(leaf).number for leaf in journal.leaves(0, 99)] == [
        *range(lost.first),
        *range(lost.end, lost.end + 3),
    ]
    journal.close()


def test_the_ring_that_is_whole_gives_nothing_up(folder: Path):
    journal = open_in(folder, used=True)
    assert (journal.opened.lost, journal.next_number()) == (None, SHOWN)
    journal.close()


@pytest.mark.parametrize("laps", [1, 3])
def test_a_ring_zeroed_where_nothing_can_have_been_goes_on(folder: Path, laps: int):
    journal = open_in(folder, used=True)
    for _ in range(laps * SLOTS // 16):
        commit(journal, 16)
        seal(journal, 10)
        seal(journal, 6)
    commit(journal, 4)
    end = journal.next_number()
    journal.close()
    data = ring_of(folder).read_bytes()
    headers = (header_of(data[at : at + BLOCK_BYTES]) for at in range(0, RING, BLOCK_BYTES))
    newest = max(header.sequence for header in headers if header is not None)
    far = (newest + 40) % SLOTS
    zero(ring_of(folder), far, far + 1)
    for more in range(4):
        journal = open_in(folder, used=True)
        assert (journal.opened.lost, journal.next_number()) == (None, end + 15 * more)
        commit(journal, 15)  # towards the blank block: by then it says that nothing was there
        journal.close()


@pytest.mark.parametrize("sealed", [True, False])
def test_an_older_copy_of_the_ring_is_told(folder: Path, tmp_path: Path, sealed: bool):
    """By the archive's newest record, or by the generation where nothing was sealed since."""
    shutil.copy(ring_of(folder), tmp_path / "old.ring")
    journal = open_in(folder, used=True)
    seal(journal, 5)
    commit(journal, 20)
    if sealed:
        seal(journal, 20)
    end = journal.next_number()
    journal.close()
    shutil.copy(tmp_path / "old.ring", ring_of(folder))
    journal = open_in(folder, used=True)
    assert journal.opened.lost is not None
    assert journal.next_number() > end
    journal.close()


def test_an_older_archive_is_refused_with_what_to_do(folder: Path, tmp_path: Path):
    shutil.copy(folder / FILE_NAME, tmp_path / "old")
    journal = open_in(folder, used=True)
    seal(journal, 15)
    commit(journal, 1)
    journal.close()
    shutil.copy(tmp_path / "old", folder / FILE_NAME)
    before = (folder / FILE_NAME).read_bytes(), ring_of(folder).read_bytes()
    with pytest.raises(JournalDamaged, match=r"knows of 3 batches, .* has 2") as caught:
        open_in(folder, used=True)
    assert "newest copy" in caught.value.advice
    assert "new-epoch" in caught.value.advice
    assert before == ((folder / FILE_NAME).read_bytes(), ring_of(folder).read_bytes())


@pytest.mark.parametrize("how", ["gone", "empty"])
@pytest.mark.parametrize("ring", ["there", "gone"])
def test_an_archive_that_is_not_there_is_no_new_one(folder: Path, how: str, ring: str):
    (folder / FILE_NAME).unlink()
    if how == "empty":
        (folder / FILE_NAME).touch()
    if ring == "gone":
        ring_of(folder).unlink()
    for _ in range(2):
        with pytest.raises(JournalDamaged, match=f"is {how}, and this gateway has") as caught:
            open_in(folder, used=True)
    assert "new-epoch" in caught.value.advice


def test_another_gateways_stores_are_refused(folder: Path, tmp_path: Path):
    shutil.copytree(folder, tmp_path / "other")
    with pytest.raises(JournalDamaged, match="belongs to epoch"):
        RingJournal(tmp_path / "other" / FILE_NAME, bytes(16), RING, used=True)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    RingJournal(fresh / FILE_NAME, bytes(16), RING).close()
    shutil.copy(ring_of(folder), ring_of(fresh))
    with pytest.raises(JournalDamaged, match="belongs to epoch"):
        RingJournal(fresh / FILE_NAME, bytes(16), RING, used=True)


def test_before_the_first_batch_a_lost_ring_is_refused(tmp_path: Path):
    """There is no statement that a declared gap could follow."""
    journal = open_in(tmp_path)
    commit(journal, 3)
    journal.close()
    ring_of(tmp_path).unlink()
    with pytest.raises(JournalDamaged, match="no batch tells") as caught:
        open_in(tmp_path, used=True)
    assert "new-epoch" in caught.value.advice


def test_openings_without_a_commit_are_no_damage(tmp_path: Path):
    """The archive notes no generation that the ring does not say: not at first, not with a gap."""
    journal = open_in(tmp_path)
    journal.close()
    forget_ring(tmp_path)
    for _ in range(3):
        open_in(tmp_path, used=True).close()
    journal = open_in(tmp_path, used=True)
    commit(journal, 3)
    seal(journal, 3)
    journal.close()
    ring_of(tmp_path).unlink()
    for _ in range(3):
        open_in(tmp_path, used=True).close()
    journal = open_in(tmp_path, used=True)
    declare(journal)
    journal.close()
    journal = open_in(tmp_path, used=True)
    assert (journal.opened.lost, journal.lost()) == (None, None)
    journal.close()


def test_damaged_again_before_it_was_declared(folder: Path):
    zero(ring_of(folder), 40)
    journal = open_in(folder, used=True)
    first = journal.lost()
    journal.close()
    ring_of(folder).unlink()
    journal = open_in(folder, used=True)
    again = journal.lost()
    assert first is not None
    assert again is not None
    assert (first.first, again.first) == (40, 30)
    assert again.end > first.end
    commit(journal, 2)
    journal.close()
    zero(ring_of(folder), 3)
    with pytest.raises(JournalDamaged, match="damaged again before"):
        open_in(folder, used=True)


def test_only_a_gap_may_stand_for_what_was_given_up(folder: Path):
    ring_of(folder).unlink()
    journal = open_in(folder, used=True)
    lost = journal.lost()
    assert lost is not None
    place = Place.after(journal.head())
    some = [record.to_bytes() for record in records(30, 15)]
    with pytest.raises(OutOfOrder):
        journal.seal(build_batch(AUTHOR, place, some, b"s" * 32, 0, urgent=False))
    journal.close()


def test_a_reader_beside_sees_the_same(folder: Path):
    zero(ring_of(folder), 40)
    journal = open_in(folder, used=True)
    commit(journal, 3)
    reader = open_reader(folder / FILE_NAME)
    assert reader.count() == journal.count()
    assert reader.counts() == journal.counts()
    assert reader.leaves(35, 8) == journal.leaves(35, 8)
    assert len(journal.leaves(35, 8)) == 8
    reader.close()
    journal.close()


def test_a_ring_of_another_size_is_no_damage(folder: Path):
    for size in (2 * RING, RING // 2, RING):
        journal = open_in(folder, used=True, size=size)
        assert (journal.opened.lost, journal.next_number()) == (None, SHOWN)
        assert ring_of(folder).stat().st_size == size
        journal.close()


def old_ring(folder: Path, end: int) -> None:
    """Make the ring one of before there were pairings: one record a block, zeros behind."""
    data = bytearray(RING)
    for number in range(end):
        leaf = records(number, 1)[0].to_bytes()
        payload = len(leaf).to_bytes(4) + leaf
        head = b"TLRB\x01\x00" + len(payload).to_bytes(2) + b"\0\0\0\x01" + EPOCH
        head += number.to_bytes(8) + number.to_bytes(8) + (1).to_bytes(4)
        head += zlib.crc32(payload, zlib.crc32(head + bytes(4))).to_bytes(4)
        at = number * BLOCK_BYTES
        data[at : at + len(head + payload)] = head + payload
    ring_of(folder).write_bytes(data)


def forget_ring(folder: Path) -> None:
    connection = sqlite3.connect(folder / FILE_NAME)
    connection.execute("DELETE FROM meta WHERE name LIKE 'ring %'")
    connection.commit()
    connection.close()


def test_stores_of_before_are_read_and_belong_together_from_then_on(folder: Path):
    forget_ring(folder)
    old_ring(folder, SHOWN)
    journal = open_in(folder, used=True)
    assert (journal.opened.lost, journal.next_number()) == (None, SHOWN)
    assert journal.leaves(0, 99) == [record.to_bytes() for record in records(0, SHOWN)]
    journal.close()
    zero(ring_of(folder), 1)
    journal = open_in(folder, used=True)
    assert journal.opened.lost is not None
    journal.close()


def test_a_ring_of_before_that_is_blank_is_told_by_the_batches(folder: Path):
    forget_ring(folder)
    zero(ring_of(folder))
    journal = open_in(folder, used=True)
    assert journal.opened.lost is not None
    assert journal.next_number() > SHOWN
    journal.close()


def test_a_ring_of_before_in_the_place_of_a_newer_one_is_told(folder: Path):
    old_ring(folder, 35)
    journal = open_in(folder, used=True)
    assert journal.opened.lost is not None
    journal.close()
