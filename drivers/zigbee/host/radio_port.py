"""What the keeper of a network asks of a coordinator; `zigpy_radio.ZigpyRadio` is one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.zigbee.host.book import KnownNode, Network
from drivers.zigbee.host.node_watch import Incoming


class Listener(Protocol):
    """Who is told what comes from the network."""

    def frame(self, frame: Incoming) -> None:
        """Take a frame of a node of the network."""
        ...

    def unknown(self, address: int) -> None:
        """Hear that a frame came from a network address that is nobody's; it is being asked."""
        ...

    def may_join(self, ieee: str, address: int) -> bool:
        """Tell whether a node that joined may stay."""
        ...

    def denied(self, ieee: str) -> None:
        """Hear that the stick itself denied a node that wanted to join or to come back."""
        ...

    def parent(self, ieee: str, parent: int) -> None:
        """Hear that a node joined or came back through the router with that address."""
        ...

    def moved(self, ieee: str, address: int) -> None:
        """Hear that a node has that address from now on."""
        ...

    def interviewed(self, ieee: str) -> None:
        """Hear that a node told all of itself."""
        ...

    def left(self, ieee: str) -> None:
        """Hear that a node left."""
        ...

    def lost(self, error: BaseException | None) -> None:
        """Hear that the stick is gone, or says nothing any more."""
        ...


class StartedAnew(Exception):
    """A stick was reset, and not by us; the text says what it said of that."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One line of a router's neighbour table."""

    ieee: str
    address: int
    child: bool
    lqi: int


class Radio(Protocol):
    """One open stick; everything asked of it raises DriverError where it does not do it."""

    @property
    def own(self) -> str:
        """The coordinator's IEEE address."""
        ...

    def name_of(self, address: int) -> str:
        """Return the IEEE address of who has a network address; empty for nobody known."""
        ...

    def describe(self, ieee: str) -> KnownNode:
        """Return what a node told of itself in its interview."""
        ...

    def interview(self, ieee: str) -> None:
        """Ask a node anew what it is, unless it is being asked."""
        ...

    async def network(self, *, devices: bool = True) -> Network | None:
        """Return what the stick has of its network, with its tables of nodes; None for nothing."""
        ...

    async def form(self) -> None:
        """Make a new network on the stick; what was on it is gone."""
        ...

    async def hush(self) -> None:
        """Let the stick be off the air until `start`: some are on it once they were asked."""
        ...

    async def write(self, network: Network, *, burn: bool) -> None:
        """Write a network onto the stick, its frame counter ahead of the last one kept.

        Some sticks take another coordinator's address once only, and for good: those need `burn`.
        """
        ...

    async def start(self, nodes: Iterable[KnownNode]) -> None:
        """Start the network with its nodes as they are known; none may join."""
        ...

    async def permit(self, seconds: int, via: str | None) -> None:
        """Let nodes join for at most 254 s, at all routers or at one; 0 closes all."""
        ...

    async def only(self, ieee: str, code: bytes) -> None:
        """Let nobody join but the node that has this install code, until `anyone`."""
        ...

    async def anyone(self) -> None:
        """Let nodes join without a code, when the network is open."""
        ...

    async def remove(self, ieee: str) -> bool:
        """Tell a node to leave, and forget it; False where it did not hear."""
        ...

    async def neighbours(self, ieee: str) -> list[Neighbour]:
        """Return the neighbour table of a router or of the coordinator."""
        ...

    async def zone_type(self, ieee: str) -> int | None:
        """Return what kind of zone a node watches; None where it watches none, or does not say."""
        ...

    async def configure(self, ieee: str, interval: float) -> list[str]:
        """Tell a node how often to report; return what it did not take, in words."""
        ...

    async def close(self) -> None:
        """Let go of the stick, whatever state it is in."""
        ...


Open = Callable[[Listener], Coroutine[Any, Any, Radio]]
"""Opens a stick, which tells the listener from then on."""
