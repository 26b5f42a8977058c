"""Where commits go in the ring: in one piece, over nothing needed, and with room kept."""

from __future__ import annotations

import pytest

from agent.journal.ring_scan import Extent
from agent.journal.ring_slots import Slots, kept_for_opening

SLOTS, ALARM = 64, 4
KEPT = 16
"""Of 64 slots: a commit has 8 blocks at most, and an opening needs twice that."""


def slots(*extents: tuple[int, int], sequence: int = 0, count: int = SLOTS) -> Slots:
    """Slots with commits at these sequences, of so many blocks, ten records each."""
    commits = [Extent(at, blocks, 10 * n, 10) for n, (at, blocks) in enumerate(extents)]
    return Slots(count, ALARM, commits, sequence)


def test_room_is_kept_for_an_opening_and_for_alarms():
    assert kept_for_opening(SLOTS) == KEPT
    assert kept_for_opening(16) == 4
    assert slots().kept(reserve=True) == KEPT
    assert slots().kept(reserve=False) == KEPT + ALARM


@pytest.mark.parametrize(
    ("used", "crowded", "roomy"),
    [
        (0, False, True),
        (22, False, True),  # of 44 that telemetry may use
        (23, True, True),
        (32, True, True),
        (33, True, False),  # eleven are free: a quarter
        (44, True, False),
    ],
)
def test_beyond_a_half_it_is_crowded_and_with_more_than_a_quarter_free_roomy(used, crowded, roomy):
    found = slots((0, used), sequence=used) if used else slots()
    assert (found.crowded, found.roomy) == (crowded, roomy)


@pytest.mark.parametrize(
    ("blocks", "kept", "sequence"), [(8, 56, 0), (9, 56, None), (64, 0, 0), (65, 0, None)]
)
def test_an_empty_ring_takes_what_fits_beside_what_is_kept(blocks, kept, sequence):
    assert slots().take(blocks, kept) == sequence


@pytest.mark.parametrize(
    ("blocks", "kept", "sequence"), [(8, 52, 4), (8, 53, None), (1, 59, 4), (1, 60, None)]
)
def test_a_commit_lies_over_nothing_that_is_needed(blocks, kept, sequence):
    assert slots((0, 4), sequence=4).take(blocks, kept) == sequence


@pytest.mark.parametrize(
    ("sequence", "blocks", "taken"), [(62, 2, 62), (62, 3, 64), (64, 3, 64), (126, 5, 128)]
)
def test_a_commit_that_would_go_over_the_end_begins_at_the_next_lap(sequence, blocks, taken):
    found = slots((sequence - 2, 2), sequence=sequence)
    assert found.take(blocks, KEPT) == taken
    assert found.sequence == taken + blocks


def test_what_failed_is_never_tried_in_the_same_slots():
    found = slots((0, 2), sequence=2)
    assert [found.take(3, KEPT) for _ in range(3)] == [2, 5, 8]


def test_where_failed_writes_used_the_room_up_the_slots_behind_the_newest_are_taken_anew():
    found = slots((0, 2), sequence=15, count=16)
    assert found.take(4, kept=4) == 18, "slot 2, a lap later"
    assert slots(sequence=15, count=16).take(4, kept=4) == 16


def test_slots_are_given_back_once_all_records_of_their_commit_are_sealed():
    found = slots((0, 2), (2, 3), (5, 1), sequence=6)
    assert (found.end(99), slots().end(99)) == (30, 99)
    assert found.release(9) == []
    assert found.release(25) == [Extent(0, 2, 0, 10), Extent(2, 3, 10, 10)]
    assert list(found.extents) == [Extent(5, 1, 20, 10)]
    assert found.release(30) == [Extent(5, 1, 20, 10)]


def test_a_file_as_large_has_the_same_rules_for_other_commits():
    commits = [Extent(0, 3, 20, 10)]
    anew = slots((40, 5), sequence=45).anew(commits, 3)
    assert (anew.count, list(anew.extents), anew.sequence) == (SLOTS, commits, 3)
    assert anew.kept(reserve=False) == KEPT + ALARM
