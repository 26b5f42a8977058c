"""Keeps the way to the ledger: probes the interfaces, and tells connections when it changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from agent.config.ways import Way
from agent.upstream.ways import Choice, every
from drivers.driver import Timing
from foundation.addresses import Names
from foundation.reach import GONE

LOOK = 1.0  # s between looks at whether a probe is due
WITHIN = 5.0  # s that a probe may take
PROBE_BYTES = 280  # five packets of TCP over IPv4: SYN, SYN ACK, ACK and a FIN each way
SECONDS_PER_DAY = 86_400

Unreached = Callable[[str, int, str, float], Awaitable[str]]
"""Why an address is not reached through an interface in so many seconds, or nothing."""

Moved = Callable[[str, str, str], None]
"""Hears of a change: from which interface, to which, and why."""

Spent = Callable[[int, Way], None]
"""Hears what a probe cost, in bytes, and of which way."""

Explain = Callable[[str], Awaitable[str]]
"""What the machine's own manager of connections says of an interface that leads nowhere."""


async def nobody_explains(interface: str) -> str:
    """Say nothing."""
    del interface
    return ""


_ENDPOINT = re.compile(r"tcp://\[?(?P<host>[^\]]+?)\]?:(?P<port>\d+)")


def standby_bytes(way: Way) -> int:
    """Return what a way costs in a day on which it only stands by."""
    return round(SECONDS_PER_DAY / every(way)) * PROBE_BYTES


class WayKeeper:
    """The route of all connections to the nodes, of which the one at `endpoint` is probed.

    `spend` hears of the probes of metered ways.
    """

    def __init__(
        self,
        given: Sequence[Way],
        endpoint: str,
        timing: Timing,
        unreached: Unreached,
        moved: Moved,
        spend: Spent,
        names: Names | None = None,
        explain: Explain = nobody_explains,
    ) -> None:
        place = _ENDPOINT.fullmatch(endpoint)
        assert place is not None, "configurations are checked before"
        self.choice = Choice(given)
        self.names = names or Names()
        self._interfaces = [way.interface for way in given]  # of each way the one that is there
        self._host, self._port = place["host"], int(place["port"])
        self._timing = timing
        self._unreached = unreached
        self._moved = moved
        self._spend = spend
        self._explain = explain
        self.explained = [""] * len(given)  # what the machine's own manager says of a dead way
        self._followers: set[Callable[[], None]] = set()

    @property
    def interface(self) -> str:
        """See `Route.interface`."""
        return self._interfaces[self.choice.current]

    @property
    def interfaces(self) -> Sequence[str]:
        """Of each way the interface that leads there."""
        return self._interfaces

    def follow(self, moved: Callable[[], None]) -> Callable[[], None]:
        """See `Route.follow`."""
        self._followers.add(moved)
        return lambda: self._followers.discard(moved)

    def doubt(self) -> None:
        """See `Route.doubt`."""
        self.choice.doubt(self._timing.monotonic())

    async def run(self) -> None:
        """Probe what is due, for ever."""
        while True:
            due = self.choice.due(self._timing.monotonic())
            await asyncio.gather(*(self._probe(index) for index in due))
            await self._timing.sleep(LOOK)

    async def _probe(self, index: int) -> None:
        there, trouble = await self._answering(index)
        before, before_way = self.interface, self.choice.current  # others are probed meanwhile
        self._interfaces[index] = there
        self.choice.probed(index, trouble, self._timing.monotonic())
        if self.interface != before:
            for moved in tuple(self._followers):
                moved()
            self._moved(before, self.interface, self._reason(before, before_way))
        self.explained[index] = await self._explain(there) if trouble else ""

    async def _answering(self, index: int) -> tuple[str, str]:
        """Probe a way, through one of its interfaces after the other until one answers.

        Returns that interface, or the last that did, and why none does now.
        """
        way, troubles = self.choice.ways[index], list[str]()
        for interface in self._in_turn(index):
            trouble = await self._unreached(self._host, self._port, interface, WITHIN)
            if way.metered and trouble != GONE:
                self._spend(PROBE_BYTES, way)
            if not trouble:
                return interface, ""
            troubles.append(trouble)
        trouble = next((each for each in troubles if each != GONE), GONE)
        return self._interfaces[index], trouble

    def _in_turn(self, index: int) -> list[str]:
        """Return the interfaces of a way, the one that answered last first."""
        last = self._interfaces[index]
        others = (each for each in self.choice.ways[index].interfaces if each != last)
        return [last, *others]

    def _reason(self, before: str, way: int) -> str:
        if way == self.choice.current:
            return f"{before} is another interface of the same SIM card"
        trouble = self.choice.conditions[way].trouble
        return f"{before}: {trouble}" if trouble else f"{self.interface} answers again"
