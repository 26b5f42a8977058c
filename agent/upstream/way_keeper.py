"""Keeps the way to the ledger: probes the interfaces, and tells connections when it changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from agent.config.ways import Way
from agent.upstream.ways import Choice
from drivers.driver import Timing

LOOK = 1.0  # s between looks at whether a probe is due
WITHIN = 5.0  # s that a probe may take
PROBE_BYTES = 280  # five packets of TCP over IPv4: SYN, SYN ACK, ACK and a FIN each way

Unreached = Callable[[str, int, str, float], Awaitable[str]]
"""Why an address is not reached through an interface in so many seconds, or nothing."""

Moved = Callable[[str, str, str], None]
"""Hears of a change: from which interface, to which, and why."""

_ENDPOINT = re.compile(r"tcp://\[?(?P<host>[^\]]+?)\]?:(?P<port>\d+)")


class WayKeeper:
    """The route of all connections to the nodes, of which the one at `endpoint` is probed.

    `spend` hears what probes of metered ways cost, in bytes.
    """

    def __init__(
        self,
        given: Sequence[Way],
        endpoint: str,
        timing: Timing,
        unreached: Unreached,
        moved: Moved,
        spend: Callable[[int], None],
    ) -> None:
        place = _ENDPOINT.fullmatch(endpoint)
        assert place is not None, "configurations are checked before"
        self.choice = Choice(given)
        self._host, self._port = place["host"], int(place["port"])
        self._timing = timing
        self._unreached = unreached
        self._moved = moved
        self._spend = spend
        self._followers: set[Callable[[], None]] = set()

    @property
    def interface(self) -> str:
        """See `Route.interface`."""
        return self.choice.interface

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
        before = self.choice.interface
        way = self.choice.ways[index]
        trouble = await self._unreached(self._host, self._port, way.interface, WITHIN)
        if way.metered:
            self._spend(PROBE_BYTES)
        if not self.choice.probed(index, trouble, self._timing.monotonic()):
            return
        for moved in tuple(self._followers):
            moved()
        self._moved(before, self.choice.interface, self._reason(before))

    def _reason(self, before: str) -> str:
        names = [way.interface for way in self.choice.ways]
        trouble = self.choice.conditions[names.index(before)].trouble
        return f"{before}: {trouble}" if trouble else f"{self.interface} answers again"
