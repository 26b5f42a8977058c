"""What a journal promises, whatever it stores its records in.

A journal belongs to one epoch. Its methods block; call them through `JournalThread.run`, which
keeps them in one thread and in order. When a method that writes returns, what it wrote survives a
power cut. When it raises `JournalUnavailable`, it may or may not: calling it again with the same
arguments is always right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.errors import Fatal, Retry
from agent.evidence.leaf import Record


class JournalUnavailable(Retry):
    """The disk did not take the write (full, failing, read-only): keep it and try again."""


class JournalDamaged(Fatal):
    """The journal cannot be used: it is another gateway's, another format's, or corrupt."""


class OutOfOrder(Fatal):
    """A record or batch does not follow the last one: a mistake of this program, nothing stored."""


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """Consecutive records under one signed statement; `statement` and `body` never change."""

    epoch: bytes
    seq: int
    first: int
    count: int
    seed: bytes
    statement: bytes
    body: bytes
    urgent: bool


class BatchState(StrEnum):
    """How far a batch got."""

    SEALED = "sealed"  # signed and durable here, not known to any node
    ACCEPTED = "accepted"  # a node says that it is durable there; not proven yet
    CONFIRMED = "confirmed"  # receipt, checkpoint and quorum were checked here
    REFUSED = "refused"  # a node refuses it; `error_code` and `error_text` say why


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch with everything known about it; times are wall milliseconds."""

    batch: SealedBatch
    state: BatchState
    accepted_ms: int | None
    confirmed_ms: int | None
    entry_index: int | None
    receipt: bytes | None
    checkpoint_size: int | None
    error_code: str
    error_text: str


@dataclass(frozen=True, slots=True)
class PendingBatch:
    """A batch that still has to be sent or confirmed, as it goes on the wire."""

    seq: int
    state: BatchState
    urgent: bool
    statement: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What proves that batch `seq` is in the log, under the checkpoint of `checkpoint_size`."""

    seq: int
    entry_index: int
    receipt: bytes
    checkpoint_size: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is where. "Unsent" is what no node has accepted: batches and unsealed records.

    Every record below `confirmed_upto` is in a confirmed batch.
    """

    records: int
    unsealed: int
    sealed: int
    accepted: int
    confirmed: int
    refused: int
    unsent_records: int
    oldest_unsent_ms: int | None
    confirmed_upto: int
    disk_bytes: int

    @property
    def batches(self) -> int:
        """All batches in all states."""
        return self.sealed + self.accepted + self.confirmed + self.refused


class JournalReader(Protocol):
    """The reading half; also what the CLI opens beside a running agent."""

    def count(self) -> int:
        """Return the number of records; they are numbered 0 to count - 1."""
        ...

    def last(self) -> Record | None:
        """Return the newest record."""
        ...

    def records(self, first: int, limit: int) -> list[Record]:
        """Return up to `limit` records from number `first` on."""
        ...

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Return the bytes of up to `count` records from number `first` on, exactly as stored."""
        ...

    def sealed_upto(self) -> int:
        """Return the number of the first record that is in no batch yet."""
        ...

    def head(self) -> SealedBatch | None:
        """Return the newest batch."""
        ...

    def batch(self, seq: int) -> BatchRow:
        """Return batch `seq`; KeyError when there is none."""
        ...

    def batches(self, first: int, last: int) -> list[BatchRow]:
        """Return the batches `first` to `last`, both included, in order."""
        ...

    def batch_of(self, number: int) -> BatchRow | None:
        """Return the batch that holds record `number`, or None while it is unsealed."""
        ...

    def pending(self, limit: int, after: int = -1) -> list[PendingBatch]:
        """Return up to `limit` sealed or accepted batches behind `after`, in order of seq."""
        ...

    def urgent_pending(self) -> list[int]:
        """Return the seqs of urgent batches that no node has accepted yet."""
        ...

    def checkpoint(self, size: int) -> bytes:
        """Return the signed checkpoint note of a log size; KeyError when there is none."""
        ...

    def counts(self) -> Counts:
        """Return how much is where."""
        ...

    def close(self) -> None:
        """Release the files."""
        ...


class Journal(JournalReader, Protocol):
    """The writing half; one process at a time (`durable.lock_file`)."""

    def next_number(self) -> int:
        """Return the number the next record must have."""
        ...

    def crowded(self) -> bool:
        """Tell whether unsealed records take so much room that a batch should be sealed now."""
        ...

    def commit(self, records: Sequence[Record]) -> None:
        """Store consecutive records; those already stored with the same bytes are skipped.

        OutOfOrder when they neither continue the journal nor repeat its end.
        """
        ...

    def seal(self, batch: SealedBatch) -> None:
        """Store a batch; OutOfOrder unless it has the next seq and starts at `sealed_upto()`.

        OutOfOrder too when its body, read back by its statement, does not hold these records.
        Sealing the newest batch again with the same content does nothing.
        """
        ...

    def set_accepted(self, seqs: Sequence[int], at_ms: int) -> None:
        """Note that a node has these batches durably; confirmed ones stay confirmed."""
        ...

    def set_confirmed(
        self, confirmations: Sequence[Confirmation], checkpoint: bytes, at_ms: int
    ) -> None:
        """Note proofs and the checkpoint they lead to, all in one transaction."""
        ...

    def set_refused(self, seq: int, code: str, text: str) -> None:
        """Note that a node refuses a batch; `set_accepted` or `set_confirmed` may overrule it."""
        ...
