"""Whether packets pass through a modem's data call: a TCP connection to an address, and closed.

An answer of any kind counts, a refusal too: it came through. One costs about 200 bytes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from foundation.reach import unreached

WITHIN = 10.0  # s; a GSM call takes one or two to answer

Connects = Callable[[str, int], Awaitable[bool]]
"""Whether a host's port answers."""


def through(interface: str) -> Connects:
    """Return what asks through one network interface, by whatever way the machine has for `""`."""

    async def connects(host: str, port: int) -> bool:
        return not await unreached(host, port, interface, WITHIN)

    return connects


def addresses(text: str) -> tuple[tuple[str, int], ...]:
    """Return `HOST:PORT, HOST:PORT` as pairs; hosts are numbers, as names may not be known."""
    pairs = (each.strip().rpartition(":") for each in text.split(",") if each.strip())
    return tuple((host.strip("[]"), int(port)) for host, _, port in pairs)


class Probe:
    """Asks `targets` once in `every` seconds, one after the other until one answers."""

    def __init__(
        self, targets: Sequence[tuple[str, int]], every: float, connects: Connects
    ) -> None:
        self._targets = targets
        self._every = every
        self._connects = connects
        self._due = 0.0
        self._newest: bool | None = None

    async def passes(self, now: float) -> bool | None:
        """Return whether packets pass, by the newest probe; None where nothing is to be asked."""
        if self._targets and now >= self._due:
            self._due = now + self._every
            self._newest = await self._any()
        return self._newest

    @property
    def targets(self) -> int:
        """How many are asked."""
        return len(self._targets)

    def forget(self) -> None:
        """Ask anew as soon as there is a call: another one may have begun."""
        self._due, self._newest = 0.0, None

    async def _any(self) -> bool:
        for host, port in self._targets:
            if await self._connects(host, port):
                return True
        return False
