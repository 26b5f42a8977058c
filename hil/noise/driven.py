"""The real driver on a port of the noise bench."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from drivers import catalog
from drivers.driver import Host, Timer, Timing
from drivers.gnss import receiver
from drivers.links.link import Link
from drivers.reading import Reading
from foundation.options import settings_of


class EndOfLine(Exception):
    """The driver lost its port and waits to reopen it: there is no more."""


class Port(Link, Timing, Protocol):
    """Bytes, and the time that passes between them; `sleep` raises EndOfLine."""


class Talker:
    """What all ports here have in common."""

    async def write(self, data: bytes, within: float) -> None:
        """A receiver that only talks."""

    def close(self) -> None:
        """Nothing is open."""

    async def sleep(self, seconds: float) -> None:
        """End it."""
        raise EndOfLine

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """End it, too."""
        raise EndOfLine


async def readings(port: Port) -> AsyncGenerator[Reading, None]:
    """Yield all that the driver makes of what comes from `port`."""

    async def connect() -> Link:
        return port

    given = {"port": "noise", "interval": 0}
    settings = settings_of(receiver.Settings, catalog.check_options("gnss.nmea", given))
    driver = receiver.NmeaReceiver("noisy", settings, Host(port), connect)
    async with driver, aclosing(driver.readings()) as found:
        try:
            async for reading in found:
                yield reading
        except EndOfLine:
            return
