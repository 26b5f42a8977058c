"""A serial UHF module's bytes as frames: what the families' exchanges have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from drivers.driver import Health, Timing
from drivers.errors import BadFrame, CommandTimeout, DriverError, LinkLost
from drivers.links.link import Link
from drivers.rfid import shown
from drivers.rfid.discards import Discards
from drivers.rfid.split import Split

QUIET = 0.15  # s without a byte after which a stopped module has said all
LONGEST_CHATTER = 1.0  # s an inventory may still talk after its stop

F = TypeVar("F")


class ModuleLink(Generic[F]):
    """One open link to a module; `split` finds its frames.

    `noise` is what came last that was no frame, empty since the last good one. What is thrown away
    is noted in `discards`.
    """

    def __init__(
        self,
        link: Link,
        timing: Timing,
        health: Health,
        discards: Discards,
        split: Callable[[bytes], Split[F]],
    ) -> None:
        self._link = link
        self._timing = timing
        self._health = health
        self._discards = discards
        self._split = split
        self._rest = b""
        self.noise = b""

    async def read(self, within: float) -> tuple[F, ...]:
        """Return the frames that the next bytes complete; none when nothing came in time."""
        try:
            data = await self._link.read(within)
        except LinkLost:
            self.drop_rest()
            raise
        found = self._split(self._rest + data)
        self._rest = found.rest
        self._note(found)
        if found.frames:
            self._health.count("frames", len(found.frames))
            self.noise = b""
        elif data:
            self.noise = data
        return found.frames

    def drop_rest(self) -> None:
        """Wait no longer for the end of a frame that has begun."""
        if self._rest:
            self._health.count("skipped bytes", len(self._rest))
            self._skip(f"{len(self._rest)} bytes of a frame without an end")
            self.noise, self._rest = self._rest, b""

    def _note(self, found: Split[F]) -> None:
        for what in found.lost:
            self._discards.lose(what, self._timing.monotonic())
        if found.skipped:
            self._health.count("skipped bytes", found.skipped)
            if not found.lost:
                self._skip("bytes outside a frame")

    def _skip(self, what: str) -> None:
        self._discards.skip(what, self._timing.monotonic())

    def unanswered(self, command: str) -> DriverError:
        """Return the error for a command whose answer did not come, or came damaged."""
        if self.noise:
            return BadFrame(
                f"the answer to the command {command} is not a frame: {shown.sample(self.noise)}"
            )
        return CommandTimeout(f"no answer to the command {command}")

    async def let_finish(self) -> None:
        """Let a module that was told to stop say its last words, and forget them."""
        until = self._timing.monotonic() + LONGEST_CHATTER
        while self._timing.monotonic() < until:
            if not await self._link.read(QUIET):
                return
