"""What a ring has lost is durable before the ring goes on, and forgotten once it is declared."""

from __future__ import annotations

import errno
import os

import pytest

from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.pairing import ArchiveFacts, LostRecords
from agent.journal.ring_damage import Damage
from agent.journal.torn_tail import TornTail
from foundation.durable import Disk

SLOTS = 32


class Refusing(Disk):
    """Takes nothing, with this errno."""

    def __init__(self, code):
        self.code = code

    def write(self, fd, data):
        raise OSError(self.code, os.strerror(self.code))


def damage_of(tmp_path, disk=None, batches=1, upto=5):
    archive = ArchiveFacts(batches=batches, upto=upto, slots=SLOTS, generation=1)
    return Damage(tmp_path / "ring", archive, disk or Disk())


def test_numbers_that_are_given_up_are_known_to_the_next_start(tmp_path):
    damage = damage_of(tmp_path)
    assert (damage.lost, damage.given_up) == (None, 0)
    damage.give_up(5, SLOTS, "gone")
    # A ring of 32 slots holds 1,287 records a slot at most, each of 21 bytes and its length.
    lost = LostRecords(5, 5 + SLOTS * 1287, "gone")
    assert (damage.lost, damage.given_up) == (lost, SLOTS * 1287)
    assert damage_of(tmp_path).lost == lost


def test_what_is_lost_again_before_it_is_declared_goes_on_behind_the_first_loss(tmp_path):
    damage = damage_of(tmp_path)
    damage.give_up(5, SLOTS, "gone")
    first = damage.lost
    damage.give_up(5, SLOTS, "blank")
    assert damage.lost == LostRecords(5, first.end + SLOTS * 1287, "blank")
    with pytest.raises(
        JournalDamaged, match="was damaged again before its first loss was declared"
    ):
        damage.give_up(6, SLOTS, "blank")


def test_without_a_batch_nothing_tells_what_was_lost(tmp_path):
    with pytest.raises(
        JournalDamaged, match="ring is gone, and no batch tells what it held"
    ) as caught:
        damage_of(tmp_path, batches=0, upto=0).give_up(0, SLOTS, "gone")
    assert "keys new-epoch --reason lost-journal" in caught.value.advice


@pytest.mark.parametrize("upto", [-1, 0])
def test_a_loss_is_forgotten_with_the_statement_that_declares_all_of_it(tmp_path, upto):
    damage = damage_of(tmp_path)
    damage.give_up(5, SLOTS, "gone")
    end = damage.lost.end + upto
    damage.sealed(end)
    assert (damage.lost is None) is (upto == 0)
    assert damage_of(tmp_path, upto=end).lost == damage.lost
    assert (tmp_path / "ring.lost").exists() is (upto == -1)


def test_a_loss_that_was_declared_before_this_start_is_forgotten_by_it(tmp_path):
    damage = damage_of(tmp_path)
    damage.give_up(5, SLOTS, "gone")
    assert damage_of(tmp_path, upto=damage.lost.end).lost is None
    assert not (tmp_path / "ring.lost").exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_nothing_is_given_up_that_the_disk_does_not_take(tmp_path, code):
    damage = damage_of(tmp_path, Refusing(code))
    with pytest.raises(JournalUnavailable, match=os.strerror(code)) as caught:
        damage.give_up(5, SLOTS, "gone")
    assert caught.value.advice
    assert damage.lost is None


def test_a_torn_tail_is_known_until_a_record_declares_it(tmp_path):
    damage = damage_of(tmp_path)
    damage.cut(TornTail(2, 7))
    assert damage.torn == damage_of(tmp_path).torn == TornTail(2, 7)
    damage.cut(TornTail(3, 6))
    assert damage.torn == damage_of(tmp_path).torn == TornTail(5, 6)
    damage.cut_declared()
    assert damage.torn is None
    assert damage_of(tmp_path).torn is None


def test_of_a_tail_that_a_full_disk_does_not_take_this_run_alone_knows(tmp_path):
    damage = damage_of(tmp_path, Refusing(errno.ENOSPC))
    damage.cut(TornTail(2, 7))
    assert damage.torn == TornTail(2, 7)
    damage.cut_declared()  # no file is there
    assert damage.torn is None
    with pytest.raises(JournalUnavailable, match="Input/output error"):
        damage_of(tmp_path, Refusing(errno.EIO)).cut(TornTail(2, 7))
