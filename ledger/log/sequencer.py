"""The sequencer's answers: it takes statements in and gives proofs out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from evidence.cbor import Value
from evidence.keys import PublicKey
from evidence.statement import Claims
from evidence.wire import Code, Envelope, Label, Type
from foundation.durable import AlreadyLocked, WriteFailed
from foundation.errors import Fatal
from ledger.base import header
from ledger.base.errors import Refused, busy
from ledger.gateways.admission import Peer
from ledger.gateways.desk import Answer, dispatch, keep_shown
from ledger.log import proofs
from ledger.log.log_identity import LogIdentity
from ledger.log.registrar import Registrar
from ledger.log.registration import author, check_statement
from ledger.store.chain import Accepted, BadBody, Equivocation, Gap, Unnamed
from ledger.store.store import Slot
from ledger.store.store_thread import StoreThread

PENDING_MS = 1000
"""A checkpoint is made every second: ask again after one."""


class Sequencer:
    """Implements `ledger.gateways.desk.Desk` for the role that numbers the entries."""

    def __init__(
        self,
        identity: LogIdentity,
        store: StoreThread,
        registrar: Registrar,
        wall: Callable[[], int],
        admit: Callable[[str, PublicKey], None],
    ) -> None:
        """`admit` lists a gateway's next key durably, for every start from now on."""
        self._admit = admit
        self._named: dict[str, PublicKey] = {}
        self._identity = identity
        self._store = store
        self._registrar = registrar
        self._wall = wall
        self._answers: dict[Type, Answer] = {
            Type.HELLO: self._hello,
            Type.REGISTER: self._register,
            Type.STATUS: self._status,
            Type.CHECKPOINT: self._checkpoint,
            Type.CONSISTENCY: self._consistency,
            Type.INCLUSION: self._inclusion,
            Type.KEYS: self._keys,
            Type.EVIDENCE: self._evidence,
            Type.UPDATES: self._updates,
            Type.CUSTODY: self._custody,
        }

    async def answer(self, peer: Peer, message: Envelope) -> Envelope:
        """Return the answer to one message."""
        return await dispatch(self._answers, "sequencer", peer, message)

    async def _hello(self, peer: Peer, message: Envelope) -> Envelope:
        origin = self._identity.origin
        values: dict[Label, Value] = {Label.ORIGIN: origin}
        kept = await self._store(lambda store: store.kept(Slot.COSIGNED, origin))
        if kept is not None:
            values[Label.NOTE] = kept.note
        if peer.issuer is not None and Label.EPOCH in message.header:
            issuer, epoch = peer.issuer, header.epoch(message)
            newest = await self._store(lambda store: store.newest(issuer, epoch))
            if newest is not None:
                values |= {Label.SEQ: newest.seq, Label.DIGEST: newest.digest}
        return message.answer(Type.HELLO, values)

    async def _register(self, peer: Peer, message: Envelope) -> Envelope:
        if message.body and not message.statement:
            message = replace(message, statement=await self._logged(peer, message))
        named = self._named.get(author(peer, message) or "")
        submission = check_statement(peer, message, named)
        claims = submission.statement.claims
        seq = claims.seq
        if claims.successor is not None:
            self._named[claims.issuer] = claims.successor
        # No await before this line: statements reach the registrar in the order they came.
        match await self._registrar.register(submission):
            case Accepted(index):
                await self._succeed(peer, claims)
                return message.answer(Type.ACCEPTED, {Label.INDEX: index, Label.SEQ: seq})
            case Gap(wanted, text):
                raise Refused(Code.GAP, text, {Label.SEQ: wanted})
            case Equivocation(entry):
                text = f"the log holds another statement {seq}, as entry {entry.index}"
                raise Refused(Code.EQUIVOCATION, text, {Label.SEQ: seq}, entry.encoded)
            case Unnamed(text):
                raise Refused(Code.NOT_ADMITTED, text, {Label.SEQ: seq})
            case BadBody(text):
                raise Refused(Code.MALFORMED, text, {Label.SEQ: seq})

    async def _logged(self, peer: Peer, message: Envelope) -> bytes:
        """Return the statement in the log whose body comes alone."""
        issuer, epoch = author(peer, message), header.epoch(message)
        seq = header.number(message, Label.SEQ)
        entry = await self._store(lambda store: proofs.statement(store, issuer or "", epoch, seq))
        if entry is None:
            text = f"statement {seq} is not in the log"
            raise Refused(Code.UNKNOWN_ENTRY, text, {Label.SEQ: seq})
        return entry

    async def _succeed(self, peer: Peer, claims: Claims) -> None:
        """Let the key in that a statement in the log names as the next: the old key vouches for it.

        ACCEPTED says that it is listed; a gateway that hears nothing sends the statement again.
        """
        key = claims.successor
        if key is None or key.kid in peer.others.get(claims.issuer, peer.keys):
            return
        try:
            await asyncio.to_thread(self._admit, claims.issuer, key)
        except (AlreadyLocked, WriteFailed) as error:
            raise busy(f"the next key could not be listed: {error}") from error
        except Fatal as error:
            raise Refused(Code.NOT_ADMITTED, str(error)) from error

    async def _status(self, peer: Peer, message: Envelope) -> Envelope:
        issuer = author(peer, message)
        if issuer is None or (issuer != peer.issuer and issuer not in peer.others):
            raise Refused(Code.NOT_ADMITTED, f"{issuer or peer.name} is not a gateway here")
        epoch, seqs = header.epoch(message), header.seqs(message)
        trusted, origin = header.number_or(message, Label.SIZE, 0), self._identity.origin
        proven = await self._store(
            lambda store: proofs.prove(store, origin, issuer, epoch, seqs, trusted)
        )
        if proven is None:
            return message.answer(Type.PENDING, {Label.RETRY_MS: PENDING_MS})
        return message.answer(Type.RECEIPT, self._receipts(proven))

    def _receipts(self, proven: proofs.Proven) -> dict[Label, Value]:
        kept = proven.kept
        receipts = self._identity.receipts(kept.size, kept.root, dict(proven.paths.values()))
        pairs = [(seq, receipts[index]) for seq, (index, _) in proven.paths.items()]
        values: dict[Label, Value] = {Label.RECEIPTS: pairs, Label.NOTE: kept.note}
        if proven.old is not None:
            values |= {Label.OLD_SIZE: proven.old, Label.PATH: proven.consistency}
        return values

    async def _custody(self, peer: Peer, message: Envelope) -> Envelope:
        if not self._registrar.keep_bodies:
            raise Refused(Code.WRONG_ROLE, "this node keeps no bodies")
        if peer.issuer is None:
            raise Refused(Code.NOT_ADMITTED, f"{peer.name} is not a gateway here")
        issuer, epoch, seqs = peer.issuer, header.epoch(message), header.seqs(message)
        kept = await self._store(lambda store: proofs.bodies(store, issuer, epoch, seqs))
        at = self._wall()
        pairs = [(seq, self._identity.custody(item, at)) for seq, item in kept.items()]
        return message.answer(Type.CUSTODY, {Label.RECEIPTS: pairs})

    async def _checkpoint(self, _: Peer, message: Envelope) -> Envelope:
        origin = self._identity.origin
        kept = await self._store(lambda store: store.kept(Slot.COSIGNED, origin))
        if kept is None:
            return message.answer(Type.PENDING, {Label.RETRY_MS: PENDING_MS})
        return message.answer(Type.CHECKPOINT, {Label.NOTE: kept.note})

    async def _consistency(self, _: Peer, message: Envelope) -> Envelope:
        old, size = header.number(message, Label.OLD_SIZE), header.number(message, Label.SIZE)
        path = await self._store(lambda store: proofs.consistency(store, old, size))
        return message.answer(Type.CONSISTENCY, {Label.PATH: path})

    async def _inclusion(self, _: Peer, message: Envelope) -> Envelope:
        index, size = header.number(message, Label.INDEX), header.number(message, Label.SIZE)
        path = await self._store(lambda store: proofs.inclusion(store, index, size))
        return message.answer(Type.INCLUSION, {Label.PATH: path})

    async def _keys(self, _: Peer, message: Envelope) -> Envelope:
        keys = [self._identity.policy.receipt_key.to_cose()]
        return message.answer(Type.KEYS, {Label.KEY_SET: keys})

    async def _updates(self, _: Peer, message: Envelope) -> Envelope:
        known = header.digest(message)
        return message.answer(Type.UPDATES, {Label.UPDATES: self._identity.chain.after(known)})

    async def _evidence(self, peer: Peer, message: Envelope) -> Envelope:
        return await keep_shown(self._store, peer, message, self._wall())
