"""Reading a journal: sealed records from the batches' bodies, newer ones from the ring."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from agent.journal import lost_records
from agent.journal.batch_reader import BatchReader, open_batches
from agent.journal.batches_file import file_size
from agent.journal.erasure_rule import Erasure
from agent.journal.journal import (
    BatchRow,
    BatchState,
    Counts,
    JournalDamaged,
    JournalUnavailable,
    PendingBatch,
    Proof,
    Rank,
    SealedBatch,
)
from agent.journal.pairing import next_number
from agent.journal.places import ring_path
from agent.journal.retention import BodyRow
from agent.journal.ring_scan import Extent, ForeignRing, leaves_of, read_commit, scan, stated_slots
from evidence.errors import EvidenceError
from evidence.leaf import Record
from foundation.durable import advice_for

OVERTAKEN_LIMIT = 5  # a ring takes minutes to come round: more than one lap in a read is a fault

T = TypeVar("T")


class Overtaken(Exception):
    """The ring came round while we looked: what it held there is sealed by now."""


class Unsealed(Protocol):
    """Records that may be in no batch yet."""

    @property
    def upto(self) -> int:
        """The number behind the last one."""
        ...

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Return up to `count` records from number `first` on."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class RingReader:
    """See `JournalReader`. Use it in the thread that made it."""

    def __init__(self, path: Path, batches: BatchReader, unsealed: Unsealed) -> None:
        self._path = path
        self._batches = batches
        self._unsealed = unsealed

    @property
    def epoch(self) -> bytes:
        """The epoch that the journal belongs to."""
        return self._batches.epoch

    def count(self) -> int:
        """See `JournalReader.count`."""
        return self._unsealed.upto

    def last(self) -> Record | None:
        """See `JournalReader.last`."""
        count = self.count()
        newest = self.records(count - 1, 1) if count else []
        if not newest and count:  # its number is one of those that were given up
            end = self._batches.newest_kept()
            newest = self.records(max(0, end - 1), self.count())
        return newest[-1] if newest else None

    def records(self, first: int, limit: int) -> list[Record]:
        """See `JournalReader.records`."""
        return [self._record(leaf) for leaf in self.leaves(first, limit)]

    def leaves(self, first: int, count: int) -> list[bytes]:
        """See `JournalReader.leaves`."""
        upto = self._batches.sealed_upto()
        found = self._batches.leaves(first, count) if first < upto else []
        if len(found) < count:
            first = max(first, self._batches.sealed_upto())
            found += self._unsealed.leaves(first, count - len(found))
        return found

    def _record(self, leaf: bytes) -> Record:
        try:
            return Record.from_bytes(leaf)
        except EvidenceError as error:
            raise JournalDamaged(f"the journal {self._path} holds no record: {error}") from error

    def sealed_upto(self) -> int:
        """See `JournalReader.sealed_upto`."""
        return self._batches.sealed_upto()

    def head(self) -> SealedBatch | None:
        """See `JournalReader.head`."""
        return self._batches.head()

    def batch(self, seq: int) -> BatchRow:
        """See `JournalReader.batch`."""
        return self._batches.batch(seq)

    def batches(self, first: int, last: int) -> list[BatchRow]:
        """See `JournalReader.batches`."""
        return self._batches.batches(first, last)

    def batch_of(self, number: int) -> BatchRow | None:
        """See `JournalReader.batch_of`."""
        return self._batches.batch_of(number)

    def pending(self, state: BatchState, limit: int) -> list[PendingBatch]:
        """See `JournalReader.pending`."""
        return self._batches.pending(state, limit)

    def last_urgent(self) -> int:
        """See `JournalReader.last_urgent`."""
        return self._batches.last_urgent()

    def bodies_owed(self, rank: Rank, newest_from: int, limit: int) -> list[PendingBatch]:
        """See `JournalReader.bodies_owed`."""
        return self._batches.bodies_owed(rank, newest_from, limit)

    def custody_owed(self, after: int, limit: int) -> list[int]:
        """See `JournalReader.custody_owed`."""
        return self._batches.custody_owed(after, limit)

    def bodies(self, first: int, last: int) -> list[BodyRow]:
        """Return where the bodies of batches `first` to `last` are, in their order."""
        return self._batches.bodies(first, last)

    def erasures(self, first: int, end: int) -> list[Erasure]:
        """See `JournalReader.erasures`."""
        return self._batches.erasures(first, end)

    def erased_count(self, first: int, end: int) -> int:
        """See `JournalReader.erased_count`."""
        return self._batches.erased_count(first, end)

    def overdue(self, what: str) -> int:
        """Return how many batches are due by a rule and not cut yet."""
        return self._batches.overdue(what)

    def checkpoint(self, size: int) -> bytes:
        """See `JournalReader.checkpoint`."""
        return self._batches.checkpoint(size)

    def proofs(self, row: BatchRow) -> list[Proof]:
        """See `JournalReader.proofs`."""
        return self._batches.proofs(row)

    def counts(self) -> Counts:
        """See `JournalReader.counts`."""
        records, upto = self.count(), self.sealed_upto()
        lost = lost_records.remembered(ring_path(self._path))
        pending = lost.count if lost is not None and upto <= lost.first < records else 0
        open_ = self._batches.tallies()
        number = {state: open_[state].batches if state in open_ else 0 for state in BatchState}
        unsent = self._batches.unsent()
        oldest = self.records(upto if unsent.first is None else unsent.first, 1)
        return Counts(
            records=records - self._batches.given_up() - pending,
            unsealed=records - upto - pending,
            sealed=number[BatchState.SEALED],
            accepted=number[BatchState.ACCEPTED],
            confirmed=self._batches.total() - sum(number.values()),
            refused=number[BatchState.REFUSED],
            bodies_owed=unsent.batches,
            unsent_records=records - upto - pending + unsent.records,
            oldest_unsent_ms=oldest[0].wall_ms if oldest else None,
            confirmed_upto=min([upto, *(tally.first for tally in open_.values())]),
            disk_bytes=self._batches.disk_bytes() + file_size(ring_path(self._path)),
        )

    def close(self) -> None:
        """See `JournalReader.close`."""
        self._unsealed.close()
        self._batches.close()


class RingView:
    """The ring's records, looked up anew each time, beside an agent that goes on writing.

    A block that is being written is not there yet. A block that was overwritten while we looked
    held records that are sealed by now: then we look again.
    """

    def __init__(self, path: Path, epoch: bytes, sealed_upto: Callable[[], int]) -> None:
        self._path = path
        self._epoch = epoch
        self._sealed_upto = sealed_upto
        self._fd = -1
        self._slots = 0
        self._extents: tuple[Extent, ...] = ()
        with suppress(FileNotFoundError):  # moved away by a person: what is sealed can be read
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self._slots = stated_slots(self._fd)

    @property
    def upto(self) -> int:
        """The number behind the last record."""
        return self._retried(self._find)

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Return up to `count` records from number `first` on."""
        return self._retried(lambda: self._leaves(first, count))

    def close(self) -> None:
        """Release the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _retried(self, look: Callable[[], T]) -> T:
        for _ in range(OVERTAKEN_LIMIT):
            try:
                return look()
            except Overtaken:
                continue
            except ForeignRing as error:
                raise JournalDamaged(f"{self._path} belongs to epoch {error}") from error
            except OSError as error:
                raise JournalUnavailable(
                    f"the journal {self._path} cannot be used: {os.strerror(error.errno or 0)}",
                    advice=advice_for(error.errno),
                ) from error
        raise JournalDamaged(
            f"{self._path} has lost records that are in no batch",
            advice="run: tallyman run; it names them, and what to do",
        )

    def _find(self) -> int:
        base = self._sealed_upto()
        lost = lost_records.remembered(self._path)
        if self._fd < 0:
            return base
        found = scan(self._fd, self._slots, self._epoch, base, lost)
        self._extents = found.extents
        if found.stranded is not None:
            raise Overtaken
        end = found.extents[-1].end if found.extents else base
        return next_number(end, lost)

    def _leaves(self, first: int, count: int) -> list[bytes]:
        known = bool(self._extents) and self._extents[0].first <= first < self._extents[-1].end
        if not known and first >= self._find():
            return []
        return leaves_of(self._extents, first, count, self._read)

    def _read(self, extent: Extent) -> list[bytes]:
        leaves = read_commit(self._fd, self._slots, self._epoch, extent)
        if leaves is None:
            self._extents = ()
            raise Overtaken
        return leaves


def open_reader(path: Path) -> RingReader:
    """Open an existing journal for reading only, beside a running agent or without one.

    Beside an agent the newest records may be seen a moment before they are durable.
    FileNotFoundError when there is none; JournalUnavailable when it may not be read.
    """
    batches = open_batches(path)
    try:
        view = RingView(ring_path(path), batches.epoch, batches.sealed_upto)
    except OSError:
        batches.close()
        raise
    return RingReader(path, batches, view)
