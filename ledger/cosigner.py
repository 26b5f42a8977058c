"""A witness's one promise: it cosigns a single, growing history of each log.

The semantics are those of add-checkpoint (c2sp.org/tlog-witness). The order of the checks: form,
origin, the log's signature, another root at the kept size, the old size, the consistency path. A
checkpoint is kept durably before its cosignature exists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.evidence import cbor
from agent.evidence.checkpoint import SignedCheckpoint, parse_checkpoint
from agent.evidence.cose import Sign
from agent.evidence.errors import MalformedError, ProofError, UntrustedError
from agent.evidence.merkle import verify_consistency
from agent.evidence.note import Note, NoteKey, Signature, cosign_note
from agent.evidence.wire import Code, Label
from ledger.errors import Refused
from ledger.store import Exhibit, Kept, Slot, Store
from ledger.store_thread import StoreThread

FORK = "log-fork"
"""Kind of the exhibit: two notes that the log signed and that cannot both be true, and the path
that was to join them."""

FORKS_KEPT = 64
"""Of one log: the first proves it, and the rest must not fill the disk."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint to cosign: it grew from `old_size`, and `path` proves it."""

    old_size: int
    path: Sequence[bytes]
    signed: SignedCheckpoint


class Fork(ProofError):
    """The log signed what does not follow from what it signed before."""


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
    """Return None when `request` extends what is kept; Refused(CONFLICT) or Fork otherwise."""
    new = request.signed.checkpoint
    size = 0 if kept is None else kept.size
    if kept is not None and new.size == size and new.root != kept.root:
        raise Fork("fork", f"the log signed two roots at size {size}")
    if request.old_size != size:
        text = f"this witness has seen size {size}, not {request.old_size}"
        raise Refused(Code.CONFLICT, text, _state(kept))
    if kept is None:
        if request.path:
            raise ProofError("proof-length", "a path from nothing proves nothing")
        return
    try:
        verify_consistency(size, new.size, request.path, kept.root, new.root)
    except ProofError as error:
        raise Fork("fork", f"size {new.size} does not follow from {size}: {error}") from error


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
        assert kept is not None
        pieces = (kept.note, new.note, cbor.encode(tuple(request.path)))
        store.keep_evidence(Exhibit(FORK, checkpoint.origin, pieces, now), FORKS_KEPT)
        code = Code.CONFLICT if kept.size == new.size else Code.BAD_PROOF
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
