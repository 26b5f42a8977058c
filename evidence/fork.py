"""Proof that a log signed two histories: what convinces somebody who trusts nobody.

A consistency path that fails proves nothing: it is unsigned, and whoever carries it can spoil it. A
log is caught by its own signatures alone (docs/PROTOCOL.md, "Forks"): two checkpoints of one size
with two roots; or an older and a newer one, and a path by which the newer tree's own beginning has
another root than the older checkpoint says.
"""

from __future__ import annotations

from collections.abc import Sequence

from evidence import cbor
from evidence.checkpoint import SignedCheckpoint, parse_checkpoint
from evidence.errors import MalformedError, ProofError, UntrustedError
from evidence.merkle import HASH_BYTES, roots_from_consistency, verify_consistency
from evidence.note import NoteKey
from evidence.shape import as_array, as_bytes
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ForkProof:
    """Two notes that the log signed, the older first, and why both cannot be true.

    `beginning` is the root that `path` shows the newer tree to have at the older size; None, with
    no path, where the sizes are the same.
    """

    older: SignedCheckpoint
    newer: SignedCheckpoint
    beginning: bytes | None = None
    path: tuple[bytes, ...] = ()

    def __str__(self) -> str:
        """Return in a few words what the log did."""
        size = self.older.checkpoint.size
        if self.beginning is None:
            return f"the log signed two roots at size {size}"
        return f"size {self.newer.checkpoint.size} begins otherwise than the signed size {size}"

    def to_bytes(self) -> bytes:
        """Return the evidence as it is kept and handed on."""
        notes = (self.older.to_bytes(), self.newer.to_bytes())
        return cbor.encode((*notes, self.beginning, self.path))


def read_fork(data: bytes, log: NoteKey) -> ForkProof:
    """Return the proof in `data` when it holds against `log`, or raise EvidenceError."""
    first, second, beginning, path = as_array(cbor.decode(data), "fork", 4)
    notes = as_bytes(first, "note"), as_bytes(second, "note")
    start = None if beginning is None else as_bytes(beginning, "root", HASH_BYTES)
    hashes = tuple(as_bytes(item, "hash", HASH_BYTES) for item in as_array(path, "path"))
    older, newer = (read_signed(note, log) for note in notes)
    proof = ForkProof(older, newer, start, hashes)
    _check(proof)
    return proof


def read_signed(note: bytes, log: NoteKey) -> SignedCheckpoint:
    """Return the checkpoint in a note that `log` itself signed, or raise EvidenceError."""
    signed = parse_checkpoint(note)
    if signed.checkpoint.origin != log.name:
        raise UntrustedError("origin", f"the note is not about the log {log.name!r}")
    signed.note.verify(log)
    return signed


def _check(proof: ForkProof) -> None:
    older, newer = proof.older.checkpoint, proof.newer.checkpoint
    if older.size == newer.size:
        if older.root == newer.root or proof.beginning is not None or proof.path:
            raise ProofError("no-fork", "one size and one root: these notes do not contradict")
        return
    if proof.beginning is None:
        raise MalformedError("fork", "two sizes without the root that the newer tree begins with")
    verify_consistency(older.size, newer.size, proof.path, proof.beginning, newer.root)
    if proof.beginning == older.root:
        raise ProofError("no-fork", "the newer checkpoint extends the older one")


def same_size_fork(one: SignedCheckpoint, other: SignedCheckpoint) -> ForkProof | None:
    """Return the fork that two checkpoints of one size prove by themselves, if they do."""
    a, b = one.checkpoint, other.checkpoint
    return ForkProof(one, other) if a.size == b.size and a.root != b.root else None


def contradiction(
    older: SignedCheckpoint,
    newer: SignedCheckpoint,
    path: Sequence[bytes],
    hashes: Sequence[bytes] = (),
) -> ForkProof | None:
    """Return the fork that a consistency path proves which does not start from `older`.

    None where it proves nothing. A path from a power of two does not hold the root it starts from:
    then `hashes` are what it may be, those of an inclusion path of entry number `older.size`.
    """
    size1, size2 = older.checkpoint.size, newer.checkpoint.size
    for start in (older.checkpoint.root, *hashes):
        try:
            old, new = roots_from_consistency(size1, size2, path, start)
        except ProofError:
            return None
        if new == newer.checkpoint.root and old != older.checkpoint.root:
            return ForkProof(older, newer, old, tuple(path))
    return None


def omits_its_start(size: int) -> bool:
    """Tell whether consistency paths from `size` leave out the root that they start from."""
    return size & (size - 1) == 0
