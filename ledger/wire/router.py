"""A ROUTER socket on the event loop, read and written without a future for every message.

pyzmq's own asyncio socket costs a node a fifth of its processor time at a thousand messages a
second: a future, a callback and a timer for each of them, in and out.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from typing import Protocol

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from foundation.errors import Fatal, Retry
from foundation.zmtp.front import Front, Room
from foundation.zmtp.private import listen_privately, peer_name
from ledger.base.key_files import CurveKey

HIGH_WATER = 256
"""Messages that may wait on the way in or out of one connection; then TCP holds the sender."""

WIRE_BYTES = 2 * (9 + 33)
"""Around a message of two frames: their heads, and what CURVE adds (rfc.zeromq.org/spec/26)."""

HANDSHAKE_MS = 10_000
"""A connection that takes longer to say who it is, is dropped."""

BACKLOG = 128
"""Connections that the kernel keeps until they are taken."""


MAY_PASS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)
"""A port that another holds, an address that is not up yet: systemd tries again."""


class Doorman(Protocol):
    """Says who may connect."""

    def callback(self, domain: str, key: bytes) -> bool:
        """Tell whether a CURVE key (Z85) may connect; `domain` is the socket's."""


class Router:
    """Lets in whom the doorman knows; one task receives.

    `largest` bounds a frame, with the 33 bytes that CURVE adds; `room` all that peers may send.
    """

    def __init__(
        self, context: zmq.asyncio.Context, curve: CurveKey, domain: str, room: Room, largest: int
    ) -> None:
        self._domain = domain
        self._room = room
        self._authenticator = AsyncioAuthenticator(context)
        self._socket = _curve_router(context, curve, domain, largest)
        self._front: Front | None = None
        self._arrived = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.FD, self._look)

    def open(self, address: str, doorman: Doorman, setting: str) -> None:
        """Start checking keys, then listen; the error names the `setting` of an unusable address.

        Retry where the port may become free, or the interface come up; else Fatal.
        """
        self._authenticator.configure_curve_callback(self._domain, doorman)
        self._authenticator.start()
        try:
            listener = _listener(address)
        except OSError as error:
            kind = Retry if error.errno in MAY_PASS else Fatal
            raise kind(
                f"cannot listen on {address}: {error.strerror}", advice=_advice(error, setting)
            ) from error
        self._front = Front(listener, listen_privately(self._socket), self._room)

    async def receive(self) -> list[zmq.Frame]:
        """Return the next message, its sender's routing id first."""
        while True:
            try:
                return self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                self._arrived.clear()
                self._look()
                await self._arrived.wait()

    def host(self, frame: zmq.Frame) -> str:
        """Return the address of the host that sent a frame; empty when its connection is gone."""
        return self._front.host(peer_name(frame)) if self._front is not None else ""

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
        if self._front is None:
            self._socket.close()
            return
        self._front.insides.outlive(self._socket)
        self._front.close()

    def _look(self) -> None:
        """See whether messages wait; the descriptor stays readable until somebody looks."""
        if int(self._socket.EVENTS) & zmq.POLLIN:
            self._arrived.set()


def _curve_router(
    context: zmq.asyncio.Context, curve: CurveKey, domain: str, largest: int
) -> zmq.Socket[bytes]:
    router: zmq.Socket[bytes] = zmq.Socket(context, zmq.ROUTER)
    for option, value in (
        (zmq.LINGER, 0),
        (zmq.ROUTER_MANDATORY, 1),
        (zmq.SNDHWM, HIGH_WATER),
        (zmq.RCVHWM, HIGH_WATER),
        (zmq.MAXMSGSIZE, largest),
        (zmq.HANDSHAKE_IVL, HANDSHAKE_MS),
        (zmq.CURVE_SERVER, 1),
        (zmq.CURVE_SECRETKEY, curve.secret),
        (zmq.ZAP_DOMAIN, domain.encode()),
        # Without this an absent ZAP handler means that everybody is let in.
        (zmq.ZAP_ENFORCE_DOMAIN, 1),
    ):
        router.setsockopt(option, value)
    return router


def _listener(address: str) -> socket.socket:
    """Return a socket that listens on tcp://HOST:PORT; `*` is every IPv4 address. OSError."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    host = "0.0.0.0" if host == "*" else host.strip("[]")  # noqa: S104  the operator's word
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(0)
        listener.bind(place)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _advice(error: OSError, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"see who has the port: ss -ltnp; or change `{setting}` in node.toml"
    return f"name an address of this machine (`ip address`) as `{setting}` in node.toml"
