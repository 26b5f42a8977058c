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

import errno
import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.journal.journal import JournalDamaged, JournalUnavailable, NoRoom, OutOfOrder
from agent.journal.ring_block import (
    BLOCK_BYTES,
    ROOM,
    join_records,
    most_parts,
    pack_commit,
    packed_bytes,
)
from agent.journal.ring_scan import Extent, ForeignRing, Scan, read_commit, scan
from agent.journal.storage_state import StorageState, of_errno
from agent.journal.torn_tail import TornTail, remember, remembered
from foundation.durable import (
    SYSTEM_DISK,
    Disk,
    DiskFull,
    WriteFailed,
    advice_for,
    sync_folder,
)

CROWDED = 1 / 2
"""The part of telemetry's room whose use means: seal now, whatever the batch's age."""

ROOMY = 1 / 4
"""The part of telemetry's room that must be free before refused telemetry is taken again."""

_ZEROS = bytes(1024 * 1024)
_NAMES_DAMAGE = (
    "keep journal.sqlite and this file: tallyman support packs what is needed; then move "
    "this file away, and the journal goes on behind its last batch"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening found: `made` a new ring, `records` not sealed yet, `torn` blocks that were cut.

    The cut blocks would have held records from `next_number` on; none of them was acknowledged.
    """

    made: bool
    records: int
    torn: int
    next_number: int


class RingFull(NoRoom):
    """Every slot holds records that are in no batch yet, but for the reserve."""


class Ring:
    """Unsealed records from number `base` on. Use it in the thread that made it."""

    def __init__(
        self,
        path: Path,
        epoch: bytes,
        base: int,
        size: int,
        disk: Disk = SYSTEM_DISK,
        *,
        alarm_bytes: int = 0,
    ) -> None:
        """Open the ring, or make one of `size` bytes; JournalDamaged, JournalUnavailable.

        The last `alarm_bytes` of free slots are for records that may use the reserve.
        A ring of another size is made anew with the records that are still needed.
        """
        self._path = path
        self._epoch = epoch
        self._disk = disk
        self._alarm_slots = alarm_bytes // BLOCK_BYTES
        self._base = base
        self._extents: deque[Extent] = deque()
        self._sequence = 0
        self._torn_path = path.with_name(f"{path.stem}.torn")
        self.torn = remembered(self._torn_path)
        self._last_read: dict[Extent, list[bytes]] = {}
        made = not path.exists()
        self._fd = self._make(size, b"") if made else self._open()
        self._slots = os.fstat(self._fd).st_size // BLOCK_BYTES
        try:
            torn = self._recover(size)
        except (JournalDamaged, JournalUnavailable):
            self.close()
            raise
        self.opened = Opened(made, self.upto - base, torn, self.upto)

    @property
    def upto(self) -> int:
        """The number behind the last record."""
        return self._extents[-1].end if self._extents else self._base

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
        touched = [
            each for each in self._extents if first < each.end and each.first < first + count
        ]
        # A seal reads its records, then compares; and a commit may hold more than one batch.
        self._last_read = {extent: self._read(extent) for extent in touched}
        found: list[bytes] = []
        for extent, leaves in self._last_read.items():
            skip = max(0, first - extent.first)
            found += leaves[skip : min(extent.count, first + count - extent.first)]
        return found

    def release(self, upto: int) -> None:
        """Give the slots of records below `upto` back: they are durable in a batch."""
        self._base = max(self._base, upto)
        while self._extents and self._extents[0].end <= upto:
            self._last_read.pop(self._extents.popleft(), None)

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _open(self) -> int:
        try:
            sync_folder(self._path.parent, disk=self._disk)
            return os.open(self._path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise self._unavailable(error) from error

    def _make(self, size: int, head: bytes) -> int:
        """Make a ring that starts with the blocks `head`; return its descriptor."""
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            fd = os.open(temporary, flags, 0o600)
            try:
                self._fill(fd, head, size // BLOCK_BYTES * BLOCK_BYTES)
                self._disk.replace(temporary, self._path)
                sync_folder(self._path.parent, disk=self._disk)
            except OSError:
                os.close(fd)
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._unavailable(error) from error
        return fd

    def _fill(self, fd: int, head: bytes, size: int) -> None:
        self._put(fd, head, 0)
        for at in range(len(head), size, len(_ZEROS)):
            self._put(fd, _ZEROS[: size - at], at)
        self._disk.fsync(fd)

    def _put(self, fd: int, data: bytes, offset: int) -> None:
        if self._disk.pwrite(fd, data, offset) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # it takes all, or is full

    def _recover(self, size: int) -> int:
        """Take over what is there; return how many torn blocks were cut."""
        found = self._scan()
        if found.stranded is not None:
            end = found.extents[-1].end if found.extents else self._base
            raise JournalDamaged(
                f"{self._path} has lost records {end} to {found.stranded - 1} and holds newer ones",
                advice=_NAMES_DAMAGE,
            )
        self._extents.extend(found.extents)
        self._sequence = found.next_sequence
        if found.torn:
            self._remember(TornTail(len(found.torn), self.upto))
        fits = self._slots == size // BLOCK_BYTES and not self.crowded
        if fits or not self._make_anew(size):
            self._cut(found.torn)
            self._prove_newest()
        return len(found.torn)

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
            return scan(self._fd, self._slots, self._epoch, self._base)
        except ForeignRing as error:
            raise JournalDamaged(
                f"{self._path} belongs to epoch {error}, not to {self._epoch.hex()}",
                advice="identity and journal of two gateways were mixed: restore both from one",
            ) from error
        except OSError as error:
            raise self._unavailable(error) from error

    def _cut(self, torn: Sequence[int]) -> None:
        """Clear what a power cut left of a commit, so that it is declared just once."""
        try:
            for slot in torn:
                self._put(self._fd, bytes(BLOCK_BYTES), slot * BLOCK_BYTES)
            if torn:
                self._disk.fdatasync(self._fd)
        except OSError as error:
            raise self._unavailable(error) from error

    def _prove_newest(self) -> None:
        """Write the newest commit anew: what is read here may be in the page cache only."""
        if not self._extents:
            return
        newest = self._extents[-1]
        leaves = self._read(newest)[max(0, self._base - newest.first) : newest.count]
        first = max(self._base, newest.first)
        self._extents[-1] = self._written(first, leaves, reserve=0)

    def _make_anew(self, size: int) -> bool:
        """Replace the ring by one of `size` with the same records, packed; False: they do not fit.

        Then the old one goes on, and a later start finds most of them sealed.
        """
        leaves = self.leaves(self._base, self.upto - self._base)
        head, extents = _laid_out(self._epoch, self._base, leaves)
        slots = size // BLOCK_BYTES
        if len(head) // BLOCK_BYTES > slots - _reserve(slots):
            return False
        fd = self._make(size, head)
        os.close(self._fd)
        self._fd, self._slots = fd, slots
        self._extents = deque(extents)
        self._sequence = len(head) // BLOCK_BYTES
        return True

    def _read(self, extent: Extent) -> list[bytes]:
        if extent in self._last_read:
            return self._last_read[extent]
        try:
            leaves = read_commit(self._fd, self._slots, self._epoch, extent)
        except OSError as error:
            raise self._unavailable(error) from error
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
        data = pack_commit(self._epoch, sequence, first, payload)
        try:
            self._put(self._fd, data, sequence % self._slots * BLOCK_BYTES)
            self._disk.fdatasync(self._fd)
        except OSError as error:
            raise self._unavailable(error) from error
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
            f"{self._path} is full: {self.upto - self._base} records wait to be sealed in a batch",
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

    def _unavailable(self, error: OSError) -> JournalUnavailable:
        why = os.strerror(error.errno or 0)
        return JournalUnavailable(
            f"the journal {self._path} cannot be used: {why}",
            advice=advice_for(error.errno),
            state=of_errno(error.errno),
        )


def _reserve(slots: int) -> int:
    """Return the slots kept free so that opening a full ring can write the newest commit anew.

    Twice a commit: it must fit in one piece on one side of the ring's end.
    """
    return 2 * most_parts(slots)


def _laid_out(epoch: bytes, first: int, leaves: Sequence[bytes]) -> tuple[bytes, list[Extent]]:
    """Return blocks that hold `leaves` in commits from slot 0 on, and where each commit is."""
    blocks = bytearray()
    extents: list[Extent] = []
    part: list[bytes] = []
    for index, leaf in enumerate(leaves):
        part.append(leaf)
        follows = leaves[index + 1 : index + 2]
        if sum(map(packed_bytes, (*part, *follows))) > ROOM or not follows:
            sequence = len(blocks) // BLOCK_BYTES
            packed = pack_commit(epoch, sequence, first, join_records(part))
            extents.append(Extent(sequence, len(packed) // BLOCK_BYTES, first, len(part)))
            blocks += packed
            first += len(part)
            part = []
    return bytes(blocks), extents
