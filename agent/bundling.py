"""From confirmed batches in the journal to one bundle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.errors import Fatal
from agent.evidence.bundle import Bundle, BundledBatch
from agent.evidence.checkpoint import parse_checkpoint
from agent.evidence.disclose import show_all
from agent.evidence.leaf import Record
from agent.evidence.policy import Policy
from agent.evidence.statement import Follows
from agent.evidence.verify import GAP_KIND
from agent.gaps import DeclaredGap
from agent.journal.journal import BatchRow, BatchState, JournalReader

PAGE = 64
"""Batches read from the journal at once."""


class NothingConfirmed(Fatal):
    """There is no confirmed batch to show."""

    advice = "wait until `tallyman status` shows confirmed batches, or choose other records"


class BodyGone(Fatal):
    """A batch's records are no longer here: retention let them go."""

    advice = "ask the ledger node that keeps the bodies, or choose newer records"


def confirmed_rows(
    reader: JournalReader, first: int, last: int | None, gaps: Iterable[DeclaredGap] = ()
) -> list[BatchRow]:
    """Return the unbroken run of confirmed batches that starts with the one of record `first`.

    It ends with the batch of record `last`, or before the first batch that is not confirmed. Where
    batches are lost, the statement that declares so stands in their place.
    """
    start, head = reader.batch_of(first), reader.head()
    rows: list[BatchRow] = []
    if start is None or head is None:
        return _some(rows)
    lost = [gap.row() for gap in gaps if gap.seq > start.batch.seq]
    for at in range(start.batch.seq, head.seq + 1, PAGE):
        within = [row for row in lost if at <= row.batch.seq < at + PAGE]
        page = sorted([*reader.batches(at, at + PAGE - 1), *within], key=lambda row: row.batch.seq)
        for row in page:
            beyond = last is not None and row.batch.first > last
            if row.state is not BatchState.CONFIRMED or beyond:
                return _some(rows)
            rows.append(row)
    return _some(rows)


def _some(rows: list[BatchRow]) -> list[BatchRow]:
    if not rows:
        raise NothingConfirmed("no batch with these records is confirmed by the ledger")
    return rows


def earlier_rows(
    reader: JournalReader, follows: Follows, gaps: Iterable[DeclaredGap]
) -> list[BatchRow]:
    """Return the confirmed batches of an epoch up to where the next one goes on from it."""
    if follows.seq is None:
        return []
    return [row for row in confirmed_rows(reader, 0, None, gaps) if row.batch.seq <= follows.seq]


Part = tuple[JournalReader, Sequence[BatchRow]]
"""Batches of one epoch, and the journal that has their checkpoints."""


def make_bundle(parts: Sequence[Part], policy: Policy) -> Bundle:
    """Return the bundle that shows every record of `parts`, which stand in the order of the chain.

    It carries each checkpoint once, with exactly the cosignatures that the quorum needs. BodyGone
    where retention let some of the records go.
    """
    _check_bodies([row for _, rows in parts for row in rows])
    readers = {
        row.checkpoint_size: reader
        for reader, rows in parts
        for row in rows
        if row.checkpoint_size is not None
    }
    sizes = sorted(readers)
    notes = tuple(
        policy.minimal(parse_checkpoint(readers[size].checkpoint(size))).to_bytes()
        for size in sizes
    )
    batches = tuple(_bundled(row, sizes) for _, rows in parts for row in rows)
    shown = [Record.from_bytes(item.record) for batch in batches for item in batch.disclosed]
    gaps = tuple(record.number for record in shown if record.kind == GAP_KIND)
    return Bundle(policy.digest, notes, batches, gaps)


def _check_bodies(rows: Sequence[BatchRow]) -> None:
    for batch in (row.batch for row in rows):
        if batch.seed and not batch.body:  # a declared gap has neither, and nothing has gone
            last = batch.first + batch.count - 1
            raise BodyGone(f"records {batch.first} to {last} have gone from this gateway")


def _bundled(row: BatchRow, sizes: Sequence[int]) -> BundledBatch:
    assert row.receipt is not None, "a confirmed batch has its receipt"
    assert row.checkpoint_size is not None, "a confirmed batch has its checkpoint"
    batch = row.batch
    place = sizes.index(row.checkpoint_size)
    if not batch.body:
        return BundledBatch(batch.statement, row.receipt, place, ())  # a gap has nothing to show
    return show_all(batch.statement, batch.body, row.receipt, place)
