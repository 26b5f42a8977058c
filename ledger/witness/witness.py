"""The witness's answers: it cosigns pinned logs and tells what it has seen of them."""

from __future__ import annotations

from collections.abc import Callable

from evidence.cbor import Value
from evidence.errors import UntrustedError
from evidence.keys import Curve, PublicKey
from evidence.note import NoteKey
from evidence.wire import Code, Envelope, Label, Type
from ledger.base import header
from ledger.base.errors import Refused
from ledger.gateways.admission import Admission, Peer
from ledger.gateways.desk import Answer, dispatch, keep_shown
from ledger.store.store_thread import StoreThread
from ledger.witness.cosigner import Cosigner, read_request


class Witness:
    """Implements `ledger.gateways.desk.Desk` for the role that cosigns."""

    def __init__(
        self,
        cosigner: Cosigner,
        admission: Admission,
        store: StoreThread,
        wall: Callable[[], int],
    ) -> None:
        self._cosigner = cosigner
        self._admission = admission
        self._store = store
        self._wall = wall
        self._answers: dict[Type, Answer] = {
            Type.HELLO: self._hello,
            Type.COSIGN: self._cosign,
            Type.CHECKPOINT: self._checkpoint,
            Type.KEYS: self._keys,
            Type.EVIDENCE: self._evidence,
        }

    async def answer(self, peer: Peer, message: Envelope) -> Envelope:
        """Return the answer to one message."""
        return await dispatch(self._answers, "witness", peer, message)

    async def _hello(self, _: Peer, message: Envelope) -> Envelope:
        """Name the log that the asker means and show the newest note of it that was cosigned."""
        log = self._log(message)
        kept = await self._cosigner.kept(log.name)
        values: dict[Label, Value] = {Label.ORIGIN: log.name}
        if kept is not None:
            values[Label.NOTE] = kept.note
        return message.answer(Type.HELLO, values)

    async def _cosign(self, peer: Peer, message: Envelope) -> Envelope:
        old, path = header.number(message, Label.OLD_SIZE), header.path(message)
        note = header.note(message)
        log = _log_of(peer, note)
        line = await self._cosigner.cosign(read_request(log, old, path, note))
        return message.answer(Type.COSIGN, {Label.COSIGNATURE: line.to_line()})

    async def _checkpoint(self, _: Peer, message: Envelope) -> Envelope:
        kept = await self._cosigner.kept(self._log(message).name)
        if kept is None:
            raise Refused(Code.UNKNOWN_ENTRY, "this witness has not seen the log yet")
        return message.answer(Type.CHECKPOINT, {Label.NOTE: kept.note})

    async def _keys(self, _: Peer, message: Envelope) -> Envelope:
        key = PublicKey(Curve.ED25519, self._cosigner.key.public).to_cose()
        return message.answer(Type.KEYS, {Label.KEY_SET: [key]})

    async def _evidence(self, peer: Peer, message: Envelope) -> Envelope:
        return await keep_shown(self._store, peer, message, self._wall())

    def _log(self, message: Envelope) -> NoteKey:
        """Return the log under ORIGIN, or the only one pinned here."""
        logs = self._admission.logs()
        origin = header.origin(message)
        if origin is None and len(logs) == 1:
            return next(iter(logs.values()))
        if origin is None or origin not in logs:
            raise Refused(Code.UNKNOWN_ENTRY, f"the log {origin!r} is not pinned here")
        return logs[origin]


def _log_of(peer: Peer, note: bytes) -> NoteKey:
    """Return the key of the log that `note` is about, if `peer` may ask for that log."""
    origin = note.partition(b"\n")[0].decode(errors="replace")
    if origin not in peer.logs:
        raise UntrustedError("origin", f"{peer.name} may not ask to cosign {origin!r}")
    return peer.logs[origin]
