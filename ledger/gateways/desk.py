"""Answering messages: which type goes to which method, and what every node answers alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from evidence import cbor
from evidence.checkpoint import parse_checkpoint
from evidence.wire import Code, Envelope, Label, Type
from ledger.base import header
from ledger.base.errors import Refused
from ledger.gateways.admission import Peer
from ledger.store.store import Exhibit
from ledger.store.store_thread import StoreThread

SHOWN = "shown"
"""Kind of the exhibit: notes that a peer showed as evidence of a fork."""

MAX_SHOWN = 8
"""Notes in one EVIDENCE; two make a fork."""

SHOWN_KEPT = 256
"""EVIDENCE messages kept of one peer."""

Answer = Callable[[Peer, Envelope], Awaitable[Envelope]]


class Desk(Protocol):
    """Answers messages of admitted peers; raises Refused or EvidenceError for an ERROR answer."""

    async def answer(self, peer: Peer, message: Envelope) -> Envelope:
        """Return the answer to one message."""


async def dispatch(
    answers: Mapping[Type, Answer], role: str, peer: Peer, message: Envelope
) -> Envelope:
    """Return what the method for the message's type answers; Refused(WRONG_ROLE) without one."""
    method = answers.get(message.type)
    if method is None:
        raise Refused(Code.WRONG_ROLE, f"a {role} does not answer {message.type.name}")
    return await method(peer, message)


async def keep_shown(store: StoreThread, peer: Peer, message: Envelope, at: int) -> Envelope:
    """Keep an EVIDENCE durably, its path too where it has one, then acknowledge it."""
    pieces = header.notes(message, MAX_SHOWN)
    for note in pieces:
        parse_checkpoint(note)
    if Label.ROOT in message.header:
        pieces = (*pieces, cbor.encode((header.root(message), tuple(header.path(message)))))
    exhibit = Exhibit(SHOWN, peer.issuer or peer.name, pieces, at)
    if not await store(lambda s: s.keep_evidence(exhibit, SHOWN_KEPT)):
        raise Refused(Code.TOO_LARGE, f"{SHOWN_KEPT} exhibits of {peer.name} are kept already")
    return message.answer(Type.EVIDENCE)
