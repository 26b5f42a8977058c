"""What a node's store promises, whatever holds it.

Every method that changes something returns once the change survives a power cut. StoreFailed says
that it may or may not have happened: callers read before they act again, and keep no copy of the
store's state that a decision rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ledger.store.chain import Entry, Submission, Verdict


class Slot(StrEnum):
    """The checkpoints that a node keeps, one of each for each log."""

    SIGNED = "signed"  # the newest that the log's own key signed
    WITNESSED = "witnessed"  # the newest that this node's cosigner key signed
    COSIGNED = "cosigned"  # the newest that satisfied the policy: what is served
    CLOSING = "closing"  # of a key instead of a log: the COSIGNED that proves all it ever signed


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept checkpoint, with its note as it was signed; `at` is UTC seconds."""

    size: int
    root: bytes
    note: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Proof of a broken promise. `kind` says which, `source` who showed it or broke it."""

    kind: str
    source: str
    pieces: tuple[bytes, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Holding:
    """A gateway's entry, and whether its body is kept."""

    index: int
    statement: bytes
    kept: bool


class Store(Protocol):
    """Entries, tree, checkpoints and evidence of a node; called from one thread."""

    def register(self, submissions: Sequence[Submission], at: int) -> list[Verdict]:
        """Judge each submission in turn and append what is next, all in one transaction.

        What a verdict proves of a gateway is kept as evidence in the same transaction.
        """

    def size(self) -> int:
        """Return the number of entries."""

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the full subtree `index` at `level`."""

    def newest(self, issuer: str, epoch: bytes) -> Entry | None:
        """Return the last entry of a gateway's epoch."""

    def last(self, issuer: str) -> Entry | None:
        """Return the last entry of a gateway, of whatever epoch."""

    def indices(self, issuer: str, epoch: bytes, seqs: Sequence[int]) -> dict[int, int]:
        """Return the log index of each of `seqs` that is in the log."""

    def entry(self, index: int) -> bytes | None:
        """Return an entry's bytes."""

    def body(self, index: int) -> bytes | None:
        """Return the body kept for an entry."""

    def holdings(self, after: int, issuer: str, limit: int) -> list[Holding]:
        """Return entries behind number `after`, of one gateway or, with no `issuer`, of all."""

    def erase(self, indices: Sequence[int]) -> None:
        """Take the bodies of entries out of the files, too, not only out of the tables.

        A body that comes later for one of them is not kept.
        """

    def kept(self, slot: Slot, origin: str) -> Kept | None:
        """Return the checkpoint in a slot."""

    def advance(self, slot: Slot, origin: str, old: Kept | None, new: Kept) -> bool:
        """Put `new` in the slot if it still holds `old`; tell whether it did."""

    def keep_evidence(self, exhibit: Exhibit, limit: int) -> bool:
        """Keep an exhibit once; False when its source has `limit` others of that kind here."""

    def evidence(self) -> list[Exhibit]:
        """Return all exhibits, oldest first."""

    def interrupt(self) -> None:
        """Let what waits for another machine fail now; the one call from another thread."""

    def close(self) -> None:
        """Let go of what the store holds open."""
