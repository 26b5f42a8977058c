"""Declared losses: signed statements in the place of batches that are gone, and how far they got.

One file a gap in gaps/, beside the journal that lacks them. A gap travels like a statement without
a body, and counts once a receipt proves that the log has it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from agent.journal.journal import (
    BatchRow,
    BatchState,
    Confirmation,
    JournalReader,
    PendingBatch,
    SealedBatch,
    naming,
)
from agent.signing.identity import Identity
from agent.signing.signer import Signer
from evidence.errors import EvidenceError
from evidence.statement import Claims, Gap, parse_statement, sign_gap
from foundation.dataclass import dataclass
from foundation.durable import write_file
from foundation.errors import Damaged

FOLDER = "gaps"
_PAGE = 256


class GapDamaged(Damaged):
    """A gap's file is not as it was written."""

    advice = "restore it from a backup of the state folder; do not delete it"


class Declared(Protocol):
    """A gap that was declared, wherever its statement is kept."""

    @property
    def seq(self) -> int:
        """The first batch that is lost."""
        ...

    @property
    def about(self) -> Gap:
        """What is lost."""
        ...

    @property
    def state(self) -> BatchState:
        """How far it got."""
        ...


@dataclass(frozen=True, slots=True)
class SealedGap:
    """A gap whose statement is a batch of the journal; see `Declared`."""

    seq: int
    about: Gap
    state: BatchState


@dataclass(frozen=True, slots=True)
class DeclaredGap:
    """A gap statement as signed; `receipt` proves it under the checkpoint of `size`."""

    statement: bytes
    accepted: bool = False
    receipt: bytes = b""
    size: int = 0
    index: int = 0

    @property
    def seq(self) -> int:
        """The first batch that is lost."""
        return parse_statement(self.statement).claims.seq

    @property
    def about(self) -> Gap:
        """What is lost."""
        gap = parse_statement(self.statement).gap
        assert gap is not None
        return gap

    @property
    def state(self) -> BatchState:
        """How far it got."""
        if self.receipt:
            return BatchState.CONFIRMED
        return BatchState.ACCEPTED if self.accepted else BatchState.SEALED

    def row(self) -> BatchRow:
        """Return it as a batch without a body, for a bundle."""
        about, epoch = self.about, parse_statement(self.statement).claims.epoch
        batch = SealedBatch(
            epoch, self.seq, about.first, about.count, b"", self.statement, b"", urgent=False
        )
        receipt, size = self.receipt or None, self.size or None
        state = self.state
        return BatchRow(batch, state, None, None, None, self.index, receipt, size, "", "")


class Gaps:
    """The declared gaps of one epoch, in a state folder."""

    def __init__(self, state_dir: Path, epoch: bytes) -> None:
        self._folder = state_dir / FOLDER
        read = (_read(path) for path in sorted(self._folder.glob("*.toml")))
        mine = (gap for gap in read if parse_statement(gap.statement).claims.epoch == epoch)
        self._gaps = {gap.seq: gap for gap in mine}

    def __iter__(self) -> Iterator[DeclaredGap]:
        """Yield them in the order of the chain."""
        return iter([self._gaps[seq] for seq in sorted(self._gaps)])

    def __contains__(self, seq: int) -> bool:
        """Tell whether a gap begins with batch `seq`."""
        return seq in self._gaps

    def statement(self, seq: int) -> bytes | None:
        """Return the gap statement with `seq`."""
        gap = self._gaps.get(seq)
        return None if gap is None else gap.statement

    def pending(self, state: BatchState) -> list[PendingBatch]:
        """Return those in `state`, as batches without a body."""
        return [
            PendingBatch(gap.seq, state, True, gap.statement, 0)  # noqa: FBT003  urgent
            for gap in self
            if gap.state is state
        ]

    def keep(self, gap: DeclaredGap) -> None:
        """Store a gap durably."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        epoch = parse_statement(gap.statement).claims.epoch.hex()
        path = self._folder / f"{epoch}-{gap.seq:010}.toml"
        text = (
            f'statement = "{gap.statement.hex()}"\naccepted = {str(gap.accepted).lower()}\n'
            f'receipt = "{gap.receipt.hex()}"\nsize = {gap.size}\nindex = {gap.index}\n'
        )
        write_file(path, text.encode())
        self._gaps[gap.seq] = gap

    def set_accepted(self, seqs: Collection[int], *, accepted: bool = True) -> None:
        """Note that a node has those of `seqs` that are gaps, or has them no longer."""
        for gap in self:
            if gap.seq in seqs and gap.accepted is not accepted:
                self.keep(replace(gap, accepted=accepted))

    def set_confirmed(self, confirmations: Sequence[Confirmation]) -> None:
        """Note what proves those that are gaps."""
        for item in confirmations:
            if item.seq in self:
                receipt, size = item.receipt, item.checkpoint_size
                gap = self._gaps[item.seq]
                self.keep(replace(gap, receipt=receipt, size=size, index=item.entry_index))


def _read(path: Path) -> DeclaredGap:
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
        statement, receipt = (bytes.fromhex(tree[name]) for name in ("statement", "receipt"))
        gap = DeclaredGap(statement, bool(tree["accepted"]), receipt, tree["size"], tree["index"])
        known = parse_statement(statement).gap
    except (OSError, ValueError, KeyError, TypeError, EvidenceError) as error:
        raise GapDamaged(f"cannot read {path}: {error}") from error
    if known is None:
        raise GapDamaged(f"{path} holds no gap statement")
    return gap


@dataclass(frozen=True, slots=True)
class Hole:
    """Batches `first` to `last` that the journal lacks, between two that it has."""

    before: SealedBatch | None
    behind: SealedBatch

    @property
    def first(self) -> int:
        """The first batch that is missing."""
        return self.before.seq + 1 if self.before else 0

    @property
    def last(self) -> int:
        """The last batch that is missing."""
        return self.behind.seq - 1

    @property
    def numbers(self) -> range:
        """The records that are missing."""
        return range(self.before.first + self.before.count if self.before else 0, self.behind.first)


def holes(journal: JournalReader) -> list[Hole]:
    """Return where batches are missing from the journal, declared or not."""
    found: list[Hole] = []
    before: SealedBatch | None = None
    head = journal.head()
    for start in range(0, head.seq + 1 if head else 0, _PAGE):
        for row in journal.batches(start, start + _PAGE - 1):
            hole = Hole(before, row.batch)
            if hole.first <= hole.last:
                found.append(hole)
            before = row.batch
    return found


def sealed_gaps(journal: JournalReader) -> list[SealedGap]:
    """Return the gaps that the agent declared itself, as its ring was damaged."""
    found: list[SealedGap] = []
    head = journal.head()
    for start in range(0, head.seq + 1 if head else 0, _PAGE):
        for row in journal.batches(start, start + _PAGE - 1):
            if row.batch.seed:
                continue
            with naming(row.batch):
                about = parse_statement(row.batch.statement).gap
            if about is not None:
                found.append(SealedGap(row.batch.seq, about, row.state))
    return found


def declare(
    hole: Hole, identity: Identity, reason: str, signer: Signer, issued_at: int
) -> DeclaredGap:
    """Return the signed statement that a hole is a loss; `issued_at` is UTC seconds."""
    previous = None if hole.before is None else parse_statement(hole.before.statement).digest
    claims = Claims(identity.gateway, issued_at, identity.epoch, hole.first, previous)
    behind = parse_statement(hole.behind.statement).claims.previous
    gap = Gap(hole.last, hole.numbers.start, len(hole.numbers), behind, reason)
    return DeclaredGap(sign_gap(claims, gap, signer.public.kid, signer.algorithm, signer.sign))
