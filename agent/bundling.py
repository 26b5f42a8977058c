"""From confirmed batches in the journal to one bundle."""

from __future__ import annotations

from collections.abc import Sequence

from agent.errors import Fatal
from agent.evidence.bundle import Bundle, BundledBatch
from agent.evidence.checkpoint import parse_checkpoint
from agent.evidence.disclose import show_all
from agent.evidence.leaf import Record
from agent.evidence.policy import Policy
from agent.evidence.verify import GAP_KIND
from agent.journal.journal import BatchRow, BatchState, JournalReader

PAGE = 64
"""Batches read from the journal at once."""


class NothingConfirmed(Fatal):
    """There is no confirmed batch to show."""

    advice = "wait until `tallyman status` shows confirmed batches, or choose other records"


class BodyGone(Fatal):
    """A batch's records are no longer here: retention let them go."""

    advice = "ask the ledger node that keeps the bodies, or choose newer records"


def confirmed_rows(reader: JournalReader, first: int, last: int | None) -> list[BatchRow]:
    """Return the unbroken run of confirmed batches that starts with the one of record `first`.

    It ends with the batch of record `last`, or before the first batch that is not confirmed.
    """
    start = reader.batch_of(first)
    rows: list[BatchRow] = []
    seq = start.batch.seq if start else None
    while seq is not None:
        page = reader.batches(seq, seq + PAGE - 1)
        for row in page:
            beyond = last is not None and row.batch.first > last
            if row.state is not BatchState.CONFIRMED or beyond:
                return _some(rows)
            rows.append(row)
        seq = page[-1].batch.seq + 1 if len(page) == PAGE else None
    return _some(rows)


def _some(rows: list[BatchRow]) -> list[BatchRow]:
    if not rows:
        raise NothingConfirmed("no batch with these records is confirmed by the ledger")
    return rows


def make_bundle(reader: JournalReader, rows: Sequence[BatchRow], policy: Policy) -> Bundle:
    """Return the bundle that shows every record of `rows`.

    It carries each checkpoint once, with exactly the cosignatures that the quorum needs. BodyGone
    where retention let some of the records go.
    """
    _check_bodies(rows)
    sizes = sorted({row.checkpoint_size for row in rows if row.checkpoint_size is not None})
    notes = tuple(
        policy.minimal(parse_checkpoint(reader.checkpoint(size))).to_bytes() for size in sizes
    )
    batches = tuple(_bundled(row, sizes) for row in rows)
    shown = [Record.from_bytes(item.record) for batch in batches for item in batch.disclosed]
    gaps = tuple(record.number for record in shown if record.kind == GAP_KIND)
    return Bundle(policy.digest, notes, batches, gaps)


def _check_bodies(rows: Sequence[BatchRow]) -> None:
    for batch in (row.batch for row in rows):
        if not batch.body:
            last = batch.first + batch.count - 1
            raise BodyGone(f"records {batch.first} to {last} have gone from this gateway")


def _bundled(row: BatchRow, sizes: Sequence[int]) -> BundledBatch:
    assert row.receipt is not None, "a confirmed batch has its receipt"
    assert row.checkpoint_size is not None, "a confirmed batch has its checkpoint"
    batch = row.batch
    place = sizes.index(row.checkpoint_size)
    return show_all(batch.statement, batch.body, row.receipt, place)
