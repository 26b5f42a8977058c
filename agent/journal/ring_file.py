"""The ring's file: opened, made whole and put in place, written in whole blocks and flushed.

What the disk refuses is JournalUnavailable, with what it told.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.pairing import LostRecords
from agent.journal.ring_block import BLOCK_BYTES
from agent.journal.ring_damage import NAMES_DAMAGE
from agent.journal.ring_scan import Extent, Scan, may_hold, read_commit, scan, stated_slots
from agent.journal.storage_state import of_errno
from foundation.durable import Disk, advice_for, sync_folder

_CHUNK_BLOCKS = 256  # a ring is made in steps of 1 MiB


class RingFile:
    """Blocks in `slots` of 4 KiB. Use it in the thread that made it."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Nothing is touched before `open` or `make`."""
        self.path = path
        self.disk = disk
        self.slots = 0
        self._fd = -1
        self._named = True

    def open(self) -> None:
        """Open the file; its folder is flushed, as the file's name may be young."""
        try:
            sync_folder(self.path.parent, disk=self.disk)
            self._fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            self.slots = stated_slots(self._fd)
        except OSError as error:
            raise self._unavailable(error) from error

    def make(self, slots: int, head: bytes, unwritten: Callable[[int], bytes]) -> None:
        """Put a ring in this one's place: the blocks `head`, then `unwritten` ones by slot.

        It is the one in use on return, and its name is durable with `name`. JournalUnavailable:
        the one before is still in use.
        """
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            fd = os.open(temporary, flags, 0o600)
            try:
                self._fill(fd, slots, head, unwritten)
                self.disk.replace(temporary, self.path)
            except OSError:
                os.close(fd)
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._unavailable(error) from error
        self.close()
        self._fd, self.slots, self._named = fd, slots, False

    def name(self) -> None:
        """Make the file's name durable, where it is not: else a power cut could bring another back.

        Nothing is written before that.
        """
        if self._named:
            return
        try:
            sync_folder(self.path.parent, disk=self.disk)
        except OSError as error:
            raise self._unavailable(error) from error
        self._named = True

    def _fill(self, fd: int, slots: int, head: bytes, unwritten: Callable[[int], bytes]) -> None:
        self._put(fd, head, 0)
        for start in range(len(head) // BLOCK_BYTES, slots, _CHUNK_BLOCKS):
            chunk = range(start, min(slots, start + _CHUNK_BLOCKS))
            self._put(fd, b"".join(map(unwritten, chunk)), start * BLOCK_BYTES)
        self.disk.fsync(fd)

    def _put(self, fd: int, data: bytes, offset: int) -> None:
        if self.disk.pwrite(fd, data, offset) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # it takes all, or is full

    def write(self, slot: int, blocks: bytes) -> None:
        """Write blocks from a slot on; durable on return."""
        self.name()
        try:
            self._put(self._fd, blocks, slot * BLOCK_BYTES)
            self.disk.fdatasync(self._fd)
        except OSError as error:
            raise self._unavailable(error) from error

    def clear(self, slots: Sequence[int], unwritten: Callable[[int], bytes]) -> None:
        """Have these slots say that nothing was written there; durable on return."""
        try:
            for slot in slots:
                self._put(self._fd, unwritten(slot), slot * BLOCK_BYTES)
            if slots:
                self.disk.fdatasync(self._fd)
        except OSError as error:
            raise self._unavailable(error) from error

    def scan(self, epoch: bytes, base: int, lost: LostRecords | None) -> Scan:
        """Find the records from number `base` on; ForeignRing passes through."""
        try:
            return scan(self._fd, self.slots, epoch, base, lost)
        except OSError as error:
            raise self._unavailable(error) from error

    def may_hold(self, below: int) -> bool:
        """Tell whether a slot may hold a record with a number `below` that, or pieces of one."""
        try:
            return may_hold(self._fd, self.slots, below)
        except OSError as error:
            raise self._unavailable(error) from error

    def read(self, epoch: bytes, extent: Extent) -> list[bytes]:
        """Return the records of a commit, JournalDamaged when its blocks are not whole."""
        try:
            leaves = read_commit(self._fd, self.slots, epoch, extent)
        except OSError as error:
            raise self._unavailable(error) from error
        if leaves is None:
            raise JournalDamaged(
                f"{self.path} has lost records {extent.first} to {extent.end - 1}: "
                "the disk does not return what was written",
                advice=NAMES_DAMAGE,
            )
        return leaves

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _unavailable(self, error: OSError) -> JournalUnavailable:
        why = os.strerror(error.errno or 0)
        return JournalUnavailable(
            f"the journal {self.path} cannot be used: {why}",
            advice=advice_for(error.errno),
            state=of_errno(error.errno),
        )
