"""One connection to an LLRP reader, from its greeting to our leave (LLRP 1.0.1, §15.2.5.13)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from drivers.driver import Health, Timing
from drivers.errors import BadFrame, DeviceFault, DriverError, WrongDevice
from drivers.links.link import Connect
from drivers.links.tcp import Address
from drivers.rfid.llrp import requests
from drivers.rfid.llrp.elements import Element, element
from drivers.rfid.llrp.exchange import Exchange, Heard

GREETING_WITHIN = 10.0  # s; a reader greets as soon as it accepted
LEAVE_WITHIN = 1.0  # s to turn the radio off

# ConnectionAttemptEvent
CONNECTED, READER_HAS_CLIENT, CLIENT_EXISTS, ANOTHER_TRIED = 0, 1, 2, 4


class Connection:
    """An open connection: `exchange` to ask the reader, `pump`, which ends when it breaks."""

    def __init__(
        self,
        exchange: Exchange,
        pump: asyncio.Task[None],
        greeting: asyncio.Future[int],
        address: Address,
    ) -> None:
        self.exchange = exchange
        self.pump = pump
        self._greeting = greeting
        self._address = address

    async def greeted(self) -> None:
        """Wait for the reader's word that we are its client; DriverError when we are not."""
        either: set[asyncio.Future[Any]] = {self._greeting, self.pump}
        await asyncio.wait(either, timeout=GREETING_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if not self._greeting.done():
            self._no_greeting()
        status = self._greeting.result()
        if status in {READER_HAS_CLIENT, CLIENT_EXISTS}:
            raise DeviceFault(
                f"another program is connected to the reader at {self._address}",
                advice="a reader serves one client: stop the other program, which the reader's "
                "own console names (`show network summary`); a connection left over from a crash "
                "ends by itself. The driver tries again until the reader is free",
            )
        if status != CONNECTED:
            raise DeviceFault(
                f"the reader at {self._address} refused the connection, status {status}"
            )

    def _no_greeting(self) -> None:
        """Raise the error for a device that did not greet."""
        error = self.pump.exception() if self.pump.done() else None
        if error is not None and not isinstance(error, BadFrame):
            raise error
        raise WrongDevice(
            f"what answers at {self._address} is not an LLRP reader",
            advice="check address and port: 5084 is LLRP, 5085 LLRP with TLS",
        )

    async def leave(self) -> None:
        """Turn the radio off and take leave, if the reader can still be told."""
        with contextlib.suppress(DriverError, TimeoutError):
            async with asyncio.timeout(LEAVE_WITHIN):
                await self.exchange.ask(element("DELETE_ROSPEC", id=requests.ROSPEC))
                await self.exchange.ask(element("CLOSE_CONNECTION"))

    async def end(self) -> None:
        """Listen no longer."""
        self.pump.cancel()
        with contextlib.suppress(asyncio.CancelledError, DriverError):
            await self.pump


@asynccontextmanager
async def connected(
    connect: Connect, address: Address, timing: Timing, health: Health, heard: Heard, silence: float
) -> AsyncIterator[Connection]:
    """Connect and be greeted; take leave and close at the end.

    `heard` gets what the reader says by itself; after `silence` seconds it counts as gone.
    """
    greeting: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def hear(message: Element, arrival: float) -> None:
        attempt = _attempt(message)
        if attempt is not None and not greeting.done():
            greeting.set_result(attempt)
        heard(message, arrival)

    link = await connect()
    try:
        exchange = Exchange(link, timing, health, hear, silence)
        connection = Connection(exchange, asyncio.create_task(exchange.run()), greeting, address)
        try:
            await connection.greeted()
            try:
                yield connection
            finally:
                await connection.leave()
        finally:
            await connection.end()
    finally:
        link.close()


def _attempt(message: Element) -> int | None:
    """Return the status of a ConnectionAttemptEvent, None for any other message."""
    for data in message.all("ReaderEventNotificationData"):
        event = data.first("ConnectionAttemptEvent")
        if event is not None:
            return event.number("status")
    return None
