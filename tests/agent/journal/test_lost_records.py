"""A loss that nothing has declared yet is read as it was kept, and never guessed."""

from __future__ import annotations

import errno
import os

import pytest

from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.lost_records import lost_path, remember, remembered
from agent.journal.pairing import LostRecords

LOST = LostRecords(40, 100, "blank or cut in parts")


@pytest.fixture
def ring(tmp_path):
    return tmp_path / "journal.ring"


def test_it_is_kept_beside_the_ring_until_it_is_declared(ring):
    assert remembered(ring) is None
    remember(ring, LOST)
    assert lost_path(ring) == ring.with_name("journal.lost")
    assert lost_path(ring).read_bytes() == b"40 100 blank or cut in parts\n"
    assert remembered(ring) == LOST


@pytest.mark.parametrize("text", ["", "40", "40 100", "x 100 blank", "40 x blank", "\xff 1 b"])
def test_what_makes_no_sense_is_damage_and_not_no_loss(ring, text):
    lost_path(ring).write_bytes(text.encode("latin-1"))
    with pytest.raises(JournalDamaged, match="does not say which records are lost") as caught:
        remembered(ring)
    assert "tallyman keys new-epoch --reason damaged-journal" in caught.value.advice


def test_a_disk_that_does_not_let_it_be_read_is_asked_again(ring):
    lost_path(ring).mkdir()
    with pytest.raises(JournalUnavailable) as caught:
        remembered(ring)
    why = os.strerror(errno.EISDIR)
    assert str(caught.value) == f"cannot read {lost_path(ring)}: {why}"
    assert caught.value.advice
