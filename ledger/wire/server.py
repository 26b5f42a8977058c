"""The node's socket: a ROUTER behind CURVE that lets admitted keys in and answers every message."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import zmq
import zmq.asyncio

from evidence.errors import EvidenceError
from evidence.wire import (
    MAX_BODY_BYTES,
    MAX_ENVELOPE_BYTES,
    REQUEST_ID_BYTES,
    Code,
    Envelope,
    Label,
    Type,
    labels,
    parse_frames,
)
from foundation.zmtp.front import Room
from foundation.zmtp.window import Limits
from ledger.base import header
from ledger.base.descriptors import connections
from ledger.base.errors import Refused, StoreFailed, busy, code_of
from ledger.base.key_files import CurveKey
from ledger.base.rate import RateLimit, cost
from ledger.gateways.admission import ZAP_DOMAIN, Admission, Peer
from ledger.gateways.desk import Desk
from ledger.wire.router import HIGH_WATER, WIRE_BYTES, Router

EACH = Limits(MAX_ENVELOPE_BYTES + MAX_BODY_BYTES + WIRE_BYTES, 2 * HIGH_WATER)
"""What one peer may have sent without an answer: the largest message, or so many small ones."""

POOL_BYTES = 6 * 1024 * 1024
"""The same of all peers: a node answers megabytes in a second, and what waits is in memory."""

MAX_UNDER_WAY = 256
"""Messages of all peers that are being answered; then the socket is not read."""

UNKNOWN_REQUEST = bytes(REQUEST_ID_BYTES)
"""The request id in the answer to a message whose own could not be read."""


_log = logging.getLogger(__name__)


class Server:
    """Reads messages, finds out who sent them, and sends what the desk answers."""

    def __init__(
        self,
        context: zmq.asyncio.Context,
        curve: CurveKey,
        admission: Admission,
        desk: Desk,
        rate: RateLimit,
    ) -> None:
        self._admission = admission
        self._desk = desk
        self._rate = rate
        self._slots = asyncio.Semaphore(MAX_UNDER_WAY)
        room = Room(EACH, POOL_BYTES, *connections())
        self._router = Router(context, curve, ZAP_DOMAIN, room, MAX_BODY_BYTES)

    def open(self, listen: str) -> None:
        """Start checking keys, then listen; Fatal when the address cannot be had."""
        self._router.open(listen, self._admission, "listen")

    async def serve(self) -> None:
        """Answer messages for ever, each in a task of its own, started in the order they came."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._slots.acquire()
                frames = await self._router.receive()
                group.create_task(self._serve(frames))

    def close(self) -> None:
        """Stop listening; messages under way get no answer, and their senders ask again."""
        self._router.close()

    async def _serve(self, frames: Sequence[zmq.Frame]) -> None:
        try:
            self._send(frames[0].bytes, await self._answer(frames))
        finally:
            self._slots.release()

    async def _answer(self, frames: Sequence[zmq.Frame]) -> Envelope:
        curve = str(frames[0].get("User-Id"))
        received = [frame.bytes for frame in frames[1:]]
        peer = self._admission.peer(curve)
        size = sum(map(len, received))
        try:
            message = parse_frames(received)
        except EvidenceError as error:
            self._rate.wait(curve, cost(size))
            return unreadable(error)
        wait = self._rate.wait(curve, cost(size, header.batches(message)))
        if peer is None:  # ZAP asks once per connection: this one was revoked since
            return self._let_in_no_longer(curve, message)
        if wait:
            extra = {Label.RETRY_MS: int(wait * 1000) + 1}
            return message.error(Code.BUSY, "too many messages", extra)
        return await self._ask_desk(peer, message)

    def _let_in_no_longer(self, curve: str, message: Envelope) -> Envelope:
        if why := self._admission.replaced(curve):
            return message.error(Code.REPLACED, why)
        return message.error(Code.NOT_ADMITTED, "this key is no longer admitted here")

    async def _ask_desk(self, peer: Peer, message: Envelope) -> Envelope:
        shown = b""
        try:
            return await self._desk.answer(peer, message)
        except EvidenceError as error:
            code, text, extra = code_of(error), str(error), {}
        except Refused as error:
            code, text, extra = error.code, str(error), dict(error.extra)
            shown = error.statement
        except StoreFailed as error:
            _log.error("%s from %s: %s (%s)", message.type.name, peer.name, error, error.advice)
            refusal = busy("the store could not be read or written")
            code, text, extra = refusal.code, str(refusal), dict(refusal.extra)
        _log.info("%s from %s refused: %s: %s", message.type.name, peer.name, code, text)
        return replace(message.error(code, text, extra), statement=shown)

    def _send(self, routing_id: bytes, answer: Envelope) -> None:
        try:
            self._router.send([routing_id, *answer.to_frames()])
        except zmq.ZMQError as error:
            # The peer is gone or does not read: it asks again once it is back.
            _log.debug("an answer was not taken: %s", error)


def unreadable(error: EvidenceError) -> Envelope:
    """Return the answer to a message that could not be read."""
    why = labels({Label.CODE: code_of(error), Label.TEXT: str(error)})
    return Envelope(Type.ERROR, UNKNOWN_REQUEST, why)
