"""The journal: hot records in a ring, sealed batches in SQLite.

A record lives in the ring until the transaction that stores its batch is durable; then its slots
may be written again. Nothing else moves records, so each is in one of the two at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.journal.batch_reader import unpacked
from agent.journal.batches import Batches, Connect, connect
from agent.journal.erasure_rule import Erasure, Rule
from agent.journal.journal import (
    ArchiveFull,
    Confirmation,
    JournalDamaged,
    JournalUnavailable,
    OutOfOrder,
    SealedBatch,
    UnreadableBody,
)
from agent.journal.pairing import LostRecords
from agent.journal.places import ring_path
from agent.journal.retention import NO_LIMITS, Limits
from agent.journal.ring import Opened, Ring
from agent.journal.ring_block import DEFAULT_BYTES
from agent.journal.ring_damage import NEW_EPOCH
from agent.journal.ring_reader import RingReader
from agent.journal.storage_state import StorageState
from agent.journal.torn_tail import TornTail, is_declared
from agent.journal.vouching import Vouchers
from evidence.errors import EvidenceError
from evidence.leaf import Record
from foundation.durable import SYSTEM_DISK, Disk


class RingJournal(RingReader):
    """See `Journal`. Make it and use it in one thread."""

    def __init__(
        self,
        path: Path,
        epoch: bytes,
        ring_bytes: int = DEFAULT_BYTES,
        *,
        alarm_bytes: int = 0,
        limits: Limits = NO_LIMITS,
        connect: Connect = connect,
        disk: Disk = SYSTEM_DISK,
        used: bool = False,
        erases: bool = False,
    ) -> None:
        """Open or create the journal of `epoch` whose batches are at `path`.

        JournalDamaged when it is another epoch's, of another version, or has lost batches;
        JournalUnavailable while the disk does not let us. `opened` says what was found.
        `used`: there has been a journal here, so that one that is gone is no new one.
        `alarm_bytes` of the ring are a reserve; `limits` bound the batches. `erases`: there is a
        rule by which records go, and nothing of them is to stay in the files.
        """
        self._limits = limits
        _check_archive(path, used=used)
        self._written = Batches(path, epoch, connect, erases=erases)
        try:
            facts = self._written.facts()
            ring = Ring(ring_path(path), epoch, facts, ring_bytes, disk, alarm_bytes=alarm_bytes)
            self._ring = ring
            if not facts.generation:
                self._written.note_ring(*ring.standing)
        except (JournalDamaged, JournalUnavailable):
            self._written.close()
            raise
        super().__init__(path, self._written, self._ring)

    @property
    def opened(self) -> Opened:
        """What opening the ring found."""
        return self._ring.opened

    @property
    def erases(self) -> bool:
        """Whether there is a rule by which records go, or what one that was removed left to do."""
        return self._written.erases

    def newest(self) -> SealedBatch | None:
        """Return the batch that was sealed last, None before the first; from any thread."""
        return self._written.newest

    def lost(self) -> LostRecords | None:
        """See `Journal.lost`."""
        return self._ring.lost

    def undeclared(self) -> TornTail | None:
        """Return the torn tail that no record declares yet."""
        tail = self._ring.torn
        if tail is not None and is_declared(self._records_from(tail.first)):
            self._ring.declared()
            return None
        return tail

    def _records_from(self, first: int) -> list[Record]:
        return self.records(first, max(0, self.count() - first))

    def declared(self) -> None:
        """Note that the torn tail's record is durable."""
        self._ring.declared()

    def crowded(self) -> bool:
        """See `Journal.crowded`."""
        return self._ring.crowded

    def roomy(self) -> bool:
        """See `Journal.roomy`."""
        return self._ring.roomy

    def next_number(self) -> int:
        """See `Journal.next_number`."""
        return self.count()

    def commit(self, records: Sequence[Record], *, reserve: bool = False) -> None:
        """See `Journal.commit`."""
        if not records:
            return
        first = records[0].number
        if [record.number for record in records] != list(range(first, first + len(records))):
            raise OutOfOrder(f"records from {first} on are not consecutive")
        leaves = [record.to_bytes() for record in records]
        upto = self._ring.upto
        known = self.leaves(first, min(upto - first, len(leaves))) if first < upto else []
        if first > upto or known != leaves[: len(known)]:
            raise OutOfOrder(f"record {first} does not follow the {upto} records in the journal")
        self._ring.append(leaves[len(known) :], reserve=reserve)

    def seal(self, batch: SealedBatch) -> None:
        """See `Journal.seal`.

        The body must give back the very records of the ring: their only other copy goes with this.
        """
        self._check(batch)
        if batch.first >= self.sealed_upto():
            self._admit(urgent=batch.urgent)
        standing = self._ring.standing
        try:
            self._written.seal(batch, *standing)
        except JournalUnavailable as error:
            if error.state is not StorageState.FULL or not self._written.prune():
                raise
            self._written.seal(batch, *standing)
        self._ring.release(batch.first + batch.count, batch.seq + 1)

    def make_room(self) -> bool:
        """See `Journal.make_room`."""
        while not self._limits.allows(self._written.used_bytes(), urgent=False):
            if not self._written.prune():
                return False
        return True

    def _admit(self, *, urgent: bool) -> None:
        """Make room for a batch, or raise ArchiveFull."""
        if self.make_room() or self._limits.allows(self._written.used_bytes(), urgent=urgent):
            return
        raise ArchiveFull(
            f"the archive has reached its {self._limits.archive} bytes, and nothing in it may go",
            advice="reconnect the gateway to its ledger nodes, or raise [storage] archive_bytes",
            state=StorageState.LIMIT,
        )

    def _check(self, batch: SealedBatch) -> None:
        """Refuse a batch whose body does not hold the records that it takes from the ring."""
        if not 0 < batch.count <= self._ring.upto - batch.first:
            raise OutOfOrder(f"batch {batch.seq} of {batch.count} records seals what is not there")
        if batch.first < self.sealed_upto():
            return  # nothing leaves the ring: `Batches.seal` knows a repetition from a mistake
        lost = self._ring.lost
        if lost is not None and (batch.first, batch.count) == (lost.first, lost.count):
            if batch.body:
                raise OutOfOrder(f"batch {batch.seq} has records that were given up")
            return
        try:
            packed = unpacked(batch.statement, batch.body, batch.count)
        except EvidenceError as error:
            raise UnreadableBody(f"batch {batch.seq} cannot be read back: {error}") from error
        if packed != self._ring.leaves(batch.first, batch.count):
            raise UnreadableBody(f"the body of batch {batch.seq} does not hold its records")

    def erase(self, rule: Rule, before_ms: int, at_ms: int) -> int | None:
        """See `BatchEraser.erase`."""
        return self._written.eraser().erase(rule, before_ms, at_ms, self.count())

    def untold(self) -> list[Erasure]:
        """See `BatchEraser.untold`."""
        return self._written.eraser().untold()

    def unwiped(self) -> bool:
        """Tell whether copies of what went may be left in the files."""
        return self._written.eraser().unwiped()

    def wipe(self) -> bool:
        """Leave nothing of some of the records that went in the files.

        False: nothing is left. JournalUnavailable: to be asked again.
        """
        eraser = self._written.eraser()
        if eraser.wipe():
            return True
        self._ring.wipe(eraser.erased_upto())
        return False

    def set_told(self, ids: Sequence[int]) -> None:
        """See `BatchEraser.set_told`."""
        self._written.eraser().set_told(ids)

    def set_custody(self, receipts: Mapping[int, bytes]) -> None:
        """See `Journal.set_custody`."""
        self._written.set_custody(receipts)

    def set_accepted(self, seqs: Sequence[int], at_ms: int, *, with_body: bool = True) -> None:
        """See `Journal.set_accepted`."""
        self._written.set_accepted(seqs, at_ms, with_body=with_body)

    def set_body_taken(self, seqs: Sequence[int], at_ms: int) -> None:
        """See `Journal.set_body_taken`."""
        self._written.set_body_taken(seqs, at_ms)

    def set_forgotten(self, after: int) -> None:
        """See `Journal.set_forgotten`."""
        self._written.set_forgotten(after)

    def set_confirmed(
        self,
        confirmations: Sequence[Confirmation],
        checkpoint: bytes,
        at_ms: int,
        *,
        deferred: bool = False,
    ) -> None:
        """See `Journal.set_confirmed`."""
        self._written.set_confirmed(confirmations, checkpoint, at_ms, deferred=deferred)

    def flush(self) -> None:
        """See `Journal.flush`."""
        self._written.flush()

    def vouchers(self, threshold: int) -> Vouchers:
        """Return the books of several logs, of which `threshold` confirm a batch."""
        return self._written.vouchers(threshold)

    def set_refused(self, seq: int, code: str, text: str) -> None:
        """See `Journal.set_refused`."""
        self._written.set_refused(seq, code, text)


def _check_archive(path: Path, *, used: bool) -> None:
    """Refuse to begin a second history where there has been one: JournalDamaged.

    SQLite would make a new file for one that is gone, and fill an empty one.
    """
    if path.exists() and path.stat().st_size:
        return
    if used or ring_path(path).exists():
        what = "empty" if path.exists() else "gone"
        raise JournalDamaged(
            f"{path} is {what}, and this gateway has recorded before",
            advice=f"put the newest copy of it back; where there is none, {NEW_EPOCH}",
        )
