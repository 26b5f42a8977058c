"""What rules erased of the batches that are shown, and the records that tell of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.disclosure.bundling import Erased, NothingConfirmed, Vouched
from agent.journal.erasure_rule import Erasure
from agent.journal.journal import BatchRow, BatchState, JournalReader, SealedBatch, naming
from evidence.cut_body import parse_cut_body
from evidence.kinds import ERASURE_KIND

PAGE = 1000
"""Records read at once."""

Vouch = Callable[[Sequence[BatchRow]], Sequence[Vouched]]
"""Finds what vouches for batches; NothingConfirmed where that is not enough."""


def erased_of(reader: JournalReader, rows: Sequence[BatchRow], vouch: Vouch) -> Erased:
    """Return which records tell of what was erased of `rows`, and what batches beside hold them.

    A batch that is not confirmed yet is left out.
    """
    cut = [row for row in rows if row.batch.cut]
    if not cut:
        return Erased()
    last = cut[-1].batch
    erasures = reader.erasures(cut[0].batch.first, last.first + last.count)
    numbers = {number for each in erasures if (number := record_of(reader, each)) is not None}
    known = {row.batch.seq for row in rows}
    holding = [reader.batch_of(number) for number in sorted(numbers)]
    beside = {row.batch.seq: row for row in holding if row and row.batch.seq not in known}
    try:
        outside = vouch([row for row in beside.values() if row.state is BatchState.CONFIRMED])
    except NothingConfirmed:
        outside = ()
    return Erased(tuple(outside), frozenset(numbers), count_of(cut))


def count_of(rows: Sequence[BatchRow]) -> int:
    """Return how many records of these batches were erased by a rule."""
    return sum(_gone_of(row.batch) for row in rows if row.batch.cut)


def _gone_of(batch: SealedBatch) -> int:
    with naming(batch):
        return batch.count - len(parse_cut_body(batch.cut).left)


def record_of(reader: JournalReader, erasure: Erasure) -> int | None:
    """Return the number of the record that tells of an erasure; None where there is none yet."""
    start = erasure.behind
    while page := reader.records(start, PAGE):
        for record in page:
            values = record.values
            same = values.get("begun_ms"), values.get("what"), values.get("last")
            told = erasure.at_ms, erasure.what, erasure.last
            if record.kind == ERASURE_KIND and same == told:
                return record.number
        start = page[-1].number + 1
    return None
