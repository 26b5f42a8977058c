"""A card that is smaller than it says (weird case 16): it takes writes and keeps nothing of them.

Nobody can tell when it happens. What does not come back is named before anything of it is sealed,
and what is signed is what was recorded.
"""

from __future__ import annotations

import os

import pytest

from agent.journal.journal import JournalDamaged
from agent.journal.ring_block import BLOCK_BYTES
from agent.journal.ring_journal import RingJournal
from foundation.durable import Disk
from tests.agent.journal.test_ring_journal import EPOCH, RING, batch, records

HELD_BLOCKS = 4
"""So much of the ring lies on memory that exists."""


class SmallCard(Disk):
    """Says that all is written; what lies behind its real size is gone."""

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        kept = data[: max(0, HELD_BLOCKS * BLOCK_BYTES - offset)]
        if kept:
            os.pwrite(fd, kept, offset)
        return len(data)


@pytest.fixture
def lying(tmp_path):
    RingJournal(tmp_path / "journal.sqlite", EPOCH, RING).close()
    return RingJournal(tmp_path / "journal.sqlite", EPOCH, RING, disk=SmallCard())


def test_what_does_not_come_back_is_named_and_never_sealed(lying, tmp_path):
    kept = 0
    for number in range(8):
        lying.commit(records(number, 1))
        kept = number + 1 if number < HELD_BLOCKS else kept
    assert lying.leaves(0, kept) == [record.to_bytes() for record in records(0, kept)]
    with pytest.raises(JournalDamaged, match="does not return what was written") as caught:
        lying.leaves(0, 8)
    assert f"records {kept}" in str(caught.value)
    assert "keep" in caught.value.advice
    lying.seal(batch(0, 0, kept))
    lying.close()

    again = RingJournal(tmp_path / "journal.sqlite", EPOCH, RING, disk=SmallCard())
    assert again.count() == kept, "after a restart the order goes on behind what there is"
    assert again.leaves(0, 9) == [record.to_bytes() for record in records(0, kept)]
    again.close()
