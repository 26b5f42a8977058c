"""What emulated coordinator sticks have in common: a network of nodes around them, and a story.

A subclass speaks its maker's protocol; what happens on the air is the same for all.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.serial.device import SerialModule
from hil.emulators.serial.pty_port import PtyPort, Unplugged
from hil.emulators.zigbee import node_answers
from hil.emulators.zigbee.mesh import COORDINATOR, Mesh
from hil.emulators.zigbee.node import Network, Node, node
from hil.emulators.zigbee.reporters import Reporters
from hil.emulators.zigbee.story import Story

ON_AIR = 0.003  # s that a frame takes to a node and its answer back
PATIENCE = 2.0  # s to wait for a host that reads slowly
CHANNELS = 0x07FFF800  # 11 to 26, as a mask
ANNOUNCED_ROUTER, ANNOUNCED_NODE = 0x8E, 0x80  # capabilities in an announcement (R22 §2.3.2.3.6)


class CoordinatorStick(SerialModule):
    """A coordinator on a pty, at 115,200 baud; its settings are told of with its subclasses."""

    MAKER = b"\0\0"  # the maker's code in its node descriptor, as it goes over the air

    def __init__(
        self,
        link: str | Path | None,
        nodes: Iterable[Mapping[str, Any]],
        scenario: str | Path | None,
        noise: float,
        pace: float,
        seed: int,
    ) -> None:
        super().__init__(PtyPort(link, 115200, PATIENCE))
        self.mesh = Mesh(map(node, nodes), time.monotonic)
        self.noise = noise
        self.frozen = False
        self.lost = 0  # frames of nodes that nobody heard
        self.counts: dict[int, int] = {}  # how often each command came
        self.keys: dict[bytes, bytes] = {}  # of nodes that come with an install code
        self.codes_only = False  # whether nobody joins without such a key
        self._endpoints: dict[int, bytes] = {}  # number → simple descriptor
        self._rng = random.Random(seed)
        self._pace = pace
        self._out: asyncio.Queue[bytes] = asyncio.Queue()
        self._reporters = Reporters(self.report, pace)
        self.story = Story(self, None if scenario is None else Path(scenario), pace)

    @property
    @abstractmethod
    def network(self) -> Network | None:
        """The network that it runs now; None while it runs none."""

    @abstractmethod
    def next_counter(self) -> int:
        """Count a frame that is sent; return its number, which receivers want to rise."""

    @abstractmethod
    def enter(self, there: Node, *, child: bool) -> bool:
        """Put a node that joins into the stick's tables; False where there is no room."""

    @abstractmethod
    def hand_up(self, there: Node, cluster: int, frame: bytes, after: float) -> None:
        """Give the host a frame of a node's endpoint 1."""

    @abstractmethod
    def hand_up_zdo(self, address: int, cluster: int, tsn: int, data: bytes, after: float) -> None:
        """Give the host an answer of the device profile."""

    @abstractmethod
    def announce(self, there: Node, *, again: bool) -> None:
        """Tell the host that a node joined, or came back `again`."""

    @abstractmethod
    def tell_left(self, there: Node, after: float) -> None:
        """Tell the host that a node left."""

    @abstractmethod
    def restart(self) -> None:
        """Start anew by itself, as a watchdog makes it, and say so."""

    @abstractmethod
    def save(self) -> None:
        """Write the stick's memory to its file, where there is one."""

    def power_on(self) -> None:
        """Forget what is not in the memory."""
        self.keys, self.codes_only, self._endpoints = {}, False, {}
        while not self._out.empty():
            self._out.get_nowait()

    def unplug(self) -> None:
        """See SerialDevice; the memory is in its file from now on."""
        super().unplug()
        self.save()

    async def live(self) -> None:
        """Answer, transmit, and let the story happen; nodes that were told to report go on."""
        for there in self.mesh.nodes.values():
            self._reporters.follow(there)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(super().live())
                tasks.create_task(self.story.run())
        finally:
            self._reporters.end()

    async def transmit(self) -> None:
        """Send what comes over the air."""
        while True:
            await self._put(await self._out.get())

    async def _put(self, data: bytes) -> None:
        if not self.frozen:
            with contextlib.suppress(Unplugged):
                await self.port.write(data)

    def tell(self, *words: str) -> None:
        """Take one step of a story now: `kill IEEE`; ValueError says what about it cannot be."""
        self.story.tell(f"0 {' '.join(words)}")

    def deliver(self, address: int) -> Node | None:
        """Return the node that gets a frame which is sent to an address now, or None."""
        there = self.mesh.at(address)
        if there is None or not self.mesh.reaches(there) or self._drowned():
            return None
        return there if there.hears(self.network, self.next_counter()) else None

    def ask(self, there: Node, cluster: int, frame: bytes) -> None:
        """Let a node answer a ZCL frame that it got."""
        asked = dict(there.reporting)
        told = node_answers.zcl(there, cluster, frame)
        if told is not None:
            self.hear(there, cluster, told, after=ON_AIR + self.nap(there))
        if there.reporting != asked:
            self._reporters.follow(there)

    def nap(self, there: Node) -> float:
        """Return the seconds until a sleepy node asks its parent for what waits there."""
        return 0.0 if there.router else there.poll / self._pace

    def _drowned(self) -> bool:
        return self.noise > 0.0 and self._rng.random() * 100 < self.noise

    def ask_zdo(self, address: int, cluster: int, data: bytes) -> bool:
        """Ask a node, or the stick itself (0), of the device profile; False if it does not hear."""
        tsn, question = data[0], data[1:]
        if address == 0:
            told = self._own_zdo(cluster, question)
            self.hand_up_zdo(0, cluster | 0x8000, tsn, told, ON_AIR)
            return True
        there = self.deliver(address)
        if there is None:
            return False
        if cluster == node_answers.NEIGHBOURS:
            told = self.mesh.neighbours(there, question[0])
        else:
            told = node_answers.zdo(there, cluster, question)
        self.hand_up_zdo(address, cluster | 0x8000, tsn, told, ON_AIR + self.nap(there))
        if cluster == node_answers.LEAVE:
            self._told_to_leave(there, question[:8])
        if cluster == node_answers.PERMIT:
            self.permit(address, question[0])
        return True

    def permit(self, address: int, seconds: float) -> None:
        """Let nodes join for so long; see Mesh."""
        self.mesh.permit(address, seconds / self._pace)

    def _own_zdo(self, cluster: int, question: bytes) -> bytes:
        """Return what the coordinator answers about itself."""
        match cluster:
            case node_answers.NODE_DESC:
                rest = bytes([0x52, 0x52, 0, 1, 0x2C, 0x52, 0, 0])
                return b"\0\0\0" + bytes([0, 0x40, 0x8F]) + self.MAKER + rest
            case node_answers.ENDPOINTS:
                return b"\0\0\0" + bytes([len(self._endpoints), *sorted(self._endpoints)])
            case node_answers.SIMPLE_DESC:
                described = self._endpoints.get(question[2], bytes(8))
                return b"\0\0\0" + bytes([len(described)]) + described
            case node_answers.NEIGHBOURS:
                return self.mesh.neighbours(None, question[0])
            case node_answers.SCAN:
                energies = bytes(40 + self._rng.randrange(20) for _ in range(16))
                return b"\0" + CHANNELS.to_bytes(4, "little") + bytes([0, 0, 0, 0, 16]) + energies
        return b"\0"

    def _told_to_leave(self, there: Node, who: bytes) -> None:
        leaver = there if who == bytes(8) else self.mesh.with_ieee(who)
        if leaver is not None:
            self.leave(leaver, after=2 * ON_AIR + self.nap(leaver))

    def hear(self, there: Node, cluster: int, frame: bytes, *, after: float = 0.0) -> None:
        """Let a node's frame come in, if it reaches the stick and is of its network."""
        network = self.network
        of_ours = network is not None and network == there.network
        if not of_ours or not self.mesh.reaches(there) or self._drowned():
            self.lost += 1
            return
        self.hand_up(there, cluster, frame, after)

    def join(self, there: Node, via: str) -> bool:
        """Let a node join through a router; False where none lets it in."""
        network = self.network
        if network is None or not self.mesh.lets_in(via) or not self.admits(there, via):
            return False
        child = via in {"", COORDINATOR}
        if not self.enter(there, child=child):
            return False
        there.network, there.parent, there.counter = network, "" if child else via, 0
        self.announce(there, again=False)
        return True

    def admits(self, there: Node, via: str) -> bool:
        """Whether the trust centre has a key with which a node can join."""
        key = self.keys.get(there.ieee)
        return key == there.link_key if there.link_key or key else not self.codes_only

    def rejoin(self, there: Node, parent: str) -> None:
        """Let a node of the network take another parent, and say so."""
        there.parent = "" if parent == COORDINATOR else parent
        network = self.network
        if self.mesh.reaches(there) and network is not None and network == there.network:
            self.announce(there, again=True)

    def above(self, there: Node) -> int:
        """Return the network address of a node's parent."""
        parent = self.mesh.nodes.get(there.parent)
        return parent.address if parent else 0

    def leave(self, there: Node, *, after: float = 0.0) -> None:
        """Let a node leave the network."""
        if there.network is not None:
            there.network, there.reporting = None, {}
            self.tell_left(there, after or ON_AIR)

    def bury(self, there: Node) -> None:
        """Let a node be dead: its children look for another parent, if they are of that kind."""
        there.alive = False
        for child in self.mesh.orphans(there):
            if child.moves:
                self.rejoin(child, self.mesh.new_parent(child))

    def report(self, there: Node, cluster: int) -> None:
        """Let a node report what it measures of a cluster."""
        numbers = [number for of, number in there.reporting if of == cluster]
        if numbers:
            self.hear(there, cluster, there.report(cluster, numbers))

    def emit(self, frame: bytes, after: float = 0.0) -> None:
        """Let bytes go to the host, perhaps after a while."""
        if after:
            asyncio.get_running_loop().call_later(after, self._out.put_nowait, frame)
        else:
            self._out.put_nowait(frame)


def announcement(there: Node) -> bytes:
    """Return what a node announces of itself, without a transaction number."""
    kind = ANNOUNCED_ROUTER if there.router else ANNOUNCED_NODE
    return there.address.to_bytes(2, "little") + there.ieee + bytes([kind])
