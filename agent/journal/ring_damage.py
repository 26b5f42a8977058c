"""What a ring has lost, kept beside it until it is declared.

There are two kinds. `torn` is the rest of a commit that a power cut ended: never acknowledged, and
declared by a record. `lost` are numbers that acknowledged records may have had: they are given up,
and declared by a statement. Both are durable before the ring goes on.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from agent.journal import lost_records, torn_tail
from agent.journal.causes import RING_GONE
from agent.journal.journal import JournalDamaged, JournalUnavailable
from agent.journal.pairing import ArchiveFacts, LostRecords, first_new_number
from agent.journal.torn_tail import TornTail
from foundation.durable import Disk, DiskFull, WriteFailed

NAMES_DAMAGE = (
    "keep journal.sqlite and this file: tallyman support packs what is needed; then move "
    "this file away, and the journal goes on with new numbers and declares the loss"
)
NEW_EPOCH = "begin a new epoch: tallyman keys new-epoch --reason lost-journal"


class Damage:
    """What the ring at `path` has lost and nothing has declared yet."""

    def __init__(self, path: Path, archive: ArchiveFacts, disk: Disk) -> None:
        """Read what earlier openings found; JournalDamaged, JournalUnavailable."""
        self._path = path
        self._archive = archive
        self._disk = disk
        self._torn_path = path.with_name(f"{path.stem}.torn")
        self.torn = torn_tail.remembered(self._torn_path)
        self.lost = lost_records.remembered(path)
        self.sealed(archive.upto)

    @property
    def given_up(self) -> int:
        """How many numbers no record will have."""
        return self.lost.count if self.lost is not None else 0

    def give_up(self, end: int, slots: int, fault: str) -> None:
        """Give up the numbers that lost records may have had; `end` is behind the last one left.

        The ring had so many `slots` and shows this `fault`.
        """
        before = self.lost
        if before is not None and end > before.first:
            raise JournalDamaged(
                f"{self._path} was damaged again before its first loss was declared",
                advice=NAMES_DAMAGE,
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

    def sealed(self, upto: int) -> None:
        """Forget the loss where it lies below `upto`: a durable statement declares it."""
        if self.lost is None or self.lost.end > upto:
            return
        self.lost = None
        with suppress(OSError):  # it stays: the next start sees that it is in the archive
            lost_records.lost_path(self._path).unlink(missing_ok=True)

    def cut(self, tail: TornTail) -> None:
        """Make sure that `tail` gets declared, be it after another power cut.

        A disk too full for that small file is no reason not to start: then this run alone knows.
        """
        try:
            torn_tail.remember(self._torn_path, tail, self._disk)
            self.torn = torn_tail.remembered(self._torn_path)
        except WriteFailed as error:
            if not isinstance(error, DiskFull):
                raise JournalUnavailable(str(error), advice=error.advice) from error
            self.torn = tail

    def cut_declared(self) -> None:
        """Forget the torn tail: a durable record declares it."""
        self.torn = None
        with suppress(OSError):  # it stays: the next start finds the record and tries again
            self._torn_path.unlink(missing_ok=True)
