"""A witness's one promise: it cosigns a single, growing history of each log.

The semantics are those of add-checkpoint (c2sp.org/tlog-witness). The order of the checks: form,
origin, the log's signature, another root at the kept size, the old size, the consistency path. A
checkpoint is kept durably before its cosignature exists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evidence import cbor
from evidence.checkpoint import SignedCheckpoint, parse_checkpoint
from evidence.cose import Sign
from evidence.errors import MalformedError, ProofError, UntrustedError
from evidence.fork import ForkProof, contradiction, same_size_fork
from evidence.merkle import verify_consistency
from evidence.note import Note, NoteKey, Signature, cosign_note
from evidence.wire import Code, Label
from ledger.base.errors import Refused
from ledger.store.store import Exhibit, Kept, Slot, Store
from ledger.store.store_thread import StoreThread

FORK = "log-fork"
"""Kind of the exhibit: a `ForkProof`, two notes of the log that cannot both be true."""

FORKS_KEPT = 64
"""Of one log: the first proves it, and the rest must not fill the disk."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint to cosign: it grew from `old_size`, and `path` proves it."""

    old_size: int
    path: Sequence[bytes]
    signed: SignedCheckpoint


class Fork(ProofError):
    """The log signed what does not follow from what it signed before; `proof` shows it."""

    def __init__(self, proof: ForkProof) -> None:
        super().__init__("fork", str(proof))
        self.proof = proof


def read_request(log: NoteKey, old_size: int, path: Sequence[bytes], note: bytes) -> Request:
    """Return a request about `log` whose note the log's key signed, or raise EvidenceError.

    Only the log's own line is kept: the others are not ours to vouch for.
    """
    signed = parse_checkpoint(note)
    checkpoint = signed.checkpoint
    if checkpoint.origin != log.name:
        raise UntrustedError("origin", f"{checkpoint.origin!r} is not the log {log.name!r}")
    signed.note.verify(log)
    if not old_size <= checkpoint.size or checkpoint.size == 0:
        raise MalformedError("size", f"no growth from {old_size} to {checkpoint.size}")
    line = signed.note.by(log)
    assert line is not None
    return Request(old_size, path, SignedCheckpoint(checkpoint, Note(signed.note.text, (line,))))


def judge(kept: Kept | None, request: Request) -> None:
    """Return None when `request` extends what is kept.

    Otherwise Refused(CONFLICT), ProofError for a path that proves nothing, or Fork.
    """
    new = request.signed.checkpoint
    size = 0 if kept is None else kept.size
    before = None if kept is None else parse_checkpoint(kept.note)
    if before is not None and (proof := same_size_fork(before, request.signed)) is not None:
        raise Fork(proof)
    if request.old_size != size:
        text = f"this witness has seen size {size}, not {request.old_size}"
        raise Refused(Code.CONFLICT, text, _state(kept))
    if before is None:
        if request.path:
            raise ProofError("proof-length", "a path from nothing proves nothing")
        return
    try:
        verify_consistency(size, new.size, request.path, before.checkpoint.root, new.root)
    except ProofError:
        if new.size > size and (fork := contradiction(before, request.signed, request.path)):
            raise Fork(fork) from None
        raise


class Cosigner:
    """Signs with the operator's witness key (type 0x04) what `judge` lets through."""

    def __init__(
        self, key: NoteKey, signer: Sign, store: StoreThread, wall: Callable[[], int]
    ) -> None:
        self.key = key
        self._sign = signer
        self._store = store
        self._wall = wall

    async def kept(self, origin: str) -> Kept | None:
        """Return the newest checkpoint of a log that was cosigned."""
        return await self._store(lambda store: store.kept(Slot.WITNESSED, origin))

    async def cosign(self, request: Request) -> Signature:
        """Return the cosignature; Refused with ours for another old size, or for a fork.

        What a fork is made of is kept as evidence before it is refused.
        """
        now = self._wall()
        await self._store(lambda store: _keep(store, request, now))
        return cosign_note(request.signed.note.text, self.key, now, self._sign)


def _keep(store: Store, request: Request, now: int) -> None:
    checkpoint = request.signed.checkpoint
    kept = store.kept(Slot.WITNESSED, checkpoint.origin)
    new = Kept(checkpoint.size, checkpoint.root, request.signed.to_bytes(), now)
    try:
        judge(kept, request)
    except Fork as fork:
        exhibit = Exhibit(FORK, checkpoint.origin, (fork.proof.to_bytes(),), now)
        store.keep_evidence(exhibit, FORKS_KEPT)
        code = Code.CONFLICT if fork.proof.beginning is None else Code.BAD_PROOF
        raise Refused(code, str(fork), _state(kept)) from fork
    if kept is not None and kept.size == new.size:
        return
    if not store.advance(Slot.WITNESSED, checkpoint.origin, kept, new):
        now_kept = store.kept(Slot.WITNESSED, checkpoint.origin)
        raise Refused(Code.CONFLICT, "another checkpoint came first", _state(now_kept))


def _state(kept: Kept | None) -> dict[Label, cbor.Value]:
    """Return what a refusal tells of ours: the size, and the log's signature that proves it."""
    if kept is None:
        return {Label.SIZE: 0}
    return {Label.SIZE: kept.size, Label.NOTE: kept.note}
