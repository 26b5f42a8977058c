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
a commit that is not whole was never acknowledged, is cut, and is named in `Opened`; before that it
is remembered in a file beside (`torn_tail.py`), until a record declares it. Opening is the
only recovery there is. It writes the newest commit anew, as a process that died between 1 and 2, or
after a failed 2, leaves pages that look whole and may never have reached the disk. For the same
reason it flushes the folder: the ring's name may be as young.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from agent.journal import lost_records
from agent.journal.causes import RING_GONE
from agent.journal.journal import (
    JournalDamaged,
    JournalUnavailable,
    MixedGateways,
    NoRoom,
    OutOfOrder,
)
from agent.journal.pairing import (
    ArchiveFacts,
    LostRecords,
    first_new_number,
    missing_batches,
    ring_fault,
)
from agent.journal.ring_block import (
    BLOCK_BYTES,
    ROOM,
    Pairing,
    join_records,
    most_parts,
    pack_commit,
    packed_bytes,
    unwritten,
)
from agent.journal.ring_file import RingFile
from agent.journal.ring_scan import Extent, ForeignRing, Scan
from agent.journal.storage_state import StorageState
from agent.journal.torn_tail import TornTail, remember, remembered
from foundation.dataclass import dataclass
from foundation.durable import (
    SYSTEM_DISK,
    Disk,
    DiskFull,
    WriteFailed,
)

CROWDED = 1 / 2
"""The part of telemetry's room whose use means: seal now, whatever the batch's age."""

ROOMY = 1 / 4
"""The part of telemetry's room that must be free before refused telemetry is taken again."""

_NAMES_DAMAGE = (
    "keep journal.sqlite and this file: tallyman support packs what is needed; then move "
    "this file away, and the journal goes on with new numbers and declares the loss"
)
NEW_EPOCH = "begin a new epoch: tallyman keys new-epoch --reason lost-journal"


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
        self._disk = disk
        self._alarm_slots = alarm_bytes // BLOCK_BYTES
        self._archive = archive
        self._base = archive.upto
        self._batches = archive.batches
        self._generation = archive.generation + 1
        self._durable_generation = 0
        self._extents: deque[Extent] = deque()
        self._sequence = 0
        self._torn_path = path.with_name(f"{path.stem}.torn")
        self.torn = remembered(self._torn_path)
        self._last_read: dict[Extent, list[bytes]] = {}
        self.lost = lost_records.remembered(path)
        if self.lost is not None and self.lost.end <= self._base:
            self._declared_loss()
        before = self.lost
        self._file = RingFile(path, disk)
        try:
            made = not path.exists()
            torn = self._make_first(size) if made else self._recover(size)
        except (JournalDamaged, JournalUnavailable):
            self.close()
            raise
        lost = None if self.lost == before else self.lost
        self.opened = Opened(made, self.waiting, torn, self.upto, lost)

    @property
    def upto(self) -> int:
        """The number behind the last record, or behind those that were given up there."""
        end = self._extents[-1].end if self._extents else self._base
        return self.lost.end if self.lost is not None and end == self.lost.first else end

    @property
    def standing(self) -> tuple[int, int]:
        """Slots and generation that a block of the ring says durably: what the archive may note."""
        return self._slots, self._durable_generation

    @property
    def _slots(self) -> int:
        return self._file.slots

    @property
    def waiting(self) -> int:
        """How many records are in no batch yet."""
        given_up = self.lost.count if self.lost is not None else 0
        return self.upto - self._base - given_up

    @property
    def pairing(self) -> Pairing:
        """What the ring's next block says of ring and archive."""
        return Pairing(self._slots, self._generation, self._batches)

    @property
    def crowded(self) -> bool:
        """Whether so much of the ring is used that a batch should be sealed now."""
        return self._slots - self._free() > CROWDED * self._room

    @property
    def roomy(self) -> bool:
        """Whether there is so much room that refused telemetry may be taken again."""
        return self._room - (self._slots - self._free()) > ROOMY * self._room

    @property
    def _room(self) -> int:
        """Slots that telemetry may use at once."""
        return self._slots - _reserve(self._slots) - self._alarm_slots

    def append(self, leaves: Sequence[bytes], *, reserve: bool = False) -> None:
        """Store consecutive records behind the last one, in the reserve if need be and they may.

        Durable on return. More than one commit's worth goes in several. JournalUnavailable: perhaps
        not stored, and to be repeated from `upto` on; RingFull: not stored. OutOfOrder for a record
        that no commit can hold.
        """
        kept = _reserve(self._slots) + (0 if reserve else self._alarm_slots)
        room = most_parts(self._slots) * ROOM
        part: list[bytes] = []
        size = 0
        for leaf in leaves:
            more = packed_bytes(leaf)
            if more > room:
                raise OutOfOrder(f"a record of {len(leaf)} bytes is too large for {self._path}")
            if size + more > room:
                self._commit(part, kept)
                part, size = [], 0
            part.append(leaf)
            size += more
        if part:
            self._commit(part, kept)

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Return up to `count` records from number `first` on, of those the ring holds."""
        # A seal reads its records, then compares; and a commit may hold more than one batch.
        read: dict[Extent, list[bytes]] = {}
        found: list[bytes] = []
        for extent in self._extents:
            if len(found) == count:
                break
            if extent.end > first:
                read[extent] = self._read(extent)
                skip = max(0, first - extent.first)
                stop = min(extent.count, skip + count - len(found))
                found += read[extent][skip:stop]
        self._last_read = read
        return found

    def release(self, upto: int, batches: int) -> None:
        """Give the slots of records below `upto` back: they are durable in one of the `batches`."""
        self._base = max(self._base, upto)
        self._batches = max(self._batches, batches)
        while self._extents and self._extents[0].end <= upto:
            self._last_read.pop(self._extents.popleft(), None)
        if self.lost is not None and self.lost.end <= self._base:
            self._declared_loss()

    def _declared_loss(self) -> None:
        """Forget the loss: a durable statement declares it."""
        self.lost = None
        with suppress(OSError):  # it stays: the next start sees that it is in the archive
            lost_records.lost_path(self._path).unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _make_first(self, size: int) -> int:
        """Make the ring of a new journal, or in the place of one that is gone; return 0."""
        archive = self._archive
        if archive.batches or archive.generation:
            self._give_up(self._base, archive.slots or size // BLOCK_BYTES, "gone")
        self._make(size, b"")
        return 0

    def _make(self, size: int, head: bytes) -> None:
        slots = size // BLOCK_BYTES
        self._file.make(slots, head, self._unwritten(slots))
        self._durable_generation = self._generation

    def _unwritten(self, slots: int) -> Callable[[int], bytes]:
        """Return what makes the block of a slot in which nothing was written yet."""
        pairing = self.pairing._replace(slots=slots)
        return lambda slot: unwritten(self._epoch, slot, self.upto, pairing)

    def _recover(self, size: int) -> int:
        """Take over what is there; return how many torn blocks were cut."""
        self._file.open()
        found = self._scan()
        self._check(found)
        self._extents.extend(found.extents)
        self._sequence = found.next_sequence
        if found.facts.pairing is not None:
            self._durable_generation = found.facts.pairing.generation
            self._generation = max(self._generation, self._durable_generation + 1)
        sound = self._declare_lost(found, size) and not found.patchy
        if (sound and found.facts.pairing is not None) or not self._made_sound(size):
            self._go_on(found.torn, size)
        return len(found.torn)

    def _declare_lost(self, found: Scan, size: int) -> bool:
        """See to it that what was lost gets declared; tell whether nothing acknowledged was."""
        fault = ring_fault(found.facts, self._archive)
        if fault is not None:
            end = self._extents[-1].end if self._extents else self._base
            self._give_up(end, max(self._slots, self._archive.slots, size // BLOCK_BYTES), fault)
        elif found.torn:
            self._remember(TornTail(len(found.torn), self.upto))
        return fault is None

    def _go_on(self, torn: Sequence[int], size: int) -> None:
        """Use the file as it is, unless it has another size, or little room."""
        fits = self._slots == size // BLOCK_BYTES and not self.crowded
        if fits or not self._make_anew(size):
            # What a power cut left of a commit is declared just once.
            self._file.clear(torn, self._unwritten(self._slots))
            self._prove_newest()

    def _made_sound(self, size: int) -> bool:
        """Write the ring anew, so that each slot says whether something was written there."""
        larger = max(self._slots * BLOCK_BYTES, size)
        return self._make_anew(size) or self._make_anew(larger, tight=True)

    def _check(self, found: Scan) -> None:
        """Refuse a ring that knows of batches which are gone, or lost records in its middle."""
        missing = missing_batches(found.facts, self._archive)
        if missing:
            raise JournalDamaged(
                f"{self._path} knows of {missing.stop} batches, the archive beside it has "
                f"{missing.start}: the archive is an old copy, or damaged",
                advice=f"put the newest copy of the archive back; where there is none, {NEW_EPOCH}",
            )
        if found.stranded is not None:
            end = found.extents[-1].end if found.extents else self._base
            raise JournalDamaged(
                f"{self._path} has lost records {end} to {found.stranded - 1} and holds newer ones",
                advice=_NAMES_DAMAGE,
            )

    def _give_up(self, end: int, slots: int, fault: str) -> None:
        """Go on with numbers that no lost record had, where `end` is behind the last one left."""
        before = self.lost
        if before is not None and end > before.first:
            raise JournalDamaged(
                f"{self._path} was damaged again before its first loss was declared",
                advice=_NAMES_DAMAGE,
            )
        if not self._archive.batches:
            raise JournalDamaged(
                f"{self._path} is {fault}, and no batch tells what it held",
                cause=RING_GONE,
                advice=NEW_EPOCH,
            )
        used = end if before is None else before.end
        lost = LostRecords(end, first_new_number(used, slots), fault)
        try:
            lost_records.remember(self._path, lost, self._disk)
        except WriteFailed as error:
            raise JournalUnavailable(str(error), advice=error.advice) from error
        self.lost = lost

    def _remember(self, tail: TornTail) -> None:
        """Make sure that `tail` gets declared, be it after another power cut.

        A disk too full for that small file is no reason not to start: then this run alone knows.
        """
        try:
            remember(self._torn_path, tail, self._disk)
            self.torn = remembered(self._torn_path)
        except WriteFailed as error:
            if not isinstance(error, DiskFull):
                raise JournalUnavailable(str(error), advice=error.advice) from error
            self.torn = tail

    def declared(self) -> None:
        """Forget the torn tail: a durable record declares it."""
        self.torn = None
        with suppress(OSError):  # it stays: the next start finds the record and tries again
            self._torn_path.unlink(missing_ok=True)

    def _scan(self) -> Scan:
        try:
            return self._file.scan(self._epoch, self._base, self.lost)
        except ForeignRing as error:
            raise MixedGateways(
                f"{self._path} belongs to epoch {error}, not to {self._epoch.hex()}"
            ) from error

    def _prove_newest(self) -> None:
        """Write the newest commit anew: what is read here may be in the page cache only."""
        if not self._extents:
            return
        newest = self._extents[-1]
        leaves = self._read(newest)[max(0, self._base - newest.first) : newest.count]
        first = max(self._base, newest.first)
        self._extents[-1] = self._written(first, leaves, reserve=0)

    def _make_anew(self, size: int, *, tight: bool = False) -> bool:
        """Replace the ring by one of `size` with the same records, packed; False: they do not fit.

        Then the old one goes on, and a later start finds most of them sealed. `tight`: they may
        take the slots that are kept free for the next start.
        """
        slots = size // BLOCK_BYTES
        head, extents = self._laid_out(self.pairing._replace(slots=slots))
        if len(head) // BLOCK_BYTES > slots - (0 if tight else _reserve(slots)):
            return False
        self._make(size, head)
        self._extents = deque(extents)
        self._sequence = len(head) // BLOCK_BYTES
        return True

    def _laid_out(self, pairing: Pairing) -> tuple[bytes, list[Extent]]:
        """Return blocks that hold all records from slot 0 on, and where each commit is."""
        blocks = bytearray()
        extents: list[Extent] = []
        for first, leaves in self._stretches():
            for part in _parts(leaves):
                sequence = len(blocks) // BLOCK_BYTES
                number = max(first, extents[-1].end if extents else 0)
                packed = pack_commit(self._epoch, sequence, number, join_records(part), pairing)
                extents.append(Extent(sequence, len(packed) // BLOCK_BYTES, number, len(part)))
                blocks += packed
        return bytes(blocks), extents

    def _stretches(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield first number and records: of what was before the given up numbers, then behind."""
        lost = self.lost
        if lost is not None and self._base < lost.first:
            yield self._base, self.leaves(self._base, lost.first - self._base)
        first = self._base if lost is None else max(self._base, lost.end)
        yield first, self.leaves(first, self.upto - first)

    def _read(self, extent: Extent) -> list[bytes]:
        if extent in self._last_read:
            return self._last_read[extent]
        leaves = self._file.read(self._epoch, extent)
        if leaves is None:
            raise JournalDamaged(
                f"{self._path} has lost records {extent.first} to {extent.end - 1}: "
                "the disk does not return what was written",
                advice=_NAMES_DAMAGE,
            )
        return leaves

    def _commit(self, leaves: Sequence[bytes], reserve: int) -> None:
        extent = self._written(self.upto, leaves, reserve)
        self._extents.append(extent)

    def _written(self, first: int, leaves: Sequence[bytes], reserve: int) -> Extent:
        payload = join_records(leaves)
        parts = payload.blocks
        sequence = self._place(parts, reserve)
        self._sequence = sequence + parts  # even when it fails: never the same slots again
        data = pack_commit(self._epoch, sequence, first, payload, self.pairing)
        self._file.write(sequence % self._slots, data)
        self._durable_generation = self._generation
        return Extent(sequence, parts, first, len(leaves))

    def _free(self) -> int:
        """Return how many slots lie between the newest commit and the oldest one still needed."""
        if not self._extents:
            return self._slots
        newest = self._extents[-1]
        return (self._extents[0].sequence - newest.sequence - newest.blocks) % self._slots

    def _place(self, parts: int, reserve: int) -> int:
        """Return the sequence at which `parts` blocks fit, in one piece, over nothing needed."""
        for start in (self._sequence, self._behind_newest()):
            left = self._slots - start % self._slots
            sequence = start if parts <= left else start + left
            if self._fits(sequence, parts + reserve):
                return sequence
        raise RingFull(
            f"{self._path} is full: {self.waiting} records wait to be sealed in a batch",
            advice="find out why batches cannot be stored: tallyman status, dmesg, df",
            state=StorageState.FULL,
        )

    def _behind_newest(self) -> int:
        """Return the next sequence for the slot behind the newest commit, over failed writes."""
        if not self._extents:
            return self._sequence
        end = self._extents[-1].sequence + self._extents[-1].blocks
        return self._sequence + (end - self._sequence) % self._slots

    def _fits(self, sequence: int, parts: int) -> bool:
        if not self._extents:
            return parts <= self._slots
        newest = self._extents[-1]
        skipped = (sequence - newest.sequence - newest.blocks) % self._slots
        return skipped + parts <= self._free()


def _reserve(slots: int) -> int:
    """Return the slots kept free so that opening a full ring can write the newest commit anew.

    Twice a commit: it must fit in one piece on one side of the ring's end.
    """
    return 2 * most_parts(slots)


def _parts(leaves: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the records in commits of one block each, where they are not larger."""
    part: list[bytes] = []
    for index, leaf in enumerate(leaves):
        part.append(leaf)
        follows = leaves[index + 1 : index + 2]
        if sum(map(packed_bytes, (*part, *follows))) > ROOM or not follows:
            yield part
            part = []
