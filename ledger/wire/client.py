"""Asking another node: a DEALER with CURVE, one question at a time."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import zmq
import zmq.asyncio

from evidence.wire import MAX_BODY_BYTES, Envelope, parse_frames
from ledger.base.key_files import CurveKey

RECONNECT_MS = 1_000
RECONNECT_MAX_MS = 4_000
HANDSHAKE_MS = 10_000
TCP_MAX_RETRANSMIT_MS = 30_000
"""A connection whose bytes nobody acknowledges for this long is dead."""

HIGH_WATER = 16
"""Messages that may wait for a slow peer: one question is out at a time."""


class NodeClient:
    """A connection to one node. The socket is made anew after any question without an answer.

    ZeroMQ never retries a refused handshake, and an old answer must not be taken for a new one.
    """

    def __init__(
        self, context: zmq.asyncio.Context, endpoint: str, server: str, own: CurveKey
    ) -> None:
        self._context = context
        self._endpoint = endpoint
        self._server = server.encode("ascii")
        self._own = own
        self._socket: zmq.asyncio.Socket | None = None
        self._turn = asyncio.Lock()

    async def ask(self, message: Envelope) -> Envelope:
        """Return the answer; the caller sets the time limit. EvidenceError when it is malformed."""
        async with self._turn:
            with ExitStack() as on_failure:
                on_failure.callback(self.close)
                answer = await self._exchange(message)
                on_failure.pop_all()
            return answer

    async def _exchange(self, message: Envelope) -> Envelope:
        socket = self._connected()
        await socket.send_multipart(message.to_frames())
        while True:
            answer = parse_frames(await socket.recv_multipart())
            if answer.request == message.request:
                return answer

    def _connected(self) -> zmq.asyncio.Socket:
        if self._socket is None:
            self._socket = self._context.socket(zmq.DEALER)
            for option, value in (
                (zmq.LINGER, 0),
                (zmq.IMMEDIATE, 1),
                (zmq.SNDHWM, HIGH_WATER),
                (zmq.RCVHWM, HIGH_WATER),
                (zmq.MAXMSGSIZE, MAX_BODY_BYTES),
                (zmq.RECONNECT_IVL, RECONNECT_MS),
                (zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS),
                (zmq.HANDSHAKE_IVL, HANDSHAKE_MS),
                (zmq.TCP_MAXRT, TCP_MAX_RETRANSMIT_MS),
                (zmq.CURVE_SERVERKEY, self._server),
                (zmq.CURVE_PUBLICKEY, self._own.public),
                (zmq.CURVE_SECRETKEY, self._own.secret),
            ):
                self._socket.setsockopt(option, value)
            self._socket.connect(self._endpoint)
        return self._socket

    def close(self) -> None:
        """Drop the connection; the next question makes a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
