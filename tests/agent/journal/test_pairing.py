"""Whether ring and archive belong together, by what each says of the other."""

from __future__ import annotations

import pytest

from agent.journal.pairing import (
    ArchiveFacts,
    LostRecords,
    RingFacts,
    first_new_number,
    missing_batches,
    next_number,
    ring_fault,
)
from agent.journal.ring_block import Pairing

ARCHIVE = ArchiveFacts(batches=3, upto=30, slots=64, generation=2)


def ring(upto: int = 35, generation: int = 2, batches: int = 3, *, blank: bool = False):
    return RingFacts(upto, Pairing(64, generation, batches), blank)


OLDER, BLANK, CUT = "older than its archive", "blank", "blank or cut in parts"


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (ring(), None),
        (ring(upto=30), None),  # it ends with the record that was sealed last
        (ring(upto=29), OLDER),
        (ring(upto=1), OLDER),
        (ring(upto=0), BLANK),
        (ring(generation=3), None),
        (ring(generation=1), OLDER),
        (ring(blank=True), CUT),
        (RingFacts(35, None, blank=False), OLDER),  # of before there were pairings
    ],
)
def test_a_ring_that_may_lack_records_is_told(found, fault):
    assert ring_fault(found, ARCHIVE) == fault


def test_a_ring_of_before_beside_an_archive_of_before_is_sound_be_there_blanks_or_not():
    before = ArchiveFacts(batches=3, upto=30)
    assert ring_fault(RingFacts(30, None, blank=True), before) is None
    assert ring_fault(RingFacts(29, None, blank=True), before) == OLDER


@pytest.mark.parametrize(
    ("batches", "missing"), [(2, range(0)), (3, range(0)), (4, range(3, 4)), (6, range(3, 6))]
)
def test_batches_that_the_ring_knows_of_and_the_archive_lacks(batches, missing):
    assert missing_batches(ring(batches=batches), ARCHIVE) == missing
    assert not missing_batches(RingFacts(35, None, blank=False), ARCHIVE)


def test_numbers_that_were_given_up_are_passed_over_where_they_come():
    lost = LostRecords(40, 100, "blank")
    assert lost.count == 60
    assert lost.reason == "the journal's ring was blank; how many of these there were is unknown"
    assert [next_number(end, lost) for end in (39, 40, 41, 100)] == [39, 100, 41, 100]
    assert next_number(40, None) == 40


def test_no_record_can_have_had_a_number_behind_what_the_slots_hold():
    """Eight blocks of 4024 bytes deflate into one; a record takes 4 bytes and 21 at least."""
    assert first_new_number(100, 64) == 100 + 64 * (8 * 4024 // 25)
