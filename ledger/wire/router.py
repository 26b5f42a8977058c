"""A ROUTER socket on the event loop, read and written without a future for every message.

pyzmq's own asyncio socket costs a node a fifth of its processor time at a thousand messages a
second: a future, a callback and a timer for each of them, in and out.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Sequence
from typing import Protocol

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from foundation.errors import Fatal
from ledger.base.key_files import CurveKey

HIGH_WATER = 256
"""Messages that may wait on the way in or out of one connection; then TCP holds the sender."""

HANDSHAKE_MS = 10_000
"""A connection that takes longer to say who it is, is dropped."""

KEEPALIVE_IDLE_S = 300
KEEPALIVE_INTERVAL_S = 60
KEEPALIVE_COUNT = 3
TCP_MAX_RETRANSMIT_MS = 30_000
"""Dead connections are forgotten by TCP itself: ZeroMQ heartbeats would cost a gateway on a metered
link more than its data."""


class Doorman(Protocol):
    """Says who may connect."""

    def callback(self, domain: str, key: bytes) -> bool:
        """Tell whether a CURVE key (Z85) may connect; `domain` is the socket's."""


class Router:
    """Lets in whom the doorman knows; one task receives."""

    def __init__(
        self, context: zmq.asyncio.Context, curve: CurveKey, domain: str, max_bytes: int
    ) -> None:
        self._domain = domain
        self._authenticator = AsyncioAuthenticator(context)
        self._socket = _curve_router(context, curve, domain, max_bytes)
        self._arrived = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.FD, self._look)

    def open(self, address: str, doorman: Doorman, setting: str) -> None:
        """Start checking keys, then listen; Fatal names the `setting` of an unusable address."""
        self._authenticator.configure_curve_callback(self._domain, doorman)
        self._authenticator.start()
        try:
            self._socket.bind(address)
        except zmq.ZMQError as error:
            raise Fatal(
                f"cannot listen on {address}: {os.strerror(error.errno or 0)}",
                advice=_advice(error, setting),
            ) from error

    async def receive(self) -> list[zmq.Frame]:
        """Return the next message, its sender's routing id first."""
        while True:
            try:
                return self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                self._arrived.clear()
                self._look()
                await self._arrived.wait()

    def send(self, frames: Sequence[bytes]) -> None:
        """Hand a message over; zmq.ZMQError when its receiver is gone or does not read."""
        self._socket.send_multipart(frames, zmq.NOBLOCK)
        # Sending takes in what the descriptor announced: nobody else would tell the receiving task.
        if not self._arrived.is_set():
            self._look()

    def close(self) -> None:
        """Stop listening."""
        self._authenticator.stop()
        self._loop.remove_reader(self._socket.FD)
        self._socket.close()

    def _look(self) -> None:
        """See whether messages wait; the descriptor stays readable until somebody looks."""
        if int(self._socket.EVENTS) & zmq.POLLIN:
            self._arrived.set()


def _curve_router(
    context: zmq.asyncio.Context, curve: CurveKey, domain: str, max_bytes: int
) -> zmq.Socket[bytes]:
    router: zmq.Socket[bytes] = zmq.Socket(context, zmq.ROUTER)
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


def _advice(error: zmq.ZMQError, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"see who has the port: ss -ltnp; or change `{setting}` in node.toml"
    return f"name an address of this machine (`ip address`) as `{setting}` in node.toml"
