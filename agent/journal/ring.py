"""The ring of hot records: one write and one flush a commit, in a file that never grows.

A commit makes two system calls, in this order:

1. pwrite(ring, blocks, slot)    whole 4 KiB blocks that hold no record still needed
2. fdatasync(ring)               acknowledged when this returns

Both must succeed, else nothing is acknowledged and the commit is written anew in the next slots:
after a failed fdatasync Linux calls the pages clean, so flushing them again would prove nothing.
Every block was written once, and flushed with its file and folder, before the file got its name
(write temporary → fsync → rename → fsync folder): so a commit changes data only, never the file's
size or extents, and its flush writes no metadata but the time of change.

A power cut between 1 and 2 leaves any mix of old and new sectors. The CRC of each block tells;
opening the ring cuts what is not whole (`ring_recovery.py`). It also writes the newest commit anew,
as a process that died between 1 and 2, or after a failed 2, leaves pages that look whole and may
never have reached the disk. For the same reason it flushes the folder: the ring's name may be as
young.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.journal.journal import JournalDamaged, JournalUnavailable, NoRoom, OutOfOrder
from agent.journal.pairing import ArchiveFacts, LostRecords, next_number
from agent.journal.ring_block import (
    BLOCK_BYTES,
    ROOM,
    Pairing,
    join_records,
    most_parts,
    pack_commit,
    packed_bytes,
)
from agent.journal.ring_damage import Damage
from agent.journal.ring_file import RingFile
from agent.journal.ring_recovery import (
    Recovered,
    Recovery,
    laid_out,
    stretches,
    unwritten_blocks,
)
from agent.journal.ring_scan import Extent, leaves_of
from agent.journal.storage_state import StorageState
from agent.journal.torn_tail import TornTail
from foundation.dataclass import dataclass
from foundation.durable import SYSTEM_DISK, Disk

_SEAL = "find out why batches cannot be stored: tallyman status, dmesg, df"


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening found: `made` a new ring, `records` not sealed yet, `torn` blocks that were cut.

    The cut blocks would have held records from `next_number` on; none of them was acknowledged.
    `lost` are numbers given up by this opening, as acknowledged records may have had them.
    """

    made: bool
    records: int
    torn: int
    next_number: int
    lost: LostRecords | None = None


class RingFull(NoRoom):
    """Every slot holds records that are in no batch yet, but for the reserve."""


class Ring:
    """Unsealed records from number `base` on. Use it in the thread that made it."""

    def __init__(
        self,
        path: Path,
        epoch: bytes,
        archive: ArchiveFacts,
        size: int,
        disk: Disk = SYSTEM_DISK,
        *,
        alarm_bytes: int = 0,
    ) -> None:
        """Open the ring beside its archive, or make one of `size` bytes.

        JournalDamaged, JournalUnavailable. Where the ring may have held records that are neither
        in it nor in the archive, it goes on with numbers that none of them had (`lost`).

        The last `alarm_bytes` of free slots are for records that may use the reserve.
        A ring of another size is made anew with the records that are still needed.
        """
        self._path = path
        self._epoch = epoch
        self._base = archive.upto
        self._batches = archive.batches
        self._last_read: dict[Extent, list[bytes]] = {}
        self._damage = Damage(path, archive, disk)
        before = self.lost
        self._file = RingFile(path, disk)
        slots, alarm_slots = size // BLOCK_BYTES, alarm_bytes // BLOCK_BYTES
        recovery = Recovery(
            self._file, epoch, archive, self._damage, slots=slots, alarm_slots=alarm_slots
        )
        try:
            found = self._recovered(recovery)
        except (JournalDamaged, JournalUnavailable):
            self.close()
            raise
        lost = None if self.lost == before else self.lost
        self.opened = Opened(found.made, self.waiting, found.torn, self.upto, lost)

    def _recovered(self, recovery: Recovery) -> Recovered:
        found = recovery.run()
        self._slots = found.slots
        self._generation = found.generation
        self._durable_generation = found.durable_generation
        if not found.anew:
            self._prove_newest()
        return found

    def _prove_newest(self) -> None:
        """Write the newest commit anew: what is read here may be in the page cache only."""
        extents = self._slots.extents
        if not extents:
            return
        newest = extents[-1]
        leaves = self._read(newest)[max(0, self._base - newest.first) : newest.count]
        extents[-1] = self._written(max(self._base, newest.first), leaves, kept=0)

    @property
    def upto(self) -> int:
        """The number behind the last record, or behind those that were given up there."""
        return next_number(self._slots.end(self._base), self.lost)

    @property
    def waiting(self) -> int:
        """How many records are in no batch yet."""
        return self.upto - self._base - self._damage.given_up

    @property
    def standing(self) -> tuple[int, int]:
        """Slots and generation that a block of the ring says durably: what the archive may note."""
        return self._slots.count, self._durable_generation

    @property
    def pairing(self) -> Pairing:
        """What the ring's next block says of ring and archive."""
        return Pairing(self._slots.count, self._generation, self._batches)

    @property
    def crowded(self) -> bool:
        """Whether so much of the ring is used that a batch should be sealed now."""
        return self._slots.crowded

    @property
    def roomy(self) -> bool:
        """Whether there is so much room that refused telemetry may be taken again."""
        return self._slots.roomy

    @property
    def lost(self) -> LostRecords | None:
        """The numbers that were given up, until a durable statement declares them."""
        return self._damage.lost

    @property
    def torn(self) -> TornTail | None:
        """What a power cut left of a commit, until `declared`."""
        return self._damage.torn

    def declared(self) -> None:
        """Forget the torn tail: a durable record declares it."""
        self._damage.cut_declared()

    def append(self, leaves: Sequence[bytes], *, reserve: bool = False) -> None:
        """Store consecutive records behind the last one, in the reserve if need be and they may.

        Durable on return. More than one commit's worth goes in several. JournalUnavailable: perhaps
        not stored, and to be repeated from `upto` on; RingFull: not stored. OutOfOrder for a record
        that no commit can hold.
        """
        kept = self._slots.kept(reserve=reserve)
        for part in self._commits(leaves):
            self._slots.extents.append(self._written(self.upto, part, kept))

    def _commits(self, leaves: Sequence[bytes]) -> Iterator[list[bytes]]:
        """Yield the records in parts, as many in each as one commit holds."""
        room = most_parts(self._slots.count) * ROOM
        part: list[bytes] = []
        size = 0
        for leaf in leaves:
            more = packed_bytes(leaf)
            if more > room:
                raise OutOfOrder(f"a record of {len(leaf)} bytes is too large for {self._path}")
            if size + more > room:
                yield part
                part, size = [], 0
            part.append(leaf)
            size += more
        if part:
            yield part

    def _written(self, first: int, leaves: Sequence[bytes], kept: int) -> Extent:
        payload = join_records(leaves)
        sequence = self._slots.take(payload.blocks, kept)
        if sequence is None:
            raise RingFull(
                f"{self._path} is full: {self.waiting} records wait to be sealed in a batch",
                advice=_SEAL,
                state=StorageState.FULL,
            )
        data = pack_commit(self._epoch, sequence, first, payload, self.pairing)
        self._file.write(sequence % self._slots.count, data)
        self._durable_generation = self._generation
        return Extent(sequence, payload.blocks, first, len(leaves))

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Return up to `count` records from number `first` on, of those the ring holds."""
        # A seal reads its records, then compares; and a commit may hold more than one batch.
        read: dict[Extent, list[bytes]] = {}

        def noting(extent: Extent) -> list[bytes]:
            read[extent] = self._read(extent)
            return read[extent]

        found = leaves_of(self._slots.extents, first, count, noting)
        self._last_read = read
        return found

    def _read(self, extent: Extent) -> list[bytes]:
        if extent in self._last_read:
            return self._last_read[extent]
        return self._file.read(self._epoch, extent)

    def release(self, upto: int, batches: int) -> None:
        """Give the slots of records below `upto` back: they are durable in one of the `batches`."""
        self._base = max(self._base, upto)
        self._batches = max(self._batches, batches)
        for extent in self._slots.release(upto):
            self._last_read.pop(extent, None)
        self._damage.sealed(self._base)

    def wipe(self, upto: int) -> None:
        """Have the file hold no record below `upto` that is in a batch; durable on return.

        Sealed records stay in their slots until others take them, which may be days. Then the
        ring is made anew, with the records that are still needed.
        """
        if self._file.may_hold(min(upto, self._base)):
            self._make_anew()

    def _make_anew(self) -> None:
        """Replace the file by one with the same records, packed."""
        needed = stretches(self._base, self.upto, self.lost, self.leaves)
        head, extents = laid_out(self._epoch, needed, self.pairing)
        blocks = len(head) // BLOCK_BYTES
        if blocks > self._slots.count - self._slots.kept(reserve=True):
            raise JournalUnavailable(f"{self._path} is too full to be made anew", advice=_SEAL)
        rest = unwritten_blocks(self._epoch, self.upto, self.pairing)
        self._file.make(self._slots.count, head, rest)
        self._slots = self._slots.anew(extents, blocks)
        self._last_read = {}
        self._file.name()
        self._durable_generation = self._generation

    def close(self) -> None:
        """Close the file."""
        self._file.close()
