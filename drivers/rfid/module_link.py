"""A serial UHF module's bytes as frames: what the families' exchanges have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from drivers.driver import Health, Timing
from drivers.links.link import Link
from drivers.rfid.split import Split

QUIET = 0.15  # s without a byte after which a stopped module has said all
LONGEST_CHATTER = 1.0  # s an inventory may still talk after its stop

F = TypeVar("F")


class ModuleLink(Generic[F]):
    """One open link to a module; `split` finds its frames.

    `noise` is whether bytes came that were no frames since the last good one.
    """

    def __init__(
        self, link: Link, timing: Timing, health: Health, split: Callable[[bytes], Split[F]]
    ) -> None:
        self._link = link
        self._timing = timing
        self._health = health
        self._split = split
        self._rest = b""
        self.noise = False

    async def read(self, within: float) -> tuple[F, ...]:
        """Return the frames that the next bytes complete; none when nothing came in time."""
        data = await self._link.read(within)
        found = self._split(self._rest + data)
        self._rest = found.rest
        if found.skipped:
            self._health.count("skipped bytes", found.skipped)
        if found.frames:
            self._health.count("frames", len(found.frames))
            self.noise = False
        else:
            self.noise = self.noise or bool(data)
        return found.frames

    async def let_finish(self) -> None:
        """Let a module that was told to stop say its last words, and forget them."""
        until = self._timing.monotonic() + LONGEST_CHATTER
        while self._timing.monotonic() < until:
            if not await self._link.read(QUIET):
                return
