"""Stands before a ROUTER: takes the connections of its peers, and holds each to its limits."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

from foundation.zmtp.inside import Insides
from foundation.zmtp.private import connect_privately
from foundation.zmtp.relay import Relay
from foundation.zmtp.window import Limits, Pool, Window

READ_BYTES = 16 * 1024
"""Received at once; a peer that is held has so much in our memory beside what it holds."""

STUCK_S = 10.0
"""A connection that holds bytes for so long without an answer, while somebody waits for room, sent
what makes no message: it is closed."""

SWEEP_S = 5.0
TELL_S = 60.0
PAUSE_S = 1.0
_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN)
"""What the system says when it has no room for a connection: then a pause may help."""

KEEPALIVE_IDLE_S = 300
KEEPALIVE_INTERVAL_S = 60
KEEPALIVE_COUNT = 3
UNACKNOWLEDGED_MS = 30_000
"""Dead connections are forgotten by TCP itself: ZeroMQ heartbeats would cost a gateway on a metered
link more than its data."""

_TCP_OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_COUNT),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS),
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """What a port has room for: so many `known` peers and `strangers`, who hold `each` at most, and
    together `pool` bytes.

    Who has finished the handshake is known, as the ROUTER's doorman refuses strangers; a port that
    is for strangers has no room for known ones. The oldest stranger makes way for a new one.
    """

    each: Limits
    pool: int
    known: int
    strangers: int


@dataclass(frozen=True, slots=True, eq=False)
class _Peer:
    """A connection: where it comes from, and its name on the inside."""

    host: str
    name: bytes
    relay: Relay


class Front:
    """Joins each connection to a listening socket with the private address of a ROUTER."""

    def __init__(self, listener: socket.socket, inside: bytes, room: Room) -> None:
        self._listener = listener
        self._inside = inside
        self._room = room
        self._pool = Pool(room.pool)
        self._buffer = memoryview(bytearray(min(READ_BYTES, room.each.bytes)))
        self._strangers: dict[bytes, _Peer] = {}
        self._known: dict[bytes, _Peer] = {}
        self._loop = asyncio.get_running_loop()
        self.insides = Insides(self._loop.time)
        self._tell_from = self._loop.time()
        self._tasks = [self._loop.create_task(each()) for each in (self._take, self._sweep)]

    def host(self, name: bytes) -> str:
        """Return where the connection of this name comes from; empty when it is gone."""
        peer = self._known.get(name) or self._strangers.get(name)
        return peer.host if peer is not None else ""

    def close(self) -> None:
        """Listen no longer, and end all connections."""
        for task in self._tasks:
            task.cancel()
        self._listener.close()
        for peer in (*self._strangers.values(), *self._known.values()):
            peer.relay.abort()

    async def _take(self) -> None:
        """Take connections for ever; where the system has no room for one, after a pause."""
        while True:
            try:
                connection, address = await self._loop.sock_accept(self._listener)
                await self._join(connection, str(address[0]))
            except OSError as error:
                if error.errno in _SHORT:
                    self._tell(f"a connection cannot be taken: {os.strerror(error.errno)}")
                    await asyncio.sleep(PAUSE_S)

    async def _join(self, connection: socket.socket, host: str) -> None:
        """Join a connection with the ROUTER; OSError when that takes more than there is."""
        try:
            for option in _TCP_OPTIONS:
                connection.setsockopt(*option)
            inside = connect_privately(self._inside)
        except OSError:
            connection.close()
            raise
        name: bytes = inside.getsockname()
        window = Window(self._room.each, self._pool)
        relay = Relay(
            window,
            self._buffer,
            self._loop.time,
            self._forgetter(name),
            self.insides,
            answers=True,
        )
        self._make_way()
        self._strangers[name] = _Peer(host, name, relay)
        await self._loop.create_connection(lambda: relay.inside, sock=inside)
        await self._loop.connect_accepted_socket(lambda: relay.peer, sock=connection)
        relay.begin()

    def _forgetter(self, name: bytes) -> Callable[[Relay], None]:
        def forget(_: Relay) -> None:
            self._strangers.pop(name, None)
            self._known.pop(name, None)

        return forget

    def _make_way(self) -> None:
        if len(self._strangers) >= self._room.strangers:
            self._settle()
        if len(self._strangers) >= self._room.strangers:
            next(iter(self._strangers.values())).relay.abort()

    def _settle(self) -> None:
        """Count as known who finished the handshake, as far as there is room."""
        if not self._room.known:
            return
        for peer in [each for each in self._strangers.values() if each.relay.shaken]:
            if len(self._known) < self._room.known:
                self._known[peer.name] = self._strangers.pop(peer.name)
            else:
                self._tell(f"{self._room.known} connections are all that there is room for")
                peer.relay.abort()

    async def _sweep(self) -> None:
        """Now and then see who is known by now, and end what can come to no end."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self._settle()
            for peer in (*self._strangers.values(), *self._known.values()):
                if peer.relay.stuck(STUCK_S):
                    self._tell(f"{peer.host} sends what makes no message: its connection is closed")
                    peer.relay.abort()

    def _tell(self, what: str) -> None:
        """Log what goes wrong, once a minute at most: who floods shall not flood the log."""
        now = self._loop.time()
        if now >= self._tell_from:
            self._tell_from = now + TELL_S
            _log.error("%s", what)
