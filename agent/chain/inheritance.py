"""The old gateway's journal from its card, for the one that took its place: evidence to show.

It goes to epochs/EPOCH/, where `epochs` looks for it. What the old card had recorded and no node
has stays there, readable and unproven: it counts as the declared gap.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.chain.epochs import PAGE, Proven
from agent.chain.ready_epoch import EPOCHS
from agent.journal.journal import BatchRow, BatchState, JournalReader
from agent.journal.lost_records import lost_path
from agent.journal.places import FILE_NAME, ring_path
from agent.journal.ring_reader import open_reader
from agent.signing.identity import IDENTITY_FILE, Identity, load
from foundation.durable import WriteFailed, advice_for, sync_folder
from foundation.errors import Fatal
from foundation.progress import Progress, unheard

PIECE_BYTES = 1 << 20
GAPS = "gaps"
_DRAFT = "inherited"


class NotItsOwn(Fatal):
    """What lies there is not the journal that this gateway goes on from."""

    advice = "name the state folder on the old card: …/tallyman, with identity.toml in it"


@dataclass(frozen=True, slots=True)
class Inherited:
    """What was taken over: `records` of the old gateway. Of those, `before` are in batches that
    this gateway goes on from, and `proven` in such batches as are proven.
    """

    records: int
    before: int
    proven: int


def inherit(
    state_dir: Path, identity: Identity, source: Path, progress: Progress = unheard
) -> Path:
    """Copy the journal of the old gateway durably, and return it; again changes nothing.

    `progress` counts the bytes of its files. NotItsOwn where `source` is another gateway's; the
    source is only read.
    """
    follows = identity.follows
    if not (source / IDENTITY_FILE).exists():
        raise NotItsOwn(f"{source} is not the state folder of a gateway")
    old = load(source / IDENTITY_FILE)
    if follows is None:
        raise NotItsOwn(
            f"this gateway, {identity.gateway}, replaces no other one",
            advice="inherit on the one whose card was made with `tallyman-ledger replace`",
        )
    if (old.gateway, old.epoch) != (identity.gateway, follows.epoch):
        raise NotItsOwn(f"{source} belongs to {old.gateway}, epoch {old.epoch.hex()}")
    target = state_dir / EPOCHS / old.epoch.hex()
    if not target.exists():
        try:
            _copy(source, state_dir, target, progress)
        except OSError as error:
            raise WriteFailed(
                f"cannot copy {source}: {error.strerror}", advice=advice_for(error.errno)
            ) from error
    return target / FILE_NAME


def counted_in(path: Path, upto: int | None, proven: Proven) -> Inherited:
    """Return what an inherited journal holds; `upto` is the batch that this gateway goes on from.

    A batch counts as proven where its receipts still prove it.
    """
    reader = open_reader(path)
    try:
        before = good = 0
        for row in _rows(reader, -1 if upto is None else upto):
            before += row.batch.count
            if row.state is BatchState.CONFIRMED:
                good += row.batch.count * proven(row.batch.statement, reader.proofs(row))
        return Inherited(reader.count(), before, good)
    finally:
        reader.close()


def _rows(reader: JournalReader, upto: int) -> Iterator[BatchRow]:
    for first in range(0, upto + 1, PAGE):
        yield from reader.batches(first, min(first + PAGE - 1, upto))


def _copy(source: Path, state_dir: Path, target: Path, progress: Progress) -> None:
    """Copy beside the place, flush, and rename: a cut leaves a draft that the next try replaces."""
    draft = state_dir / EPOCHS / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    journal = Path(FILE_NAME)
    ring = ring_path(journal)
    names = (FILE_NAME, f"{FILE_NAME}-wal", ring.name, lost_path(ring).name, IDENTITY_FILE)
    files = [source / name for name in names if (source / name).exists()]
    copier = _Copier(progress, sum(file.stat().st_size for file in files))
    for file in files:
        copier.copy(file, draft / file.name)
    for earlier in sorted((source / EPOCHS).glob("*/" + IDENTITY_FILE)):
        if not (state_dir / EPOCHS / earlier.parent.name).exists():
            shutil.copytree(earlier.parent, state_dir / EPOCHS / earlier.parent.name)
    (state_dir / GAPS).mkdir(mode=0o700, exist_ok=True)
    for gap in sorted((source / GAPS).glob("*.toml")):
        _Copier(unheard, 0).copy(gap, state_dir / GAPS / gap.name)
    sync_folder(state_dir / GAPS)
    sync_folder(draft)
    draft.rename(target)
    sync_folder(target.parent)


class _Copier:
    """Copies files durably, `whole` bytes in all."""

    def __init__(self, progress: Progress, whole: int) -> None:
        self._progress = progress
        self._whole = whole
        self._done = 0

    def copy(self, source: Path, target: Path) -> None:
        """Copy one of them."""
        with source.open("rb") as read, target.open("wb") as write:
            target.chmod(0o600)
            while piece := read.read(PIECE_BYTES):
                write.write(piece)
                self._done += len(piece)
                self._progress(self._done, self._whole)
            write.flush()
            os.fsync(write.fileno())
