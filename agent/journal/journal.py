"""What a journal promises, whatever it stores its records in.

A journal belongs to one epoch. Its methods block; `AsyncJournal` calls them for the event loop, in
one thread and in order. When a method that writes returns, what it wrote survives a power cut,
unless it was asked to defer it. When it raises `JournalUnavailable`, it may or may not: calling it
again with the same arguments is always right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from agent.journal.causes import DAMAGED, OF_STATE
from agent.journal.erasure_rule import Erasure
from agent.journal.pairing import LostRecords
from agent.journal.storage_state import StorageState
from evidence.errors import EvidenceError
from evidence.leaf import Record
from evidence.merkle import hash_leaf
from foundation.dataclass import dataclass
from foundation.errors import Damaged, Retry


class JournalUnavailable(Retry):
    """The disk did not take the write: keep it and try again. `state` is what the error tells."""

    def __init__(
        self,
        message: str,
        *,
        advice: str | None = None,
        state: StorageState = StorageState.FAILING,
    ) -> None:
        super().__init__(message, advice=advice)
        self.state, self.cause = state, OF_STATE.get(state)


class NoRoom(JournalUnavailable):
    """Every place for such a record holds one that is in no batch yet. Nothing was stored."""


class ArchiveFull(JournalUnavailable):
    """The archive has reached its limit, and nothing in it may go. Nothing was stored."""


class JournalDamaged(Damaged):
    """The journal cannot be used: it is another gateway's, another format's, or corrupt."""

    cause, advice = DAMAGED, DAMAGED.next


class MixedGateways(JournalDamaged):
    """Ring or archive belongs to another epoch than the identity beside it."""

    advice = (
        "identity and journal of two gateways were mixed: restore both from one; where this one's "
        "journal is lost, move these files away and begin a new epoch: "
        "tallyman keys new-epoch --reason lost-journal"
    )


class OutOfOrder(Damaged):
    """A record or batch does not follow the last one: a mistake of this program, nothing stored."""


class UnreadableBody(OutOfOrder):
    """A batch's body does not give its records back: pack it otherwise. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """Consecutive records under one signed statement; `statement` and `body` never change.

    A body may go: by retention wholly, by a rule in part. Then `cut` is what is left of it
    (`evidence/cut_body.py`), and `body` is empty.
    """

    epoch: bytes
    seq: int
    first: int
    count: int
    seed: bytes
    statement: bytes
    body: bytes
    urgent: bool
    cut: bytes = b""


class BatchDamaged(JournalDamaged):
    """A batch does not give back what was stored; the others do."""

    def __init__(self, batch: SealedBatch, why: Exception) -> None:
        first, last = batch.first, batch.first + batch.count - 1
        before = f"--until {first - 1}, or " if first else ""
        super().__init__(
            f"batch {batch.seq}, records {first} to {last}, is damaged on this disk: {why}",
            advice=f"leave it out: {before}--since {last + 1}; `tallyman where {first}` "
            "tells who else has it",
        )


@contextmanager
def naming(batch: SealedBatch) -> Iterator[None]:
    """Tell which batch it is that cannot be read: BatchDamaged for what `evidence` finds wrong."""
    try:
        yield
    except EvidenceError as error:
        raise BatchDamaged(batch, error) from error


class BatchState(StrEnum):
    """How far a batch got."""

    SEALED = "sealed"  # signed and durable here, not known to any node
    ACCEPTED = "accepted"  # a node says that it is durable there; not proven yet
    CONFIRMED = "confirmed"  # receipt, checkpoint and quorum were checked here
    REFUSED = "refused"  # a node refuses it; `error_code` and `error_text` say why


class Rank(StrEnum):
    """In which order bodies travel; their statements have gone ahead of them."""

    URGENT = "urgent"  # alarms and custody, oldest first
    NEWEST = "newest"  # what happens now, newest first
    BACKLOG = "backlog"  # what an outage left, oldest first


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch with everything known about it; times are wall milliseconds.

    `body_ms` is when a node took the body, which may be later than its statement.
    """

    batch: SealedBatch
    state: BatchState
    accepted_ms: int | None
    body_ms: int | None
    confirmed_ms: int | None
    entry_index: int | None
    receipt: bytes | None
    checkpoint_size: int | None
    error_code: str
    error_text: str


@dataclass(frozen=True, slots=True)
class PendingBatch:
    """A batch that still has to be sent or confirmed; its body is read when its turn comes."""

    seq: int
    state: BatchState
    urgent: bool
    statement: bytes
    body_bytes: int

    @property
    def leaf(self) -> bytes:
        """The leaf hash of the statement in a log."""
        return hash_leaf(self.statement)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What proves that batch `seq` is in the log, under the checkpoint of `checkpoint_size`.

    `taken_ms`: when a node took statement and body, where the journal has not been told before.
    """

    seq: int
    entry_index: int
    receipt: bytes
    checkpoint_size: int
    taken_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A log's receipt for a statement, and the checkpoint that it was checked with."""

    receipt: bytes
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is where. "Unsent" are the records in no body that a node took, sealed or not;
    `bodies_owed` counts the batches of those that are sealed.

    Every record below `confirmed_upto` is in a confirmed batch. Numbers that were given up are no
    records.
    """

    records: int
    unsealed: int
    sealed: int
    accepted: int
    confirmed: int
    refused: int
    bodies_owed: int
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
        """Return up to `limit` records from number `first` on; those that have gone are skipped."""
        ...

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Return the bytes of up to `count` records from number `first` on, exactly as stored.

        Those that have gone, by retention or by a rule, are passed over.
        """
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

    def pending(self, state: BatchState, limit: int) -> list[PendingBatch]:
        """Return the first `limit` batches in `state`, sealed or accepted, in order of seq."""
        ...

    def last_urgent(self) -> int:
        """Return the seq of the last urgent batch in state sealed; -1 when there is none."""
        ...

    def bodies_owed(self, rank: Rank, newest_from: int, limit: int) -> list[PendingBatch]:
        """Return the first `limit` batches of a rank whose statement a node has, not the body.

        Those from seq `newest_from` on are the newest, those before it the backlog.
        """
        ...

    def custody_owed(self, after: int, limit: int) -> list[int]:
        """Return the first `limit` seqs behind `after` that are confirmed, and whose body a node
        took and has not signed for.
        """
        ...

    def erasures(self, first: int, end: int) -> list[Erasure]:
        """Return what rules erased of the records from `first` to before `end`, as it went."""
        ...

    def erased_count(self, first: int, end: int) -> int:
        """Return how many of the records from `first` to before `end` a rule erased."""
        ...

    def checkpoint(self, size: int) -> bytes:
        """Return the signed checkpoint note of a log size; KeyError when there is none."""
        ...

    def proofs(self, row: BatchRow) -> list[Proof]:
        """Return what one log or several vouch with for a batch or a declared gap."""
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

    def declared(self) -> None:
        """Note that a durable record declares the torn tail that opening found, if it found one."""
        ...

    def lost(self) -> LostRecords | None:
        """Return the numbers that were given up and that no batch declares yet."""
        ...

    def crowded(self) -> bool:
        """Tell whether unsealed records take so much room that a batch should be sealed now."""
        ...

    def roomy(self) -> bool:
        """Tell whether there is room enough to take telemetry again after `NoRoom`."""
        ...

    def commit(self, records: Sequence[Record], *, reserve: bool = False) -> None:
        """Store consecutive records; those already stored with the same bytes are skipped.

        OutOfOrder when they neither continue the journal nor repeat its end. NoRoom where only the
        reserve for alarms is left and `reserve` does not say that these may use it.
        """
        ...

    def make_room(self) -> bool:
        """Let go what may go of an archive beyond its limit; tell whether telemetry fits now."""
        ...

    def set_custody(self, receipts: Mapping[int, bytes]) -> None:
        """Keep signed custody receipts for bodies, by seq; who calls has checked them.

        The body of a confirmed batch may go from then on; statement and proof stay.
        """
        ...

    def seal(self, batch: SealedBatch) -> None:
        """Store a batch; OutOfOrder unless it has the next seq and starts at `sealed_upto()`.

        OutOfOrder too when its body, read back by its statement, does not hold these records.
        A declared gap is a batch without a body, in the place of what `lost` says.
        Sealing the newest batch again with the same content does nothing.
        """
        ...

    def set_accepted(self, seqs: Sequence[int], at_ms: int, *, with_body: bool = True) -> None:
        """Note that a node has these statements durably; confirmed ones stay confirmed.

        `with_body`: it has their bodies, too.
        """
        ...

    def set_body_taken(self, seqs: Sequence[int], at_ms: int) -> None:
        """Note that a node has the bodies of these batches durably."""
        ...

    def set_forgotten(self, after: int) -> None:
        """Note that the node has lost what it accepted behind `after`: all of it is unsent again.

        What is confirmed stays confirmed.
        """
        ...

    def set_confirmed(
        self,
        confirmations: Sequence[Confirmation],
        checkpoint: bytes,
        at_ms: int,
        *,
        deferred: bool = False,
    ) -> None:
        """Note proofs and the checkpoint they lead to, all in one transaction.

        `deferred`: in the next one, whatever it writes, or with `flush`. A power cut before it
        forgets them; who asks this journal has them written first.
        """
        ...

    def flush(self) -> None:
        """Make durable what is deferred."""
        ...

    def set_refused(self, seq: int, code: str, text: str) -> None:
        """Note that a node refuses a batch; `set_accepted` or `set_confirmed` may overrule it."""
        ...
