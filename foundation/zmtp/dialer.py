"""Keeps a DEALER connected to a node: connects for it, and holds the node to its limits.

What a connection died of is told as it was seen, which ZeroMQ's own events do not say.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from foundation.addresses import Unresolved
from foundation.dataclass import dataclass
from foundation.reach import connected
from foundation.zmtp.inside import Insides
from foundation.zmtp.private import connect_privately
from foundation.zmtp.relay import Relay
from foundation.zmtp.route import AnyRoute, Route
from foundation.zmtp.window import Limits, Pool, Window

READ_BYTES = 16 * 1024

CONNECT_S = 30.0
"""A host that does not answer for so long is asked anew."""

# A dead radio must not be called ten times a second; at most 4 s keeps recovery under 5 s.
RECONNECT_S, RECONNECT_MAX_S = 1.0, 4.0

SWEEP_S = 5.0
STUCK_S = 3.0
"""Answers are read as they come: what nobody could read for so long is not one."""

AT_ONCE_S = 5.0
"""Two round trips of a poor radio. A node that lost the connection in the handshake gives up after
10 s; one that cannot decrypt what it got hangs up at once."""

UNACKNOWLEDGED_MS = 30_000
"""A connection whose bytes nobody acknowledges for this long is dead."""

MOVED = "another interface leads there now"

_ENDPOINT = re.compile(r"tcp://\[?(?P<host>[^\]]+?)\]?:(?P<port>\d+)")


class Ending(Enum):
    """What was seen as a connection came to its end, or did not come about."""

    NOBODY = "nobody answers"
    SILENT = "who takes the connection says nothing"
    STRANGE = "what answers there does not speak ZeroMQ"
    HUNG_UP = "the node hangs up at our first word"
    EXCESS = "the node sends more than any answer takes"
    BROKE = "the connection broke"


@dataclass(frozen=True, slots=True)
class Ended:
    """An ending, and what the system said of it, if it said anything."""

    ending: Ending
    detail: str = ""

    @property
    def text(self) -> str:
        """For people."""
        return self.detail or self.ending.value


class Dialer:
    """Connects a DEALER that listens privately at `inside`, again and again until it is closed.

    `heard` hears of every ending. Who receives from the DEALER says so with `read`. A connection
    goes through the interface that `route` says, and ends where that becomes another.
    """

    def __init__(
        self,
        endpoint: str,
        inside: bytes,
        limits: Limits,
        heard: Callable[[Ended], None],
        route: Route | None = None,
    ) -> None:
        place = _ENDPOINT.fullmatch(endpoint)
        assert place is not None, "configurations are checked before"
        self._host, self._port = place["host"], int(place["port"])
        self._inside = inside
        self._limits = limits
        self._heard = heard
        self._route = route or AnyRoute()
        self._stay = self._route.follow(self._move)
        self._connecting: asyncio.Timeout | None = None
        self._moved = False
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._relay: Relay | None = None
        self._over = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.insides = Insides(self._loop.time)
        self._task = self._loop.create_task(self._run())

    def read(self, frames: int) -> None:
        """Note that a message of so many frames was received."""
        if self._relay is not None:
            self._relay.read(frames)

    def close(self) -> None:
        """End the connection, and make no other."""
        self._stay()
        self._task.cancel()

    def _move(self) -> None:
        """End what goes through another interface than is to be used from now on."""
        self._moved = True
        if self._connecting is not None:
            self._connecting.reschedule(self._loop.time())
        elif self._relay is not None:
            self._relay.abort()
            self._over.set()

    async def _run(self) -> None:
        pause = RECONNECT_S / 2
        while True:
            relay = self._new_relay()
            try:
                ended = await self._carry(relay)
            finally:
                relay.abort()
            self._heard(ended)
            pause = RECONNECT_S if relay.shaken else min(2 * pause, RECONNECT_MAX_S)
            await asyncio.sleep(pause)

    def _new_relay(self) -> Relay:
        self._over.clear()
        self._moved = False
        window = Window(self._limits, Pool(self._limits.bytes))
        self._relay = Relay(
            window,
            self._buffer,
            self._loop.time,
            lambda _: self._over.set(),
            self.insides,
            answers=False,
        )
        return self._relay

    async def _carry(self, relay: Relay) -> Ended:
        """Connect, carry until it ends, and return how it did."""
        try:
            await self._connect(relay)
        except OSError as error:
            if self._moved:
                return Ended(Ending.BROKE, MOVED)
            return Ended(Ending.NOBODY, _reason(error))
        relay.begin()
        while not relay.ended:
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    await self._over.wait()
            if relay.stuck(STUCK_S):
                return Ended(Ending.EXCESS)
        if self._moved:
            return Ended(Ending.BROKE, MOVED)
        return Ended(ending_of(relay, self._loop.time()))

    async def _connect(self, relay: Relay) -> None:
        try:
            async with asyncio.timeout(CONNECT_S) as self._connecting:
                found = await self._route.names.addresses(self._host, self._port)
                connection = await connected(found, self._route.interface)
        finally:
            self._connecting = None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        await self._loop.create_connection(lambda: relay.peer, sock=connection)
        inside = connect_privately(self._inside)
        await self._loop.create_connection(lambda: relay.inside, sock=inside)


def ending_of(relay: Relay, now: float) -> Ending:
    """Return what the end of a connection that had come about looked like."""
    greeted, answers = relay.peer_frames.greeted, relay.peer_frames.begun
    if relay.excess is not None:
        return Ending.EXCESS if greeted else Ending.STRANGE
    if not greeted:
        return Ending.SILENT
    at_once = relay.first_word is not None and now - relay.first_word < AT_ONCE_S
    if relay.hung_up and not answers and at_once:
        return Ending.HUNG_UP
    return Ending.BROKE


def _reason(error: OSError) -> str:
    """Return why a connection did not come about, in the system's words."""
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_S:g} s"
    if isinstance(error, Unresolved):
        return str(error)
    return os.strerror(error.errno) if error.errno else ""
