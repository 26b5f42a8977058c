"""A log signs one history: what it signed once must be what its store still holds."""

from __future__ import annotations

from evidence.checkpoint import SignedCheckpoint, parse_checkpoint
from evidence.merkle import root_at
from ledger.base.errors import ForkDanger
from ledger.store.store import Kept, Store


def check_history(store: Store, signed: SignedCheckpoint) -> None:
    """Return None when the store's tree is, or grew from, a checkpoint that the log signed.

    ForkDanger otherwise: an old copy of the store was put back, or the disk lost entries. The
    caller has checked the log's signature.
    """
    checkpoint = signed.checkpoint
    size = store.size()
    if size < checkpoint.size:
        text = f"this log signed {checkpoint.size} entries, its store holds {size}"
        raise ForkDanger(text, evidence=signed.to_bytes())
    if checkpoint.size and root_at(store.node, checkpoint.size) != checkpoint.root:
        text = f"this log signed another root at size {checkpoint.size} than its store has"
        raise ForkDanger(text, evidence=signed.to_bytes())


def check_kept(store: Store, kept: Kept | None) -> None:
    """Do `check_history` for a checkpoint that the store itself kept."""
    if kept is not None:
        check_history(store, parse_checkpoint(kept.note))
