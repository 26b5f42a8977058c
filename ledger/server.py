"""The node's socket: a ROUTER behind CURVE that lets admitted keys in and answers every message."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from agent.errors import Fatal
from agent.evidence.errors import EvidenceError
from agent.evidence.wire import (
    MAX_BODY_BYTES,
    REQUEST_ID_BYTES,
    Code,
    Envelope,
    Label,
    Type,
    labels,
    parse_frames,
)
from ledger.admission import ZAP_DOMAIN, Admission, Peer
from ledger.desk import Desk
from ledger.errors import Refused, StoreFailed, code_of
from ledger.key_files import CurveKey
from ledger.rate import RateLimit
from ledger.registrar import busy

HIGH_WATER = 256
"""Messages that may wait on the way in or out of one connection; then TCP holds the sender."""

MAX_UNDER_WAY = 256
"""Messages of all peers that are being answered; then the socket is not read."""

HANDSHAKE_MS = 10_000
"""A connection that takes longer to say who it is, is dropped."""

KEEPALIVE_IDLE_S = 300
KEEPALIVE_INTERVAL_S = 60
KEEPALIVE_COUNT = 3
TCP_MAX_RETRANSMIT_MS = 30_000
"""Dead connections are forgotten by TCP itself: ZeroMQ heartbeats would cost a gateway on a metered
link more than its data."""

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
        self._context = context
        self._admission = admission
        self._desk = desk
        self._rate = rate
        self._slots = asyncio.Semaphore(MAX_UNDER_WAY)
        self._authenticator = AsyncioAuthenticator(context)
        self._socket = curve_router(context, curve, ZAP_DOMAIN, MAX_BODY_BYTES)

    def open(self, listen: str) -> None:
        """Start checking keys, then listen; Fatal when the address cannot be had."""
        self._authenticator.configure_curve_callback(ZAP_DOMAIN, self._admission)
        self._authenticator.start()
        try:
            self._socket.bind(listen)
        except zmq.ZMQError as error:
            raise Fatal(
                f"cannot listen on {listen}: {error.strerror}",
                advice="see who has the port: ss -ltnp; or change `listen` in node.toml",
            ) from error

    async def serve(self) -> None:
        """Answer messages for ever, each in a task of its own, started in the order they came."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._slots.acquire()
                frames = await self._socket.recv_multipart(copy=False)
                group.create_task(self._serve(frames))

    def close(self) -> None:
        """Stop listening; messages under way get no answer, and their senders ask again."""
        self._authenticator.stop()
        self._socket.close()

    async def _serve(self, frames: Sequence[zmq.Frame]) -> None:
        try:
            answer = await self._answer(frames)
            await self._send(frames[0].bytes, answer)
        finally:
            self._slots.release()

    async def _answer(self, frames: Sequence[zmq.Frame]) -> Envelope:
        curve = str(frames[0].get("User-Id"))
        received = [frame.bytes for frame in frames[1:]]
        peer = self._admission.peer(curve)
        wait = self._rate.wait(curve, sum(map(len, received)))
        try:
            message = parse_frames(received)
        except EvidenceError as error:
            return unreadable(error)
        if why := self._admission.replaced(curve):
            return message.error(Code.REPLACED, why)
        if peer is None:  # ZAP asks once per connection: this one was revoked since
            return message.error(Code.NOT_ADMITTED, "this key is no longer admitted here")
        if wait:
            extra = {Label.RETRY_MS: int(wait * 1000) + 1}
            return message.error(Code.BUSY, "too many messages", extra)
        return await self._ask_desk(peer, message)

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

    async def _send(self, routing_id: bytes, answer: Envelope) -> None:
        try:
            frames = [routing_id, *answer.to_frames()]
            await self._socket.send_multipart(frames, flags=zmq.NOBLOCK)
        except zmq.ZMQError as error:
            # The peer is gone or does not read: it asks again once it is back.
            _log.debug("an answer was not taken: %s", error)


def curve_router(
    context: zmq.asyncio.Context, curve: CurveKey, domain: str, max_bytes: int
) -> zmq.asyncio.Socket:
    """Return a ROUTER that lets in whom the ZAP handler of `domain` knows."""
    router = context.socket(zmq.ROUTER)
    for option, value in (
        (zmq.LINGER, 0),
        (zmq.ROUTER_MANDATORY, 1),
        (zmq.SNDHWM, HIGH_WATER),
        (zmq.RCVHWM, HIGH_WATER),
        (zmq.MAXMSGSIZE, max_bytes),
        (zmq.HANDSHAKE_IVL, HANDSHAKE_MS),
        (zmq.TCP_KEEPALIVE, 1),
        (zmq.TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S),
        (zmq.TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S),
        (zmq.TCP_KEEPALIVE_CNT, KEEPALIVE_COUNT),
        (zmq.TCP_MAXRT, TCP_MAX_RETRANSMIT_MS),
        (zmq.CURVE_SERVER, 1),
        (zmq.CURVE_SECRETKEY, curve.secret),
        (zmq.ZAP_DOMAIN, domain.encode()),
        # Without this an absent ZAP handler means that everybody is let in.
        (zmq.ZAP_ENFORCE_DOMAIN, 1),
    ):
        router.setsockopt(option, value)
    return router


def unreadable(error: EvidenceError) -> Envelope:
    """Return the answer to a message that could not be read."""
    header = labels({Label.CODE: code_of(error), Label.TEXT: str(error)})
    return Envelope(Type.ERROR, UNKNOWN_REQUEST, header)
