"""Where hosts are: their names are resolved, and remembered for when the name service dies."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

UNRESOLVED = "is not resolved"
WITHIN = 5.0  # s; resolv.conf(5): a name server has so long to answer before the next is asked


class Address(NamedTuple):
    """One address of a host, as a socket wants it."""

    family: int
    kind: int
    protocol: int
    address: tuple[Any, ...]


class Unresolved(OSError):
    """A name is not resolved, and was not before."""

    def __init__(self, host: str) -> None:
        super().__init__(f"the name {host} {UNRESOLVED}")


Resolve = Callable[[str, int], Awaitable[list[Address]]]
"""The addresses of a host's port; OSError where its name is not resolved."""


async def system_resolve(host: str, port: int) -> list[Address]:
    """Ask the machine's own resolver; it may take long."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Address(family, kind, protocol, at) for family, kind, protocol, _, at in found]


class Names:
    """Resolves, one question for a name at a time; what a name stood for last goes on counting.

    `unresolved` are the hosts whose newest question had no answer.
    """

    def __init__(self, resolve: Resolve = system_resolve, within: float = WITHIN) -> None:
        self._resolve = resolve
        self._within = within
        self._known: dict[tuple[str, int], list[Address]] = {}
        self._asked: dict[tuple[str, int], asyncio.Task[list[Address]]] = {}
        self.unresolved: set[str] = set()

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Return a host's addresses, those of before where none come in time; Unresolved."""
        place = host, port
        try:
            async with asyncio.timeout(self._within):
                self._known[place] = await asyncio.shield(self._question(place))
        except OSError:  # a TimeoutError is one
            self.unresolved.add(host)
            if place not in self._known:
                raise Unresolved(host) from None
        else:
            self.unresolved.discard(host)
        return self._known[place]

    @property
    def trouble(self) -> str:
        """Which names are not resolved, and what is used instead; empty where all are."""
        return "; ".join(map(self._told, sorted(self.unresolved)))

    def _told(self, host: str) -> str:
        known = next((found for (name, _), found in self._known.items() if name == host), None)
        used = f"its last address, {known[0].address[0]}, is used" if known else "no address known"
        return f"{host} {UNRESOLVED}, {used}"

    def _question(self, place: tuple[str, int]) -> asyncio.Task[list[Address]]:
        """Return the question under way, or a new one: a resolver's thread may wait for long."""
        asked = self._asked.get(place)
        if asked is None or asked.done():
            asked = asyncio.ensure_future(self._ask(*place))
            asked.add_done_callback(_heed)
            self._asked[place] = asked
        return asked

    async def _ask(self, host: str, port: int) -> list[Address]:
        return await self._resolve(host, port)


def _heed(asked: asyncio.Task[list[Address]]) -> None:
    """Take the error of a question that nobody waits for any more."""
    if not asked.cancelled():
        asked.exception()
