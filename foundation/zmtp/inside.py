"""Connections into a ZeroMQ socket of this process. Each of them outlives the socket.

libzmq 4.3.5 aborts the process where a connection breaks while its socket is being closed and half
a message is on its way out: `session_base_t::clean_pipes` asks for the other half, and what is
being closed gives none. A poor radio brings that about: a link that stands still is given up.
"""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import zmq

from foundation.zmtp.end import End

HANG_UP_S = 0.25
"""ZeroMQ's own thread hangs up within 0.2 ms, on a busy machine within some 10."""


class Insides:
    """The connections into one socket on which ZeroMQ has not hung up yet."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._open: set[Inside] = set()

    def add(self, inside: Inside) -> None:
        """Count a connection from now on."""
        self._open.add(inside)

    def discard(self, inside: Inside) -> None:
        """Count it no longer."""
        self._open.discard(inside)

    def outlive(self, target: zmq.Socket[Any]) -> None:
        """Close the socket, then the connections into it."""
        self._await(each for each in self._open if each.leaving)
        target.close()
        self._await(self._open)
        for each in self._open:
            each.drop()

    def _await(self, insides: Iterable[Inside]) -> None:
        """Wait until ZeroMQ has hung up on all of them, for HANG_UP_S at most."""
        poller = select.poll()
        waiting = {each.fileno() for each in insides} - {-1}
        for each in waiting:
            poller.register(each, 0)  # what is reported then is POLLHUP
        deadline = self._monotonic() + HANG_UP_S
        while waiting and (left := deadline - self._monotonic()) > 0:
            for number, _ in poller.poll(1000.0 * left):
                poller.unregister(number)
                waiting.discard(number)


class Inside(End):
    """One connection into a socket; it is over once ZeroMQ, told of its end, has hung up."""

    def __init__(
        self,
        buffer: memoryview,
        received: Callable[[memoryview], None],
        lost: Callable[[], None],
        insides: Insides,
    ) -> None:
        super().__init__(buffer, received, lost)
        self._insides = insides

    @property
    def leaving(self) -> bool:
        """Whether ZeroMQ was told that nothing more comes."""
        return self._closed

    def fileno(self) -> int:
        """Return the connection's descriptor; -1 where it has none any more."""
        return self._socket().fileno()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.BaseProtocol."""
        self._insides.add(self)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.BaseProtocol."""
        self._insides.discard(self)
        super().connection_lost(exc)

    def buffer_updated(self, nbytes: int) -> None:
        """See asyncio.BufferedProtocol; what comes after the end goes nowhere."""
        if not self._closed:
            super().buffer_updated(nbytes)

    def hold(self) -> None:
        """Stop receiving, unless it is the end that is waited for."""
        if not self._closed:
            super().hold()

    def close(self) -> None:
        """Send what is still to be sent, and that this was all."""
        self._closed = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()
            self._transport.resume_reading()

    def abort(self) -> None:
        """Say at once that this was all."""
        self._closed = True
        if self._transport is not None and not self._transport.is_closing():
            with suppress(OSError):
                self._socket().shutdown(socket.SHUT_WR)
            self._transport.resume_reading()

    def drop(self) -> None:
        """Close at once: there is no socket any more."""
        super().abort()

    def _socket(self) -> socket.socket:
        assert self._transport is not None, "it counts once it is made"
        found: socket.socket = self._transport.get_extra_info("socket")
        return found
