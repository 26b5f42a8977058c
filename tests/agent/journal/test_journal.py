"""A batch that cannot be read is named, with how to leave it out."""

from __future__ import annotations

import pytest

from agent.journal.journal import BatchDamaged, JournalUnavailable, SealedBatch, naming
from agent.journal.storage_state import StorageState
from evidence.errors import MalformedError


def batch(first: int, count: int) -> SealedBatch:
    return SealedBatch(bytes(16), 2, first, count, b"", b"", b"", urgent=False)


@pytest.mark.parametrize(
    ("first", "advice"),
    [
        (6, "leave it out: --until 5, or --since 9; `tallyman where 6` tells who else has it"),
        (0, "leave it out: --since 3; `tallyman where 0` tells who else has it"),
    ],
)
def test_a_batch_that_cannot_be_read_is_named_with_what_to_leave_out(first, advice):
    with pytest.raises(BatchDamaged) as caught, naming(batch(first, 3)):
        raise MalformedError("body", "its end is missing")
    said = f"batch 2, records {first} to {first + 2}, is damaged on this disk: its end is missing"
    assert (str(caught.value), caught.value.advice) == (said, advice)


def test_what_can_be_read_is_not_named():
    with naming(batch(0, 3)) as nothing:
        assert nothing is None


def test_an_error_of_the_disk_has_the_row_of_its_state():
    error = JournalUnavailable("no", state=StorageState.FULL)
    assert (error.cause_id, error.advice) == ("store.full", "")
    assert JournalUnavailable("no").state is StorageState.FAILING
