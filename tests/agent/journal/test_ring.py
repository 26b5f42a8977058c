"""The ring under a failing disk and power cuts: nothing acknowledged is lost, twice, or out of order."""

from __future__ import annotations

import errno
import os
import random
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.journal.journal import JournalDamaged, JournalUnavailable, OutOfOrder
from agent.journal.pairing import ArchiveFacts, LostRecords
from agent.journal.ring import Opened, Ring, RingFull
from agent.journal.ring_block import BLOCK_BYTES, ROOM, SECTOR_BYTES, Pairing
from foundation.durable import Disk

EPOCH = bytes(range(16))
SLOTS = 32
SIZE = SLOTS * BLOCK_BYTES


def leaves(first: int, count: int, size: int = 100) -> list[bytes]:
    """Records that begin with their number; the rest is noise, which nothing packs."""
    heads = [b"%d " % number for number in range(first, first + count)]
    return [head + random.Random(head).randbytes(size - len(head)) for head in heads]


class TrickyDisk(Disk):
    """Does to the next write what `fault` says; knows what the medium holds when power goes."""

    def __init__(self) -> None:
        self.fault = ""
        self.sectors: set[int] = set()
        self.calls: list[str] = []
        self.unflushed: list[tuple[int, int, bytes]] = []

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self.calls.append("pwrite")
        if self.fault == "pwrite fails":
            raise OSError(self.pop(), "input/output error")
        self.unflushed.append((fd, offset, os.pread(fd, len(data), offset)))
        if self.fault == "short write":
            self.pop()
            return os.pwrite(fd, data[: len(data) // 2], offset)
        return os.pwrite(fd, data, offset)

    def fdatasync(self, fd: int) -> None:
        self.calls.append("fdatasync")
        if self.fault:
            if self.fault == "fdatasync fails but persisted":
                self.unflushed = []
            raise OSError(self.pop(), "input/output error")
        os.fdatasync(fd)
        self.unflushed = []

    def pop(self) -> int:
        self.fault = ""
        return errno.EIO

    def cut_power(self, path: Path) -> None:
        """Put back what was not flushed, but for those sectors that made it."""
        with path.open("r+b") as file:
            for _, offset, old in reversed(self.unflushed):
                for at in range(0, len(old), SECTOR_BYTES):
                    if at // SECTOR_BYTES not in self.sectors:
                        os.pwrite(file.fileno(), old[at : at + SECTOR_BYTES], offset + at)
        self.unflushed = []


def open_ring(tmp_path: Path, disk: Disk | None = None, base: int = 0, size: int = SIZE) -> Ring:
    return Ring(tmp_path / "ring", EPOCH, ArchiveFacts(0, base), size, disk or Disk())


def content(ring: Ring) -> list[bytes]:
    return ring.leaves(0, 10_000)


FAULTS = ["pwrite fails", "short write", "fdatasync fails", "fdatasync fails but persisted"]


def test_a_disk_that_takes_half_is_full(tmp_path):
    disk = TrickyDisk()
    ring = open_ring(tmp_path, disk)
    disk.fault = "short write"
    with pytest.raises(JournalUnavailable, match="No space left on device") as caught:
        ring.append(leaves(0, 1))
    assert caught.value.advice.startswith("free space")
    ring.close()


@pytest.mark.parametrize("size", [100, 2 * ROOM])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_commit_is_written_anew_in_other_slots(tmp_path, fault, size):
    disk = TrickyDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 3))
    before = ring._slots.sequence
    disk.fault = fault
    with pytest.raises(JournalUnavailable) as caught:
        ring.append(leaves(3, 1, size))
    assert caught.value.advice
    assert ring.upto == 3
    assert content(ring) == leaves(0, 3)
    tried, disk.calls = ring._slots.sequence, []
    assert tried > before
    ring.append([*leaves(3, 1, size), *leaves(4, 1)])
    assert ring._slots.extents[-1].sequence >= tried, "never the same slots again"
    assert disk.calls == ["pwrite", "fdatasync"], "one write and one flush"
    expected = [*leaves(0, 3), *leaves(3, 1, size), *leaves(4, 1)]
    assert content(ring) == expected
    ring.close()
    disk.cut_power(tmp_path / "ring")
    ring = open_ring(tmp_path)
    assert content(ring) == expected
    assert ring.opened.torn == 0, "a failed write that was repeated is nobody's loss"
    ring.close()


@pytest.mark.parametrize("size", [100, 2 * ROOM])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_power_cut_after_a_failed_commit(tmp_path, fault, size):
    disk = TrickyDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 3))
    disk.fault = fault
    with pytest.raises(JournalUnavailable):
        ring.append(leaves(3, 1, size))
    ring.close()
    disk.cut_power(tmp_path / "ring")
    ring = open_ring(tmp_path)
    persisted = fault == "fdatasync fails but persisted"
    assert content(ring) == [*leaves(0, 3), *(leaves(3, 1, size) if persisted else [])]
    ring.append(leaves(ring.upto, 2))
    assert ring.upto == (6 if persisted else 5)
    ring.close()


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("order", ["prefix", "suffix", "only", "random"])
def test_a_commit_torn_at_any_sector(tmp_path_factory, parts, order):
    size = (parts - 1) * ROOM + 3000
    sectors = parts * BLOCK_BYTES // SECTOR_BYTES
    rng = random.Random(7)
    for cut in range(sectors + 1):
        kept = {
            "prefix": set(range(cut)),
            "suffix": set(range(cut, sectors)),
            "only": {cut},
            "random": {n for n in range(sectors) if rng.random() < 0.8},
        }[order]
        folder = tmp_path_factory.mktemp("torn")
        disk = TrickyDisk()
        ring = open_ring(folder, disk)
        ring.append(leaves(0, 3))
        disk.fault, disk.sectors = "fdatasync fails", kept
        with pytest.raises(JournalUnavailable):
            ring.append(leaves(3, 1, size))
        ring.close()
        disk.cut_power(folder / "ring")
        check_torn(folder, kept, size, parts)


def check_torn(folder: Path, kept: set[int], size: int, parts: int) -> None:
    """Whole, or cut and declared, and declared just once."""
    per_block = BLOCK_BYTES // SECTOR_BYTES
    used = set(range(parts * per_block))
    last, pairing = (parts - 1) * per_block, parts * per_block - 1
    padding = {n for n in used if n >= last and (n - last) * SECTOR_BYTES >= 52 + 3000 + 4 * parts}
    used -= padding - {pairing}
    ring = open_ring(folder)
    if used <= kept:
        assert content(ring) == [*leaves(0, 3), *leaves(3, 1, size)]
        assert ring.opened.torn == 0
    else:
        assert content(ring) == leaves(0, 3)
        assert ring.opened.torn > 0 or not kept & used
        assert ring.opened.torn <= parts
    ring.close()
    again = open_ring(folder)
    assert (again.opened.torn, content(again)) == (0, content(again))
    upto = again.upto
    again.append(leaves(upto, 2))
    again.close()
    last_one = open_ring(folder)
    assert [int(leaf.split()[0]) for leaf in content(last_one)] == list(range(upto + 2))
    last_one.close()


def test_the_newest_commit_is_proven_at_open(tmp_path):
    """A process that dies between write and flush leaves pages that look durable and are not."""
    disk = TrickyDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 3))
    disk.fault = "fdatasync fails"
    with pytest.raises(JournalUnavailable):
        ring.append(leaves(3, 2))
    ring.close()  # killed, not cut: the next process reads the page cache
    ring = open_ring(tmp_path, disk2 := TrickyDisk())
    assert content(ring) == leaves(0, 5)
    assert disk2.calls == ["pwrite", "fdatasync"]
    ring.close()
    disk.cut_power(tmp_path / "ring")  # the pages that were never written are gone now
    ring = open_ring(tmp_path)
    assert content(ring) == leaves(0, 5)
    ring.close()


def test_no_slot_is_written_again_before_its_records_are_released(tmp_path):
    ring = open_ring(tmp_path)
    number = 0
    with pytest.raises(RingFull, match="wait to be sealed") as caught:
        while True:
            ring.append(leaves(number, 2))
            number += 2
    assert "tallyman status" in caught.value.advice
    assert ring.crowded
    assert content(ring) == leaves(0, number)
    ring.release(10, 0)
    ring.append(leaves(number, 2))
    assert ring.leaves(10, 999) == leaves(10, number - 8)
    ring.close()
    ring = open_ring(tmp_path, base=10)
    assert ring.leaves(10, 999) == leaves(10, number - 8)
    ring.close()


def test_a_full_ring_can_be_opened_again_and_again(tmp_path):
    """Each opening writes the newest commit anew; that must not use the ring up."""
    ring = open_ring(tmp_path)
    number = 0
    while True:
        try:
            ring.append(leaves(number, 1, 2 * ROOM - 200))
        except RingFull:
            break
        number += 1
    ring.close()
    for _ in range(2 * SLOTS):
        ring = open_ring(tmp_path)
        assert [leaf.split()[0] for leaf in content(ring)] == [b"%d" % n for n in range(number)]
        ring.close()


def test_failing_writes_do_not_use_the_ring_up(tmp_path):
    disk = TrickyDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 5))
    for _ in range(4 * SLOTS):
        disk.fault = "fdatasync fails but persisted"
        with pytest.raises(JournalUnavailable, match="Input/output error"):
            ring.append(leaves(5, 5, 1000))
        assert content(ring) == leaves(0, 5)
    ring.append(leaves(5, 2))
    ring.close()
    ring = open_ring(tmp_path)
    assert content(ring) == leaves(0, 7), "what failed before is not believed over what succeeded"
    ring.close()


def test_another_size_takes_the_records_along(tmp_path):
    ring = open_ring(tmp_path)
    for number in range(0, 20, 2):
        ring.append(leaves(number, 2))
    ring.close()
    for slots in (64, 16, 32):
        ring = open_ring(tmp_path, base=4, size=slots * BLOCK_BYTES)
        assert (tmp_path / "ring").stat().st_size == slots * BLOCK_BYTES
        assert ring.leaves(4, 99) == leaves(4, 16)
        ring.close()
    ring = open_ring(tmp_path, base=4)
    ring.append(leaves(20, 3))
    ring.close()
    ring = open_ring(tmp_path, base=4)
    assert ring.leaves(4, 99) == leaves(4, 19)
    ring.close()


def test_a_damaged_block_under_newer_ones_is_told_not_skipped(tmp_path):
    ring = open_ring(tmp_path)
    for number in range(4):
        ring.append(leaves(number, 1))
    ring.close()
    with (tmp_path / "ring").open("r+b") as file:
        file.seek(1 * BLOCK_BYTES + 100)
        file.write(b"\xff")
    with pytest.raises(JournalDamaged, match="has lost records 1 to 1 and holds newer ones"):
        open_ring(tmp_path)
    ring = open_ring(tmp_path, base=2)
    assert ring.leaves(2, 9) == leaves(2, 2), "what is sealed elsewhere is not missed"
    ring.close()


def test_a_ring_of_another_epoch_is_refused(tmp_path):
    ring = open_ring(tmp_path)
    ring.append(leaves(0, 1))
    ring.close()
    with pytest.raises(JournalDamaged, match="belongs to epoch"):
        Ring(tmp_path / "ring", bytes(16), ArchiveFacts(), SIZE)


@pytest.mark.parametrize("kept", [set(), {0}, {1, 2}, {0, 7}, {0, 1, 2, 3, 4, 5, 6, 7}])
def test_records_that_are_alike_share_a_block_whole_or_not_at_all(tmp_path, kept):
    alike = [b"%d " % number + b"." * 1000 for number in range(3, 15)]
    disk = TrickyDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 3))
    disk.fault, disk.sectors = "fdatasync fails", kept
    with pytest.raises(JournalUnavailable):
        ring.append(alike)
    ring.close()
    disk.cut_power(tmp_path / "ring")
    ring = open_ring(tmp_path)
    # Deflated, they take one sector of the eight, and the pairing the last; between are zeros.
    assert content(ring) == [*leaves(0, 3), *(alike if {0, 7} <= kept else [])]
    ring.append([b"next"])
    ring.close()
    ring = open_ring(tmp_path)
    assert content(ring)[-1] == b"next"
    ring.close()


def test_records_larger_than_a_block_and_than_a_commit(tmp_path):
    ring = open_ring(tmp_path)
    big = [b"b" * (3 * ROOM), b"c" * 10, b"d" * ROOM]
    ring.append(big)
    assert content(ring) == big
    with pytest.raises(OutOfOrder, match="too large"):
        ring.append([b"e" * 20 * ROOM])
    assert content(ring) == big
    ring.close()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_ring_that_cannot_be_made_leaves_none(tmp_path, step):
    class Failing(Disk):
        def fsync(self, fd: int) -> None:
            if step == "fsync":
                raise OSError(errno.ENOSPC, "no space left on device")

        def replace(self, source: Path, target: Path) -> None:
            raise OSError(errno.EROFS, "read-only file system")

    with pytest.raises(JournalUnavailable) as caught:
        open_ring(tmp_path, Failing())
    assert caught.value.advice
    assert list(tmp_path.iterdir()) == []
    open_ring(tmp_path).close()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_history_keeps_what_was_acknowledged(tmp_path_factory, data):
    """Commits, faults, seals, kills, cuts and reopenings in any order, against a plain list."""
    folder = tmp_path_factory.mktemp("history")
    disk = TrickyDisk()
    ring = open_ring(folder, disk)
    stored: list[bytes] = []
    base = 0
    for _ in range(data.draw(st.integers(1, 30))):
        step = data.draw(st.sampled_from(["commit", "commit", "fault", "seal", "kill", "cut"]))
        more = leaves(len(stored), data.draw(st.integers(1, 60)))
        if step == "fault":
            disk.fault = data.draw(st.sampled_from(FAULTS))
        if step in ("commit", "fault"):
            try:
                ring.append(more)
                stored += more
            except RingFull:
                disk.fault = ""
            except JournalUnavailable:
                stored = stored[:base] + ring.leaves(base, 10_000)  # commits before the failed one
        elif step == "seal":
            base = data.draw(st.integers(base, len(stored)))
            ring.release(base, 0)
        else:
            ring.close()
            if step == "cut":
                disk.sectors = data.draw(st.sets(st.integers(0, 15)))
                disk.cut_power(folder / "ring")
            ring = open_ring(folder, disk, base)
            found = ring.leaves(base, 10_000)
            assert found[: len(stored) - base] == stored[base:]
            stored = stored[:base] + found
            assert [int(leaf.split()[0]) for leaf in stored] == list(range(len(stored)))
        assert ring.leaves(base, 10_000) == stored[base:]
        assert ring.upto == len(stored)
    ring.close()


class ListeningDisk(Disk):
    """Says in which order a file's content and name are flushed."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def _note(self, call: str, fd: int) -> None:
        folder = stat.S_ISDIR(os.fstat(fd).st_mode)
        word = f"{call} {'folder' if folder else 'ring'}"
        if self.calls[-1:] != [word]:
            self.calls.append(word)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self._note("write", fd)
        return super().pwrite(fd, data, offset)

    def fsync(self, fd: int) -> None:
        self._note("fsync", fd)
        super().fsync(fd)

    def fdatasync(self, fd: int) -> None:
        self._note("fdatasync", fd)
        super().fdatasync(fd)

    def replace(self, source: Path, target: Path) -> None:
        self.calls.append("rename")
        super().replace(source, target)


MADE = ["write ring", "fsync ring", "rename", "fsync folder"]
"""Content before name, and the name before anything is acknowledged in it."""

COMMITTED = ["write ring", "fdatasync ring"]


def test_a_new_ring_is_on_the_medium_before_its_first_record(tmp_path):
    disk = ListeningDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 3))
    assert disk.calls == [*MADE, *COMMITTED]
    ring.close()


def test_a_ring_that_is_opened_again_has_its_name_on_the_medium_first(tmp_path):
    open_ring(tmp_path).close()
    disk = ListeningDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 3))
    assert disk.calls == ["fsync folder", *COMMITTED]
    ring.close()


def test_a_resized_ring_is_on_the_medium_before_it_takes_the_old_ones_place(tmp_path):
    ring = open_ring(tmp_path)
    ring.append(leaves(0, 3))
    ring.close()
    disk = ListeningDisk()
    ring = open_ring(tmp_path, disk, size=2 * SIZE)
    ring.append(leaves(3, 3))
    assert disk.calls == ["fsync folder", *MADE, *COMMITTED]
    assert content(ring) == leaves(0, 6)
    ring.close()


def test_a_torn_tail_is_cleared_on_the_medium_before_the_next_commit(tmp_path):
    disk = TrickyDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 3))
    disk.fault = "fdatasync fails"
    with pytest.raises(JournalUnavailable):
        ring.append(leaves(3, 100))
    ((_, offset, _),) = disk.unflushed
    disk.sectors = {offset // SECTOR_BYTES}  # one sector of it came to the medium
    ring.close()
    disk.cut_power(tmp_path / "ring")
    listening = ListeningDisk()
    ring = open_ring(tmp_path, listening)
    assert ring.torn is not None
    # Behind the note that it is to be declared: the cleared slots, then what proves the newest.
    assert listening.calls[-4:] == COMMITTED * 2
    ring.close()


def test_a_resized_ring_takes_as_much_as_one_that_was_always_so_large(tmp_path):
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    ring = open_ring(tmp_path / "small")
    ring.append(leaves(0, 3))
    ring.close()
    counts = []
    for name in ("small", "large"):
        ring = open_ring(tmp_path / name, size=2 * SIZE)
        number = ring.upto
        with pytest.raises(RingFull):
            while True:
                ring.append(leaves(number, 3))
                number += 3
        counts.append(number)
        ring.close()
    assert counts[0] == counts[1]


def test_numbers_that_are_given_up_are_on_the_medium_before_the_ring_goes_on(tmp_path):
    disk, archive = ListeningDisk(), ArchiveFacts(batches=1, upto=5, slots=SLOTS, generation=1)
    ring = Ring(tmp_path / "ring", EPOCH, archive, SIZE, disk)
    assert disk.calls == ["fsync ring", "rename", "fsync folder", *MADE]
    lost = LostRecords(5, 5 + SLOTS * 1287, "gone")
    assert ring.opened == Opened(True, 0, 0, lost.end, lost)
    ring.append(leaves(lost.end, 2))
    assert (ring.upto, ring.waiting) == (lost.end + 2, 2)
    ring.close()


@pytest.mark.parametrize(("known", "slots"), [(2 * SLOTS, 2 * SLOTS), (0, SLOTS)])
def test_a_ring_that_is_gone_may_have_held_what_its_own_size_took(tmp_path, known, slots):
    """An archive of before there were pairings does not know it: then it was as large as now."""
    archive = ArchiveFacts(batches=1, upto=5, slots=known, generation=1)
    ring = Ring(tmp_path / "ring", EPOCH, archive, SIZE)
    assert ring.lost == LostRecords(5, 5 + slots * 1287, "gone")
    ring.close()


def test_a_ring_that_is_wiped_has_its_name_before_anything_is_written_to_it(tmp_path):
    ring = open_ring(tmp_path)
    ring.append(leaves(0, 5))
    ring._file.disk = disk = ListeningDisk()
    ring.wipe(5)
    assert disk.calls == [], "nothing of it is in a batch"
    ring.release(3, 1)
    ring.wipe(5)
    assert disk.calls == MADE
    ring.append(leaves(5, 1))
    assert disk.calls == [*MADE, *COMMITTED]
    assert ring.leaves(3, 9) == leaves(3, 3)
    ring.close()
    data = (tmp_path / "ring").read_bytes()
    assert [leaf in data for leaf in leaves(0, 6)] == [False] * 3 + [True] * 3


def test_a_name_that_did_not_reach_the_medium_is_flushed_before_the_next_commit(tmp_path):
    class Nameless(ListeningDisk):
        failed = False

        def fsync(self, fd: int) -> None:
            super().fsync(fd)
            if not self.failed and self.calls[-1] == "fsync folder":
                self.failed = True
                raise OSError(errno.EIO, "input/output error")

    ring = open_ring(tmp_path)
    ring.append(leaves(0, 5))
    ring.release(3, 1)
    ring._file.disk = disk = Nameless()
    with pytest.raises(JournalUnavailable):
        ring.wipe(3)
    disk.calls = []
    ring.append(leaves(5, 1))
    ring.append(leaves(6, 1))
    assert disk.calls == ["fsync folder", *COMMITTED, *COMMITTED]
    ring.close()


def test_what_an_opening_finds_and_what_ring_and_archive_say_of_each_other(tmp_path):
    ring = open_ring(tmp_path)
    assert ring.opened == Opened(made=True, records=0, torn=0, next_number=0)
    assert (ring.standing, ring.pairing) == ((SLOTS, 1), Pairing(SLOTS, 1, 0))
    ring.append(leaves(0, 3))
    ring.close()
    ring = open_ring(tmp_path)
    assert ring.opened == Opened(made=False, records=3, torn=0, next_number=3)
    assert (ring.standing, ring.pairing) == ((SLOTS, 2), Pairing(SLOTS, 2, 0))
    ring.release(2, 4)
    ring.release(1, 3)  # what was sealed before
    assert (ring.waiting, ring.pairing) == (1, Pairing(SLOTS, 2, 4))
    ring.close()


def test_a_ring_without_a_record_says_durably_that_it_was_opened(tmp_path):
    open_ring(tmp_path).close()
    ring = open_ring(tmp_path)
    assert (ring.standing, ring.pairing.generation) == ((SLOTS, 1), 2)
    ring.append(leaves(0, 1))
    assert ring.standing == (SLOTS, 2)
    ring.close()


def test_the_last_free_slots_are_for_alarms(tmp_path):
    ring = Ring(tmp_path / "ring", EPOCH, ArchiveFacts(), SIZE, alarm_bytes=4 * BLOCK_BYTES)
    number = 0
    with pytest.raises(RingFull, match="wait to be sealed"):
        while True:
            ring.append(leaves(number, 1))
            number += 1
    # Of 32 slots eight are kept for an opening: a commit has four at most.
    assert (number, ring.waiting, ring.crowded, ring.roomy) == (32 - 8 - 4, 20, True, False)
    for _ in range(4):
        ring.append(leaves(number, 1), reserve=True)
        number += 1
    with pytest.raises(RingFull):
        ring.append(leaves(number, 1), reserve=True)
    ring.close()


def test_records_go_in_as_few_commits_as_hold_them(tmp_path):
    """Of 32 slots a commit has four blocks at most: 16096 bytes, with four for each length."""
    ring = open_ring(tmp_path)
    ring._file.disk = disk = ListeningDisk()
    noise = [random.Random(size).randbytes(size) for size in (16_092, 8_044, 8_044, 1)]
    ring.append(noise)
    assert disk.calls == COMMITTED * 3
    assert content(ring) == noise
    ring.close()


def test_a_crowded_ring_is_packed_when_it_is_opened(tmp_path):
    ring = open_ring(tmp_path)
    for number in range(20):
        ring.append(leaves(number, 1))
    assert ring.crowded
    ring.close()
    ring = open_ring(tmp_path, disk := ListeningDisk())
    assert disk.calls == ["fsync folder", *MADE]
    assert (ring.opened.records, ring.crowded) == (20, False)
    assert ring.standing == (SLOTS, 2)
    ring.append(leaves(20, 1))
    assert content(ring) == leaves(0, 21)
    ring.close()
    ring = open_ring(tmp_path)
    assert content(ring) == leaves(0, 21)
    assert ring.standing == (SLOTS, 3)
    ring.close()


def test_a_loss_is_remembered_until_all_of_it_is_declared(tmp_path):
    archive = ArchiveFacts(batches=1, upto=5, slots=SLOTS, generation=1)
    ring = Ring(tmp_path / "ring", EPOCH, archive, SIZE)
    lost = ring.lost
    assert lost is not None
    ring.release(lost.end - 1, 1)
    assert ring.lost == lost
    assert (tmp_path / "ring.lost").exists()
    ring.release(lost.end, 2)
    assert ring.lost is None
    assert not (tmp_path / "ring.lost").exists()
    ring.close()


@pytest.mark.parametrize("full", [True, False])
def test_a_torn_tail_that_cannot_be_noted_is_told_by_this_run_where_the_disk_is_full(
    tmp_path, full
):
    disk = TrickyDisk()
    ring = open_ring(tmp_path, disk)
    ring.append(leaves(0, 3))
    disk.fault = "fdatasync fails"
    with pytest.raises(JournalUnavailable):
        ring.append(leaves(3, 100))
    ((_, offset, _),) = disk.unflushed
    disk.sectors = {offset // SECTOR_BYTES}
    ring.close()
    disk.cut_power(tmp_path / "ring")

    class Refusing(Disk):
        def write(self, fd: int, data: bytes) -> int:
            raise OSError(errno.ENOSPC if full else errno.EIO, "no")

    if not full:
        with pytest.raises(JournalUnavailable):
            open_ring(tmp_path, Refusing())
        return
    ring = open_ring(tmp_path, Refusing())
    assert ring.torn is not None
    assert ring.torn.first == 3
    assert not (tmp_path / "ring.torn").exists()
    ring.declared()
    assert ring.torn is None
    ring.close()


def alike(first, count):
    """Records that pack well together, and alone not at all."""
    return [
        b"%05d " % number + random.Random(7).randbytes(200)
        for number in range(first, first + count)
    ]


def test_a_ring_that_holds_too_much_to_be_made_anew_is_left_as_it_is(tmp_path):
    """A block of records that go together would be six of records that each may be erased."""
    ring = open_ring(tmp_path)
    for at in range(10):
        ring.append(alike(100 * at, 100))
    ring.release(100, 1)
    before = (tmp_path / "ring").read_bytes()
    with pytest.raises(JournalUnavailable, match="ring is too full to be made anew") as caught:
        ring.wipe(100)
    assert caught.value.advice
    assert (tmp_path / "ring").read_bytes() == before
    assert ring.leaves(100, 9999) == alike(100, 900)
    ring.release(900, 9)
    ring.wipe(900)
    assert ring.leaves(0, 9999) == alike(900, 100)
    ring.close()


def test_a_smaller_ring_is_made_once_the_records_fit_into_it(tmp_path):
    ring = open_ring(tmp_path)
    for number in range(20):
        ring.append(leaves(number, 1, ROOM - 4))
    ring.close()
    ring = open_ring(tmp_path, size=SIZE // 2)
    assert (ring.standing[0], content(ring)) == (SLOTS, leaves(0, 20, ROOM - 4))
    ring.append(leaves(20, 1))
    ring.close()
    ring = open_ring(tmp_path, base=15, size=SIZE // 2)
    assert (ring.standing[0], content(ring)) == (
        SLOTS // 2,
        [*leaves(15, 5, ROOM - 4), *leaves(20, 1)],
    )
    ring.close()
