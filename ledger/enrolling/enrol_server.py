"""The socket for gateways that nobody knows yet: any CURVE key, one kind of message, few of them.

It has a ZeroMQ context, and so an authenticator, of its own: whatever is let in here is let in
nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import zmq
import zmq.asyncio

from evidence.enrolment import parse_request
from evidence.errors import EvidenceError
from evidence.wire import Code, Envelope, Label, Type, parse_frames
from foundation.errors import AgentError
from foundation.zmtp.front import Room
from foundation.zmtp.window import Limits
from ledger.base.clock import Clock
from ledger.base.descriptors import connections
from ledger.base.errors import Refused, StoreFailed, code_of
from ledger.base.key_files import CurveKey
from ledger.base.node_files import NodeFiles
from ledger.base.rate import RateLimit
from ledger.enrolling.enrolment import TokenReused, enrol
from ledger.store.store import Exhibit
from ledger.store.store_thread import StoreThread
from ledger.wire.router import WIRE_BYTES, Router
from ledger.wire.server import unreadable

ZAP_DOMAIN = "tallyman-enrol"

LARGEST = 4096  # bytes of a frame, as docs/PROTOCOL.md has it

EACH = Limits(LARGEST + WIRE_BYTES, 8)
"""Of one connection, unanswered: a request is about 500 bytes, in two frames."""

POOL_BYTES = 256 * 1024

PER_SECOND, BURST = 0.5, 60
"""Of one address: a depot that switches on 30 gateways at once does so behind one."""

ALL_PER_SECOND, ALL_BURST = 10, 200
"""Of everybody together: each request costs a signature check and may cost two flushes."""

REUSE = "token-reuse"
"""Kind of the exhibit: a request with a token that another gateway had used up."""

REUSES_KEPT = 16
"""Exhibits kept of one token's rightful gateway."""

RETRY_MS = 2000

_log = logging.getLogger(__name__)


class _Anybody:
    """Lets every CURVE key in, at this socket."""

    def callback(self, domain: str, _key: bytes) -> bool:
        """Tell the ZAP handler whether a key may connect."""
        return domain == ZAP_DOMAIN


class EnrolServer:
    """Answers ENROL, one message after another."""

    def __init__(self, files: NodeFiles, curve: CurveKey, store: StoreThread, clock: Clock) -> None:
        self._files = files
        self._store = store
        self._clock = clock
        self._each = RateLimit(clock.monotonic, PER_SECOND, BURST, pause=0)
        self._all = RateLimit(clock.monotonic, ALL_PER_SECOND, ALL_BURST, pause=0)
        self._context = zmq.asyncio.Context()
        _, strangers = connections()
        room = Room(EACH, POOL_BYTES, known=0, strangers=strangers)
        self._router = Router(self._context, curve, ZAP_DOMAIN, room, LARGEST)

    def open(self, listen: str) -> None:
        """Listen; Fatal when the address cannot be had."""
        self._router.open(listen, _Anybody(), "enrol_listen")

    async def serve(self) -> None:
        """Answer for ever."""
        while True:
            frames = await self._router.receive()
            answer = await self._answer(frames)
            try:
                self._router.send([frames[0].bytes, *answer.to_frames()])
            except zmq.ZMQError as error:
                _log.debug("an answer was not taken: %s", error)  # the gateway asks again

    def close(self) -> None:
        """Stop listening."""
        self._router.close()
        self._context.destroy(linger=0)

    async def _answer(self, frames: Sequence[zmq.Frame]) -> Envelope:
        curve, address = str(frames[0].get("User-Id")), self._router.host(frames[0])
        wait = max(self._each.wait(address), self._all.wait(""))
        try:
            message = parse_frames([frame.bytes for frame in frames[1:]])
        except EvidenceError as error:
            return unreadable(error)
        if wait:
            return _busy(message, int(wait * 1000) + 1)
        if message.type is not Type.ENROL:
            return message.error(Code.WRONG_ROLE, "this socket is for ENROL alone")
        try:
            return message.answer(Type.ENROL, {Label.POLICY: await self._enrol(message, curve)})
        except EvidenceError as error:
            code, text = code_of(error), str(error)
        except Refused as error:
            code, text = error.code, str(error)
        except AgentError as error:
            _log.error("a gateway cannot be enrolled now: %s (%s)", error, error.advice)
            return _busy(message, RETRY_MS)
        _log.warning("enrolment from %s refused: %s: %s", address, code, text)
        return message.error(code, text)

    async def _enrol(self, message: Envelope, curve: str) -> bytes:
        request = parse_request(message.statement)
        if request.curve != curve:
            raise Refused(Code.NOT_ADMITTED, "the request names another CURVE key than yours")
        try:
            policy = await asyncio.to_thread(enrol, self._files, request, self._clock.wall())
        except TokenReused as error:
            await self._keep(error, message.statement)
            raise
        _log.info("%s (%s) is enrolled", request.name, request.issuer)
        return policy

    async def _keep(self, error: TokenReused, signed: bytes) -> None:
        _log.error(
            "ALARM: the token that %s (%s) used came again, with the keys of %s (%s): was its card "
            "or seed copied?",
            error.spender.name,
            error.spender.issuer,
            error.request.name,
            error.request.issuer,
        )
        exhibit = Exhibit(REUSE, error.spender.issuer, (signed,), self._clock.wall())
        try:
            await self._store(lambda store: store.keep_evidence(exhibit, REUSES_KEPT))
        except StoreFailed as failure:
            _log.error("%s (%s)", failure, failure.advice)


def _busy(message: Envelope, milliseconds: int) -> Envelope:
    return message.error(Code.BUSY, "try again", {Label.RETRY_MS: milliseconds})
