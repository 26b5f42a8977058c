"""Reading proofs out of the store: everything one answer needs, in one visit."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from evidence import merkle
from evidence.custody import Kept as KeptBody
from evidence.statement import parse_statement
from evidence.wire import Code, Label
from ledger.base.errors import Refused
from ledger.store.store import Kept, Slot, Store


@dataclass(frozen=True, slots=True)
class Proven:
    """The served checkpoint, the paths under it by seq and index, and how it grew from `old`."""

    kept: Kept
    paths: dict[int, tuple[int, list[bytes]]]
    old: int | None
    consistency: list[bytes]


def prove(
    store: Store, origin: str, issuer: str, epoch: bytes, seqs: Sequence[int], trusted: int
) -> Proven | None:
    """Return the proofs of a gateway's statements under the served checkpoint, for those it covers.

    Who trusts no checkpoint yet (`trusted` 0) gets one from before the first one's key was revoked.
    None when it covers none of them yet; Refused(UNKNOWN_ENTRY) names the first not in the log.
    """
    indices = store.indices(issuer, epoch, seqs)
    for seq in seqs:
        if seq not in indices:
            text = f"statement {seq} is not in the log"
            raise Refused(Code.UNKNOWN_ENTRY, text, {Label.SEQ: seq})
    closing = None if trusted or not seqs else _closing(store, indices[seqs[0]])
    kept = closing or store.kept(Slot.COSIGNED, origin)
    if kept is None:
        return None
    node = functools.cache(store.node)
    paths = {
        seq: (index, merkle.inclusion_path(node, index, kept.size))
        for seq, index in indices.items()
        if index < kept.size
    }
    if not paths:
        return None
    if not 0 < trusted < kept.size:
        return Proven(kept, paths, None, [])
    return Proven(kept, paths, trusted, merkle.consistency_path(node, trusted, kept.size))


def _closing(store: Store, index: int) -> Kept | None:
    """Return the last checkpoint over an entry before its key was revoked; None: the key was not.

    Under a later one a receipt would prove nothing, as nobody could tell when the entry came.
    """
    entry = store.entry(index)
    kept = None if entry is None else store.kept(Slot.CLOSING, parse_statement(entry).kid.hex())
    return kept if kept is not None and index < kept.size else None


def statement(store: Store, issuer: str, epoch: bytes, seq: int) -> bytes | None:
    """Return a gateway's statement as the log holds it; None: it does not."""
    index = store.indices(issuer, epoch, [seq]).get(seq)
    return None if index is None else store.entry(index)


def bodies(store: Store, issuer: str, epoch: bytes, seqs: Sequence[int]) -> dict[int, KeptBody]:
    """Return what is kept of a gateway's bodies, each read and hashed anew; others are left out."""
    found: dict[int, KeptBody] = {}
    for seq, index in store.indices(issuer, epoch, seqs).items():
        entry, body = store.entry(index), store.body(index)
        if entry is not None and body is not None:
            digest = parse_statement(entry).digest
            found[seq] = KeptBody(digest, hashlib.sha256(body).digest())
    return found


def consistency(store: Store, old: int, size: int) -> list[bytes]:
    """Return the consistency path between two sizes that the log has reached."""
    if not 0 < old <= size <= store.size():
        raise Refused(Code.UNKNOWN_ENTRY, f"no consistency path from {old} to {size}")
    return merkle.consistency_path(functools.cache(store.node), old, size)


def inclusion(store: Store, index: int, size: int) -> list[bytes]:
    """Return the inclusion path of an entry at a size that the log has reached."""
    if not index < size <= store.size():
        raise Refused(Code.UNKNOWN_ENTRY, f"no entry {index} at size {size}")
    return merkle.inclusion_path(functools.cache(store.node), index, size)
