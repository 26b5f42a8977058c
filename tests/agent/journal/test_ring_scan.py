"""What a ring's file is found to hold, and how its records are read, by the ring and beside it."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.ring_block import BLOCK_BYTES, Pairing, join_records, pack_commit, unwritten
from agent.journal.ring_file import RingFile
from agent.journal.ring_reader import RingReader, RingView, open_reader
from agent.journal.ring_scan import Extent, leaves_of, scan
from foundation.durable import SYSTEM_DISK, Disk
from tests.agent.journal.test_ring import EPOCH, SLOTS, leaves, open_ring
from tests.agent.journal.test_ring_journal import open_at, records

PAIRING = Pairing(SLOTS, 1, 0)
EXTENTS = [Extent(0, 1, 5, 3), Extent(1, 1, 8, 1), Extent(2, 1, 12, 4)]
"""Three commits; what lies between the second and the third was given up."""


@pytest.mark.parametrize(
    ("first", "count", "found", "read"),
    [
        (5, 3, [5, 6, 7], 1),
        (6, 1, [6], 1),
        (7, 2, [7, 8], 2),
        (0, 4, [5, 6, 7, 8], 2),
        (8, 2, [8, 12], 2),
        (9, 9, [12, 13, 14, 15], 1),
        (13, 2, [13, 14], 1),
        (16, 1, [], 0),
        (5, 0, [], 0),
    ],
)
def test_no_commit_is_read_that_is_not_asked_for(first, count, found, read):
    asked = []

    def reading(extent):
        asked.append(extent)
        return [b"%d" % number for number in range(extent.first, extent.end)]

    assert leaves_of(EXTENTS, first, count, reading) == [b"%d" % number for number in found]
    assert len(asked) == read


@contextmanager
def ring_of(tmp_path, commits, lap=0):
    """A ring in which these blocks were written, by their sequence, and nothing else."""
    blocks = [unwritten(EPOCH, lap * SLOTS + slot, 0, PAIRING) for slot in range(SLOTS)]
    for sequence, block in commits.items():
        blocks[sequence % SLOTS] = block
    (tmp_path / "ring").write_bytes(b"".join(blocks))
    fd = os.open(tmp_path / "ring", os.O_RDONLY)
    yield fd
    os.close(fd)


def commit(sequence, first, count, size=100):
    data = pack_commit(EPOCH, sequence, first, join_records(leaves(first, count, size)), PAIRING)
    parts = range(len(data) // BLOCK_BYTES)
    return {sequence + at: data[at * BLOCK_BYTES : (at + 1) * BLOCK_BYTES] for at in parts}


@pytest.mark.parametrize("at", [3, SLOTS + 3])
@pytest.mark.parametrize(
    ("kept", "torn"),
    [([0, 1, 2], []), ([0, 1], [0, 1]), ([0], [0]), ([1, 2], [1, 2]), ([2], [2]), ([], [])],
)
def test_of_a_commit_that_is_not_whole_each_block_is_found(tmp_path, at, kept, torn):
    before, last = commit(at - 1, 7, 1), commit(at, 8, 3, 3000)
    assert len(last) == 3
    rest = {sequence: block for sequence, block in last.items() if sequence - at in kept}
    with ring_of(tmp_path, before | rest, lap=at // SLOTS) as fd:
        found = scan(fd, SLOTS, EPOCH, 7)
    whole = len(kept) == 3
    assert found.torn == tuple(3 + part for part in torn)
    assert [extent.first for extent in found.extents] == ([7, 8] if whole else [7])
    assert found.stranded is None


def test_a_ring_without_a_whole_commit_has_its_first_one_torn(tmp_path):
    half = commit(0, 0, 3, 3000)
    del half[1]
    with ring_of(tmp_path, half) as fd:
        found = scan(fd, SLOTS, EPOCH, 0)
    assert (found.extents, found.torn) == ((), (0, 2))


class Ringed:
    """A ring of two commits, and a reader beside it; `sealed` is what the archive says in turn."""

    def __init__(self, folder, epoch=EPOCH):
        ring = open_ring(folder)
        ring.append(leaves(0, 3))
        ring.append(leaves(3, 3))
        ring.close()
        self.path, self.sealed, self.looks = folder / "ring", [0], 0
        self.view = RingView(self.path, epoch, self.sealed_upto)

    def sealed_upto(self):
        self.looks += 1
        return self.sealed.pop(0) if len(self.sealed) > 1 else self.sealed[0]

    def overwrite_first(self):
        with self.path.open("r+b") as file:
            file.write(bytes(BLOCK_BYTES))


def test_beside_the_agent_the_ring_s_records_are_read(tmp_path):
    ringed = Ringed(tmp_path)
    assert ringed.view.upto == 6
    assert ringed.view.leaves(2, 3) == leaves(2, 3)
    assert (ringed.view.leaves(6, 1), ringed.view.leaves(0, 99)) == ([], leaves(0, 6))
    ringed.view.close()
    ringed.view.close()  # it is not somebody else's file by then


def test_what_is_overwritten_while_we_look_is_sealed_when_we_look_again(tmp_path):
    ringed = Ringed(tmp_path)
    ringed.overwrite_first()
    ringed.sealed = [0, 3]
    assert ringed.view.upto == 6
    ringed.view.close()


def test_a_commit_that_is_overwritten_before_it_is_read_is_found_in_the_archive(tmp_path):
    ringed = Ringed(tmp_path)
    assert ringed.view.upto == 6
    ringed.overwrite_first()
    ringed.sealed = [3]
    assert ringed.view.leaves(0, 9) == leaves(3, 3)
    ringed.view.close()


def test_records_that_stay_away_are_lost(tmp_path):
    ringed = Ringed(tmp_path)
    ringed.overwrite_first()
    with pytest.raises(
        JournalDamaged, match="ring has lost records that are in no batch"
    ) as caught:
        ringed.view.leaves(0, 9)
    assert caught.value.advice == "run: tallyman run; it names them, and what to do"
    assert ringed.looks > 1
    ringed.view.close()


def test_beside_a_ring_that_was_moved_away_what_is_sealed_can_be_read(tmp_path):
    view = RingView(tmp_path / "ring", EPOCH, lambda: 12)
    assert (view.upto, view.leaves(0, 9)) == (12, [])
    view.close()


def test_another_gateway_s_ring_and_what_the_disk_refuses_are_told(tmp_path, monkeypatch):
    view = Ringed(tmp_path, epoch=b"\xff" * 16).view
    with pytest.raises(JournalDamaged, match=f"ring belongs to epoch {EPOCH.hex()}"):
        _ = view.upto
    monkeypatch.setattr("agent.journal.ring_reader.scan", refused)
    with pytest.raises(JournalUnavailable, match="cannot be used: Input/output error") as caught:
        _ = view.upto
    assert caught.value.advice
    view.close()


def refused(*_):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_ring_that_cannot_be_opened_leaves_no_file_open(tmp_path):
    open_at(tmp_path / "journal.sqlite").close()
    (tmp_path / "journal.ring").unlink()
    (tmp_path / "journal.ring").symlink_to("journal.ring")
    files = Path("/proc/self/fd")
    before = len(list(files.iterdir()))
    with pytest.raises(OSError, match="symbolic link"):
        open_reader(tmp_path / "journal.sqlite")
    assert len(list(files.iterdir())) == before


def test_what_is_no_record_is_damage(tmp_path):
    known = [each.to_bytes() for each in records(0, 2)]
    unsealed = SimpleNamespace(upto=3, leaves=lambda first, _: [*known, b"noise"][first:])
    reader = RingReader(tmp_path, SimpleNamespace(sealed_upto=lambda: 0), unsealed)
    assert reader.leaves(2, 1) == [b"noise"]
    with pytest.raises(JournalDamaged, match="holds no record"):
        reader.records(0, 3)


@pytest.mark.parametrize(
    ("call", "ask"),
    [
        ("scan", lambda ring: ring.scan(EPOCH, 0, None)),
        ("may_hold", lambda ring: ring.may_hold(3)),
        ("read_commit", lambda ring: ring.read(EPOCH, EXTENTS[0])),
    ],
)
def test_a_disk_that_does_not_let_the_ring_be_read_is_told(tmp_path, monkeypatch, call, ask):
    open_ring(tmp_path).close()
    ring = RingFile(tmp_path / "ring", SYSTEM_DISK)
    ring.open()
    monkeypatch.setattr(f"agent.journal.ring_file.{call}", refused)
    with pytest.raises(JournalUnavailable, match="ring cannot be used: Input/output error"):
        ask(ring)
    ring.close()


def test_a_ring_whose_name_may_not_be_durable_is_not_opened(tmp_path):
    class Refusing(Disk):
        def fsync(self, fd):
            refused()

    open_ring(tmp_path).close()
    with pytest.raises(JournalUnavailable, match="Input/output error"):
        RingFile(tmp_path / "ring", Refusing()).open()
