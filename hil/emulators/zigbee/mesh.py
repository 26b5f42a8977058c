"""The nodes of an emulated network: whose child each is, who is heard, who lets others in."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

from hil.emulators.zigbee.node import MAIN, REDUCED, Network, Node

COORDINATOR = "coordinator"
FIRST_ADDRESS = 0x1000
PARENT, CHILD, SIBLING = 0, 1, 2  # relationships of neighbours (R22 table 2-128)
A_PAGE = 3  # neighbours in one answer


class Mesh:
    """All nodes by name; `monotonic` gives seconds. The coordinator is no node of it."""

    def __init__(self, nodes: Iterable[Node], monotonic: Callable[[], float]) -> None:
        self.nodes: dict[str, Node] = {}
        self._monotonic = monotonic
        self.open_until = 0.0  # of the coordinator itself
        self.forgotten: set[str] = set()  # routers that the coordinator's own table lacks
        for node in nodes:
            self.add(node)

    def add(self, node: Node) -> None:
        """Let a node be within reach, which is of no network yet."""
        node.address = FIRST_ADDRESS + len(self.nodes)
        self.nodes[node.name] = node

    def named(self, name: str) -> Node:
        """Return a node; ValueError for none."""
        if name not in self.nodes:
            raise ValueError(f"no node {name!r}: a step `node {name} …` comes first")
        return self.nodes[name]

    def at(self, address: int) -> Node | None:
        """Return the node that has an address of the network."""
        found = (node for node in self.nodes.values() if node.address == address and node.network)
        return next(found, None)

    def with_ieee(self, ieee: bytes) -> Node | None:
        """Return the node with an address as it goes over the air."""
        return next((node for node in self.nodes.values() if node.ieee == ieee), None)

    def reaches(self, node: Node) -> bool:
        """Whether its frames reach the coordinator: it and all above it are alive and linked."""
        seen: set[str] = set()
        while node.alive and node.linked and node.network and node.name not in seen:
            if not node.parent or node.parent == COORDINATOR:
                return True
            seen.add(node.name)
            above = self.nodes.get(node.parent)
            if above is None:
                return False
            node = above
        return False

    def lets_in(self, parent: str) -> bool:
        """Whether a router, or the coordinator, lets nodes in now."""
        now = self._monotonic()
        if parent in {"", COORDINATOR}:
            return now < self.open_until
        router = self.named(parent)
        return router.router and router.alive and (router.stubborn or now < router.open_until)

    def permit(self, address: int, seconds: float) -> None:
        """Let nodes in for so long: at one router, the coordinator (0), or at all (0xFFFC)."""
        until = self._monotonic() + seconds
        if address in {0x0000, 0xFFFC}:
            self.open_until = until
        for node in self.nodes.values():
            if node.router and address in {node.address, 0xFFFC}:
                node.open_until = until

    def orphans(self, of: Node) -> list[Node]:
        """Return the nodes that are children of a node."""
        return [node for node in self.nodes.values() if node.parent == of.name and node.network]

    def new_parent(self, node: Node) -> str:
        """Return whose child a node becomes that lost its parent."""
        routers = (
            each.name
            for each in self.nodes.values()
            if each.router and each is not node and each.name != node.parent and self.reaches(each)
        )
        return next(routers, COORDINATOR)

    def neighbours(self, of: Node | None, first: int) -> bytes:
        """Return a page of the neighbour table of a router, or of the coordinator (None)."""
        table = list(self._neighbours(of))
        page = table[first : first + A_PAGE]
        return bytes([0, len(table), first, len(page)]) + b"".join(page)

    def _neighbours(self, of: Node | None) -> Iterator[bytes]:
        mine = COORDINATOR if of is None else of.name
        for node in self.nodes.values():
            if node is of or not node.network or not node.alive:
                continue
            child = (node.parent or COORDINATOR) == mine
            known = of is not None or node.name not in self.forgotten
            if (child or node.router) and known:
                yield _neighbour(node, node.network, CHILD if child else SIBLING)


def _neighbour(node: Node, network: Network, relation: int) -> bytes:
    kind = MAIN if node.router else REDUCED
    listens = 0x04 if node.router else 0x00
    head = network[1] + node.ieee + struct.pack("<H", node.address)
    return head + bytes([kind | listens | relation << 4, 0x02, 1, node.lqi])
