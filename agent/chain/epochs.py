"""A new epoch: the gateway's order starts anew and names the one before; no record is lost.

The old epoch's files go to epochs/EPOCH/, where its confirmed batches stay for bundles. Records
that no node has in a batch that counts are put into the new epoch under new numbers. All of the
new epoch is made durable beside the old one first; renaming its folder to `ready` is the moment at
which it holds, and `finish` moves its files into place, again after every power cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from agent.chain.building import Author, Place, build_batch
from agent.chain.conflict import Conflict, read_conflict
from agent.chain.ready_epoch import EPOCHS, READY, finish, remove
from agent.journal.journal import (
    BatchRow,
    BatchState,
    JournalDamaged,
    MixedGateways,
    Proof,
    SealedBatch,
)
from agent.journal.places import FILE_NAME
from agent.journal.remains import Remains
from agent.journal.ring_journal import RingJournal
from agent.records.registry import kind_of
from agent.signing.identity import (
    IDENTITY_FILE,
    Entropy,
    Identity,
    load,
    load_or_make,
    to_text,
)
from agent.signing.signer import Signer
from evidence.leaf import SEED_BYTES, Record
from evidence.statement import EPOCH_BYTES, Follows, parse_statement
from foundation.dataclass import dataclass
from foundation.durable import move_file, write_file

Proven = Callable[[bytes, Sequence[Proof]], bool]
"""Tells whether what is kept beside a statement still proves it."""

_TAKEN = (BatchState.ACCEPTED, BatchState.CONFIRMED)
"""Batches that a node has."""

_DRAFT = "draft"
PAGE = 256
"""Records carried over in one batch: as many as a batch has by default."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a new epoch; `carried` records were put into it.

    Of those, `again` are in batches that a node took and that are not proven here.
    """

    identity: Identity
    carried: int
    again: int


def begin(
    state_dir: Path,
    ring_bytes: int,
    reason: str,
    lost: int | None,
    signer: Signer,
    entropy: Entropy,
    now_s: int,
    proven: Proven,
) -> Change:
    """Begin a new epoch durably; the caller holds the state folder's lock.

    `lost`, where given, is the last batch that the old epoch is known to have signed. It goes on
    from confirmed batches as far as `proven` says so of them.
    """
    finish(state_dir)
    identity = load_or_make(state_dir, entropy)
    conflict = read_conflict(state_dir, identity.epoch)
    old, lost = _opened(state_dir / FILE_NAME, identity.epoch, ring_bytes, lost)
    draft = state_dir / EPOCHS / _DRAFT
    if draft.exists():
        remove(draft)
    draft.mkdir(mode=0o700, parents=True)
    try:
        follows, first = _follows(identity, old, conflict, reason, lost, proven)
        fresh = Identity(identity.gateway, entropy(EPOCH_BYTES), follows)
        author = Author(fresh.gateway, fresh.epoch, signer, None, follows)
        carried = _carry(old, first, draft / FILE_NAME, ring_bytes, author, entropy, now_s)
        again = _taken(old, first)
    finally:
        old.close()
    write_file(draft / IDENTITY_FILE, to_text(fresh).encode())
    move_file(draft, state_dir / EPOCHS / READY)
    finish(state_dir)
    return Change(fresh, carried, again)


class _Old(Protocol):
    """What a new epoch needs of the journal before; see `JournalReader`."""

    def head(self) -> SealedBatch | None: ...

    def batch(self, seq: int) -> BatchRow: ...

    def batches(self, first: int, last: int) -> Sequence[BatchRow]: ...

    def records(self, first: int, limit: int) -> list[Record]: ...

    def proofs(self, row: BatchRow) -> list[Proof]: ...

    def close(self) -> None: ...


def _opened(path: Path, epoch: bytes, ring_bytes: int, lost: int | None) -> tuple[_Old, int | None]:
    """Return the old journal, or its remains, and the last batch that it is known to have had."""
    try:
        return RingJournal(path, epoch, ring_bytes, used=True), lost
    except MixedGateways:
        raise
    except JournalDamaged:
        remains = Remains(path, epoch)
    known = [seq for seq in (remains.newest_known, lost) if seq is not None]
    return remains, max(known, default=None)


def _follows(
    identity: Identity,
    journal: _Old,
    conflict: Conflict | None,
    reason: str,
    lost: int | None,
    proven: Proven,
) -> tuple[Follows, int]:
    """Return what the new epoch says of this one, and the first record to carry over.

    It goes on from what is proven: what a node has and did not prove here counts as lost with it,
    and its records are carried over.
    """
    kept = _last_of_run(journal, lambda row: _counts(journal, row, proven))
    known = [_last_of_run(journal, lambda row: row.state in _TAKEN), lost]
    if conflict is not None:
        known += [conflict.newest, conflict.logged.last]
    last = max((seq for seq in known if seq is not None), default=None)
    if last is None and identity.follows is not None:
        # No node has anything of this epoch: the new one goes on from the same place as it did.
        return replace(identity.follows, reason=reason), 0
    if kept is None:
        return Follows(identity.epoch, None, None, last, reason), 0
    statement = parse_statement(journal.batch(kept).batch.statement)
    return Follows(identity.epoch, kept, statement.digest, last, reason), statement.next_record


def _counts(journal: _Old, row: BatchRow, proven: Proven) -> bool:
    confirmed = row.state is BatchState.CONFIRMED
    return confirmed and proven(row.batch.statement, journal.proofs(row))


def _last_of_run(journal: _Old, meant: Callable[[BatchRow], bool]) -> int | None:
    """Return the last batch of the unbroken run that is `meant`; None without one."""
    last = None
    for row in _rows(journal):
        if not meant(row):
            return last
        last = row.batch.seq
    return last


def _taken(journal: _Old, first: int) -> int:
    """Return how many records from number `first` on a node has in batches."""
    rows = (row for row in _rows(journal) if row.batch.first >= first and row.state in _TAKEN)
    return sum(row.batch.count for row in rows)


def _rows(journal: _Old) -> Iterator[BatchRow]:
    head = journal.head()
    for start in range(0, head.seq + 1 if head else 0, PAGE):
        yield from journal.batches(start, start + PAGE - 1)


def _carry(
    old: _Old,
    first: int,
    path: Path,
    ring_bytes: int,
    author: Author,
    entropy: Entropy,
    now_s: int,
) -> int:
    """Put the records from `first` on into a new journal at `path`, sealed; return how many."""
    new = RingJournal(path, author.epoch, ring_bytes)
    try:
        for records in _renumbered(old, first):
            new.commit(records)
            leaves = [record.to_bytes() for record in records]
            urgent = any(kind_of(record.kind).urgent for record in records)
            place = Place.after(new.head())
            seed = entropy(SEED_BYTES)
            new.seal(build_batch(author, place, leaves, seed, now_s, urgent=urgent))
        return new.count()
    finally:
        new.close()


def _renumbered(old: _Old, first: int) -> Iterator[Sequence[Record]]:
    number = 0
    while records := old.records(first, PAGE):
        yield [record._replace(number=number + at) for at, record in enumerate(records)]
        number += len(records)
        first = records[-1].number + 1  # some may have gone in between


def archives(state_dir: Path, identity: Identity) -> list[tuple[Identity, Path]]:
    """Return the earlier epochs kept here, newest first, each with its journal's path."""
    found: list[tuple[Identity, Path]] = []
    follows = identity.follows
    while follows is not None:
        folder = state_dir / EPOCHS / follows.epoch.hex()
        follows = None
        if (folder / IDENTITY_FILE).exists():
            earlier = load(folder / IDENTITY_FILE)
            found.append((earlier, folder / FILE_NAME))
            follows = earlier.follows
    return found
