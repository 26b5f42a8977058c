"""What is left of a journal that does not open any more: whatever can be read, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.journal.journal import Confirmation, Proof
from agent.journal.remains import Remains
from agent.journal.ring_journal import RingJournal
from tests.agent.journal.test_ring_journal import EPOCH, batch, open_at, records

OTHER = bytes(16)


@pytest.fixture
def path(tmp_path):
    """Two batches of three records, the first one confirmed, and four records behind them."""
    path = tmp_path / "journal.sqlite"
    journal = open_at(path)
    journal.commit(records(0, 6))
    for seq in range(2):
        journal.seal(batch(seq, 3 * seq, 3))
    journal.set_confirmed([Confirmation(0, 7, b"receipt", 9)], b"note", 60)
    journal.commit(records(6, 4))
    journal.close()
    return path


@pytest.fixture
def remains(path):
    def opened(epoch: bytes = EPOCH) -> Remains:
        found.append(Remains(path, epoch))
        return found[-1]

    found: list[Remains] = []
    yield opened
    for each in found:
        each.close()


def test_of_both_files_everything_is_left(remains):
    left = remains()
    assert left.records(0, 99) == records(0, 10)
    assert left.records(4, 3) == records(4, 3)
    assert left.records(7, 2) == records(7, 2)
    assert left.newest_known == 1
    head = left.head()
    assert head is not None
    assert (head.seq, head.first, head.count) == (1, 3, 3)
    assert [row.batch.seq for row in left.batches(0, 9)] == [0, 1]
    assert left.proofs(left.batch(0)) == [Proof(b"receipt", b"note")]
    assert left.proofs(left.batch(1)) == []


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_without_the_archive_the_ring_s_records_are_left(remains, path, how):
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    if how == "damaged":
        path.write_bytes(b"no database" * 1000)
    left = remains()
    assert left.records(0, 99)[-4:] == records(6, 4)
    assert left.records(7, 2) == records(7, 2)
    assert left.newest_known == 1, "the ring knows of it"
    assert (left.head(), left.batches(0, 9)) == (None, [])
    with pytest.raises(KeyError):
        left.batch(0)


@pytest.mark.parametrize("how", ["gone", "another gateway's"])
def test_without_the_ring_sealed_records_are_left(remains, path, how, tmp_path):
    ring = path.with_suffix(".ring")
    ring.unlink()
    if how != "gone":
        (tmp_path / "other").mkdir()
        RingJournal(tmp_path / "other/journal.sqlite", OTHER, 64 * 4096).close()
        (tmp_path / "other/journal.ring").rename(ring)
    left = remains()
    assert left.records(0, 99) == records(0, 6)
    assert left.newest_known == 1


def test_of_another_gateway_s_files_nothing_is_taken(remains):
    left = remains(OTHER)
    assert left.records(0, 99) == []
    assert (left.newest_known, left.head(), left.batches(0, 9)) == (None, None, [])


def test_where_nothing_was_nothing_is_left(tmp_path):
    left = Remains(tmp_path / "journal.sqlite", EPOCH)
    assert (left.newest_known, left.records(0, 9)) == (None, [])
    left.close()


def test_what_was_looked_at_is_let_go(path, tmp_path):
    def files():
        return sorted(each.name for each in Path("/proc/self/fd").iterdir())

    before = files()
    for epoch in (EPOCH, OTHER):
        Remains(path, epoch).close()
    assert files() == before
