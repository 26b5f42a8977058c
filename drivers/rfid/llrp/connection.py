"""Connections to an LLRP reader, from its greeting to our leave (LLRP 1.0.1, §15.2.5.13)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from drivers.driver import Health, Timing
from drivers.errors import BadFrame, DeviceFault, DeviceMissing, DriverError, WrongDevice
from drivers.links.link import Connect, Link
from drivers.links.tcp import Address
from drivers.rfid.discards import Discards
from drivers.rfid.llrp import causes, requests
from drivers.rfid.llrp.elements import Element, element
from drivers.rfid.llrp.exchange import Exchange, Heard

GREETING_WITHIN = 10.0  # s; a reader greets as soon as it accepted
LEAVE_WITHIN = 1.0  # s to turn the radio off
LEFT_OVER = 60.0  # s; a reader that is reached again learns at once that a connection is gone

# ConnectionAttemptEvent
CONNECTED, READER_HAS_CLIENT, CLIENT_EXISTS, ANOTHER_TRIED = 0, 1, 2, 4


class Connection:
    """An open connection: `exchange` to ask the reader, `pump`, which ends when it breaks.

    `greeting` becomes the status of the reader's greeting. `refused` is whether that was a no,
    `left`, whether the reader confirmed our leave.
    """

    def __init__(self, exchange: Exchange, greeting: asyncio.Future[int], address: Address) -> None:
        self.exchange = exchange
        self.pump = asyncio.create_task(exchange.run())
        self.refused = self.left = False
        self._greeting = greeting
        self._address = address

    async def greeted(self) -> int:
        """Return the status of the reader's greeting; DriverError when it does not greet."""
        either: set[asyncio.Future[Any]] = {self._greeting, self.pump}
        await asyncio.wait(either, timeout=GREETING_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if not self._greeting.done():
            raise self._no_greeting()
        status = self._greeting.result()
        self.refused = status != CONNECTED
        return status

    def _no_greeting(self) -> DriverError:
        """Return the error for a device that did not greet: it is foreign only by what it sent."""
        error = self.pump.exception() if self.pump.done() else None
        if isinstance(error, BadFrame) and not self.exchange.messages:
            return WrongDevice(
                f"what answers at {self._address} is not an LLRP reader: {error}",
                cause=causes.NOT_A_READER,
            )
        if isinstance(error, DriverError):
            return error
        said = f"{self.exchange.messages} messages" if self.exchange.received else "nothing"
        return DeviceMissing(
            f"{self._address} takes the connection, but does not greet: it sent {said} in "
            f"{GREETING_WITHIN:g} s",
            cause=causes.NO_GREETING,
        )

    async def end(self) -> None:
        """Take leave of a reader that can still be told, and listen no longer."""
        try:
            if self._greeting.done() and not self.refused:
                await self._leave()
        finally:
            self.pump.cancel()
            with contextlib.suppress(asyncio.CancelledError, DriverError):
                await self.pump

    async def _leave(self) -> None:
        """Turn the radio off and close."""
        with contextlib.suppress(DriverError, TimeoutError):
            async with asyncio.timeout(LEAVE_WITHIN):
                await self.exchange.ask(element("DELETE_ROSPEC", id=requests.ROSPEC))
                await self.exchange.ask(element("CLOSE_CONNECTION"))
                self.left = True


class Connector:
    """Connects to the reader at `address`, through links that `connect` opens.

    A reader that counts as gone, after `silence` seconds, may not know that its connection is over,
    and refuses the next one. `_abandoned` is when we last gave one up like that (monotonic).
    """

    def __init__(
        self,
        connect: Connect,
        address: Address,
        timing: Timing,
        health: Health,
        silence: float,
        discards: Discards,
    ) -> None:
        self._connect = connect
        self._address = address
        self._timing = timing
        self._health = health
        self._silence = silence
        self._discards = discards
        self._abandoned: float | None = None

    @asynccontextmanager
    async def connected(self, heard: Heard) -> AsyncIterator[Connection]:
        """Connect and be greeted; take leave and close at the end.

        `heard` gets what the reader says by itself.
        """
        link = await self._connect()
        try:
            connection = self._begin(link, heard)
            try:
                self._check(await connection.greeted())
                yield connection
            finally:
                await connection.end()
                self._note_end(connection)
        finally:
            link.close()

    def _begin(self, link: Link, heard: Heard) -> Connection:
        greeting: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def hear(message: Element, arrival: float) -> None:
            attempt = _attempt(message)
            if attempt is not None and not greeting.done():
                greeting.set_result(attempt)
            heard(message, arrival)

        exchange = Exchange(link, self._timing, self._health, hear, self._silence, self._discards)
        return Connection(exchange, greeting, self._address)

    def _note_end(self, connection: Connection) -> None:
        if not connection.refused:
            knows = connection.left or connection.exchange.closed
            self._abandoned = None if knows else self._timing.monotonic()

    def _check(self, status: int) -> None:
        """Raise DeviceFault where the reader's greeting is a refusal."""
        if status in {READER_HAS_CLIENT, CLIENT_EXISTS}:
            raise self._occupied()
        if status != CONNECTED:
            raise DeviceFault(
                f"the reader at {self._address} refused the connection, status {status}"
            )

    def _occupied(self) -> DeviceFault:
        since = self._abandoned
        ago = LEFT_OVER if since is None else self._timing.monotonic() - since
        if ago < LEFT_OVER:
            return DeviceFault(
                f"the reader at {self._address} still holds this gateway's own connection, which "
                f"was given up {ago:.0f} s ago",
                cause=causes.LEFT_OVER,
            )
        return DeviceFault(
            f"another program is connected to the reader at {self._address}", cause=causes.OWNED
        )


def _attempt(message: Element) -> int | None:
    """Return the status of a ConnectionAttemptEvent, None for any other message."""
    for data in message.all("ReaderEventNotificationData"):
        event = data.first("ConnectionAttemptEvent")
        if event is not None:
            return event.number("status")
    return None
