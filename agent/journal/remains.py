"""What is left of a journal that cannot be opened: for the new epoch that goes on from it.

Nothing is written here. The archive counts where it opens at all, be it an old copy; the ring's
records count wherever their commit is whole, with or without what was before them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from agent.journal.batch_reader import BatchReader, open_batches
from agent.journal.journal import BatchRow, JournalDamaged, Proof, SealedBatch
from agent.journal.places import ring_path
from agent.journal.ring_scan import ForeignRing, Remnant, remnant
from evidence.leaf import Record


class Remains:
    """The readable part of the journal at `path`; records have their old numbers, with holes."""

    def __init__(self, path: Path, epoch: bytes) -> None:
        self._batches = _archive(path, epoch)
        self._ring = _ring(ring_path(path), epoch)

    @property
    def newest_known(self) -> int | None:
        """The newest batch that was sealed as far as ring and archive know; None without one."""
        head = self.head()
        known = max(self._ring.batches, 0 if head is None else head.seq + 1)
        return known - 1 if known else None

    def head(self) -> SealedBatch | None:
        """Return the newest batch that is left."""
        return None if self._batches is None else self._batches.head()

    def batch(self, seq: int) -> BatchRow:
        """Return batch `seq`; KeyError when there is none."""
        if self._batches is None:
            raise KeyError(seq)
        return self._batches.batch(seq)

    def batches(self, first: int, last: int) -> Sequence[BatchRow]:
        """Return the batches `first` to `last`, both included, in order, of those that are left."""
        return [] if self._batches is None else self._batches.batches(first, last)

    def proofs(self, row: BatchRow) -> list[Proof]:
        """Return what is left of what vouches for a batch."""
        return [] if self._batches is None else self._batches.proofs(row)

    def records(self, first: int, limit: int) -> list[Record]:
        """Return up to `limit` records from number `first` on, of those that are left."""
        leaves = [] if self._batches is None else self._batches.leaves(first, limit)
        start = first if self._batches is None else max(first, self._batches.sealed_upto())
        loose = sorted(number for number in self._ring.records if number >= start)
        leaves += [self._ring.records[number] for number in loose[: limit - len(leaves)]]
        return [Record.from_bytes(leaf) for leaf in leaves]

    def close(self) -> None:
        """Release the files."""
        if self._batches is not None:
            self._batches.close()


def _archive(path: Path, epoch: bytes) -> BatchReader | None:
    try:
        batches = open_batches(path)
    except (FileNotFoundError, JournalDamaged):
        return None
    if batches.epoch != epoch:
        batches.close()
        return None
    return batches


def _ring(path: Path, epoch: bytes) -> Remnant:
    with suppress(FileNotFoundError, ForeignRing):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return remnant(fd, epoch)
        finally:
            os.close(fd)
    return Remnant({}, 0)
