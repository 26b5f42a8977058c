"""A board on SPI: a chip behind an emulated `/dev/spidevB.D`, with its supply and its faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hil.emulators.bus.spi_node import SpiChip, SpiNode
from hil.emulators.choices import chosen


class Supplied(Protocol):
    """A chip as its supply sees it."""

    def power_on(self) -> None:
        """Forget everything, as after a loss of supply."""
        ...

    def faults(self) -> dict[str, Callable[[], None]]:
        """Return what can go wrong, by name."""
        ...


class SpiBoard:
    """A board that can be plugged: SPI sees `face` of what has the supply, `supplied`."""

    model: str
    """What a person calls it, with the article."""

    def __init__(self, link: str | Path, face: SpiChip, supplied: Supplied) -> None:
        self.node = SpiNode(link, face)
        self._supplied = supplied

    @property
    def where(self) -> str:
        """The socket that the shim connects to."""
        return self.node.where

    def plug(self) -> None:
        """Give the board its supply; the bus appears with it the first time."""
        self.node.plug()
        self.supply()

    def supply(self) -> None:
        """Give the board its supply; nothing happens when it has it."""
        if not self.node.powered:
            self._supplied.power_on()
        self.node.powered = True

    def unplug(self) -> None:
        """Pull the board off: its data line floats."""
        self.node.powered = False

    def fault(self, kind: str) -> None:
        """`hang`: transfers never end; `clear`: they do again. Other kinds are the chip's own."""
        own = {"hang": self.node.hang, "clear": self.node.go_on}
        chosen(own | self._supplied.faults(), kind, f"{self.model} has no fault")()

    async def run(self) -> None:
        """Plug in and serve until cancelled."""
        self.plug()
        await self.node.run()
