"""An emulated Z-Stack stick (CC2652 or CC2531) with a network of nodes around it, on a pty."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.choices import chosen
from hil.emulators.serial.device import Command, SerialModule
from hil.emulators.serial.pty_port import PtyPort, Unplugged
from hil.emulators.zigbee import node_answers, unpi
from hil.emulators.zigbee.mesh import COORDINATOR, Mesh
from hil.emulators.zigbee.node import POWER, Node, node
from hil.emulators.zigbee.nvram import VARIANTS, Nvram
from hil.emulators.zigbee.story import Story
from hil.emulators.zigbee.znp_memory import Memory

ON_AIR = 0.003  # s that a frame takes to a node and its answer back
FIRMWARE = 20240710  # a build of Z-Stack 3.x.0
SUCCESS, NO_ROUTE = 0x00, 0xCD
BROADCASTS = {0xFFFC, 0xFFFD, 0xFFFF}
UNICAST = 2  # address mode of AF.DataRequestExt
ANNOUNCE = 0x0013
SCAN = 0x0038
STARTED = 9  # device state: coordinator
PATIENCE = 2.0  # s to wait for a host that reads slowly


class ZnpStick(SerialModule):
    """A Z-Stack stick with a network of nodes, on a pty.

    `variant` is cc2652 or cc2531, `ieee` its address; its memory lives in the file `nvram`, if one
    is given. `nodes` are tables of node settings, all within reach and of no network; `scenario` is
    the path of a story. Of a hundred frames on the air `noise` are lost, drawn from `seed`. Time
    goes by `pace` times as fast.
    """

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        variant: str = "cc2652",
        ieee: bytes = bytes.fromhex("00124B0000000001"),
        nvram: str | Path | None = None,
        nodes: Iterable[Mapping[str, Any]] = (),
        scenario: str | Path | None = None,
        noise: float = 0.0,
        pace: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(PtyPort(link, 115200, PATIENCE))
        kind = chosen(VARIANTS, variant, "no Z-Stack stick is a")
        self.nvram = Nvram(kind, ieee[::-1], None if nvram is None else Path(nvram))
        self.mesh = Mesh(map(node, nodes), time.monotonic)
        self.noise = noise
        self.frozen = False
        self.lost = 0  # frames of nodes that nobody heard
        self.counts: dict[int, int] = {}  # how often each command came
        self._memory = Memory(self.nvram)
        self._rng = random.Random(seed)
        self._pace = pace
        self._started = False
        self._endpoints: dict[int, bytes] = {}
        self._out: asyncio.Queue[bytes] = asyncio.Queue()
        self._reporters: dict[tuple[str, int], asyncio.TimerHandle] = {}
        self.story = Story(self, None if scenario is None else Path(scenario), pace)

    def power_on(self) -> None:
        """Forget what is not in the memory."""
        self._started, self._endpoints = False, {}
        while not self._out.empty():
            self._out.get_nowait()

    def unplug(self) -> None:
        """See SerialDevice; the memory is in its file from now on."""
        super().unplug()
        self.nvram.save()

    async def live(self) -> None:
        """Answer, transmit, and let the story happen; nodes that were told to report go on."""
        for there in self.mesh.nodes.values():
            self._report_later(there)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(super().live())
                tasks.create_task(self.story.run())
        finally:
            for waiting in self._reporters.values():
                waiting.cancel()

    async def transmit(self) -> None:
        """Send what comes over the air."""
        while True:
            data = await self._out.get()
            if not self.frozen:
                with contextlib.suppress(Unplugged):
                    await self.port.write(data)

    def commands(self, data: bytes) -> tuple[list[Command], bytes]:
        """See SerialModule."""
        return unpi.frames(data)

    async def obey(self, code: int, payload: bytes) -> None:
        """See SerialModule."""
        if self.frozen:
            return
        self.counts[code] = self.counts.get(code, 0) + 1
        told = self._memory.answer(code, payload)
        if told is None:
            told = self._answer(code, payload)
        if told is not None:
            await self.port.write(unpi.answer(code, told))
        self._follow(code, payload)

    def _answer(self, code: int, data: bytes) -> bytes | None:
        """Return what answers a command at once; None where nothing does."""
        variant = self.nvram.variant
        if code in SILENT:
            return None
        told = {
            unpi.PING: struct.pack("<H", variant.capabilities),
            unpi.VERSION: bytes([2, variant.product, 2, 7, 1])
            + struct.pack("<IBI", FIRMWARE, 0, 0),
            unpi.FIND_NEIGHBOUR: b"\xfe\xff" + bytes(variant.neighbour - 2),
            unpi.NEIGHBOUR_OF: b"\xfe\xff" + bytes(variant.neighbour - 2),
            unpi.SET_TX_POWER: b"\0" if variant.tables else data[:1],
        }
        if code in told:
            return told[code]
        if code in KNOWN:
            return b"\0"
        self._emit(unpi.RPC_ERROR, bytes([unpi.UNKNOWN_COMMAND]) + code.to_bytes(2))
        return None

    def _follow(self, code: int, data: bytes) -> None:
        """Do what a command is about, after its answer."""
        match code:
            case unpi.RESET:
                self.nvram.start()
                self._started, self._endpoints = False, {}
                self._emit(unpi.RESET_DONE, bytes([0, 2, self.nvram.variant.product, 2, 7, 1]))
            case unpi.START:
                self._start()
            case unpi.AF_REGISTER:
                self._endpoints[data[0]] = data
            case unpi.PERMIT:
                address = int.from_bytes(data[1:3], "little")
                self.mesh.permit(address, data[3] / self._pace)
                asked = address if address not in BROADCASTS else 0
                self._emit(unpi.PERMIT_ANSWER, struct.pack("<HB", asked, SUCCESS))
            case unpi.AF_SEND:
                self._send(data)

    def tell(self, *words: str) -> None:
        """Take one step of a story now: `kill IEEE`; ValueError says what about it cannot be."""
        self.story.tell(f"0 {' '.join(words)}")

    def _start(self) -> None:
        pan = self._rng.randrange(1, 0xFFF0)
        self.nvram.form(pan, self._rng.randbytes(8), 15)
        self._started = True
        self._emit(unpi.STATE, bytes([STARTED]))
        self._emit(unpi.COMMISSIONING, bytes([SUCCESS, 2, 0]))

    def _emit(self, code: int, data: bytes, after: float = 0.0) -> None:
        frame = unpi.frame(code, data)
        if after:
            asyncio.get_running_loop().call_later(after, self._out.put_nowait, frame)
        else:
            self._out.put_nowait(frame)

    def _send(self, data: bytes) -> None:
        """Let a frame go to a node, to all, or to the stick itself."""
        mode, address, endpoint = data[0], int.from_bytes(data[1:3], "little"), data[9]
        own, cluster, tsn = data[12], int.from_bytes(data[13:15], "little"), data[15]
        frame = data[20 : 20 + int.from_bytes(data[18:20], "little")]
        if mode != UNICAST or not self._started:
            return
        if endpoint == 0:
            self._ask_zdo(address, cluster, frame)
            return
        there = self._deliver(address)
        status = NO_ROUTE if there is None else SUCCESS
        self._emit(unpi.CONFIRM, bytes([status, own, tsn]), ON_AIR)
        if there is not None:
            asked = dict(there.reporting)
            told = node_answers.zcl(there, cluster, frame)
            if told is not None:
                self.hear(there, cluster, told, after=ON_AIR + self._nap(there))
            if there.reporting != asked:
                self._report_later(there)

    def _deliver(self, address: int) -> Node | None:
        """Return the node that gets a frame which is sent to an address now, or None."""
        there = self.mesh.at(address)
        if there is None or not self.mesh.reaches(there) or self._drowned():
            return None
        return there if there.hears(self.nvram.network, self.nvram.next_counter()) else None

    def _nap(self, there: Node) -> float:
        """Return the seconds until a sleepy node asks its parent for what waits there."""
        return 0.0 if there.router else there.poll / self._pace

    def _drowned(self) -> bool:
        return self.noise > 0.0 and self._rng.random() * 100 < self.noise

    def _ask_zdo(self, address: int, cluster: int, data: bytes) -> None:
        tsn, question = data[0], data[1:]
        if address == 0:
            told = self._own_zdo(cluster, question)
            self._emit_zdo(address, cluster | 0x8000, tsn, told, ON_AIR)
            return
        there = self._deliver(address)
        if there is None:
            return
        if cluster == node_answers.NEIGHBOURS:
            told = self.mesh.neighbours(there, question[0])
        else:
            told = node_answers.zdo(there, cluster, question)
        self._emit_zdo(address, cluster | 0x8000, tsn, told, ON_AIR + self._nap(there))
        if cluster == node_answers.LEAVE:
            self._told_to_leave(there, question[:8])

    def _emit_zdo(self, address: int, cluster: int, tsn: int, data: bytes, after: float) -> None:
        head = struct.pack("<HBHBBH", address, 0, cluster, 0, tsn, 0)
        self._emit(unpi.ZDO_INCOMING, head + data, after)

    def _own_zdo(self, cluster: int, question: bytes) -> bytes:
        """Return what the coordinator answers about itself."""
        match cluster:
            case node_answers.NODE_DESC:
                return b"\0\0\0" + bytes(
                    [0, 0x40, 0x8F, 0xCD, 0xAB, 0x52, 0x52, 0, 1, 0x2C, 0x52, 0, 0]
                )
            case node_answers.ENDPOINTS:
                return b"\0\0\0" + bytes([len(self._endpoints), *sorted(self._endpoints)])
            case node_answers.SIMPLE_DESC:
                described = _registered(self._endpoints.get(question[2], bytes(9)))
                return b"\0\0\0" + bytes([len(described)]) + described
            case node_answers.NEIGHBOURS:
                return self.mesh.neighbours(None, question[0])
            case 0x0038:
                energies = bytes(40 + self._rng.randrange(20) for _ in range(16))
                return b"\0" + struct.pack("<IHHB", 0x07FFF800, 0, 0, 16) + energies
        return b"\0"

    def _told_to_leave(self, there: Node, who: bytes) -> None:
        leaver = there if who == bytes(8) else self.mesh.with_ieee(who)
        if leaver is not None:
            self.leave(leaver, after=2 * ON_AIR + self._nap(leaver))

    def hear(self, there: Node, cluster: int, frame: bytes, *, after: float = 0.0) -> None:
        """Let a node's frame come in, if it reaches the stick and is of its network."""
        network = self.nvram.network
        heard = self._started and network == there.network and self.mesh.reaches(there)
        if not heard or self._drowned():
            self.lost += 1
            return
        head = struct.pack("<HHHBB", 0, cluster, there.address, 1, 1)
        middle = struct.pack("<BBBIBB", 0, there.lqi, 0, 0, 0, len(frame))
        last_hop = self.mesh.nodes[there.parent].address if there.parent in self.mesh.nodes else 0
        self._emit(unpi.INCOMING, head + middle + frame + struct.pack("<HB", last_hop, 30), after)

    def join(self, there: Node, via: str) -> bool:
        """Let a node join through a router; False where none lets it in."""
        network = self.nvram.network
        if not self._started or network is None or not self.mesh.lets_in(via):
            return False
        child = via in {"", COORDINATOR}
        if not self.nvram.add_node(there.ieee, there.address, child=child):
            return False
        there.network, there.parent, there.counter = network, "" if child else via, 0
        self._announce(there)
        return True

    def rejoin(self, there: Node, parent: str) -> None:
        """Let a node of the network take another parent, and say so."""
        there.parent = "" if parent == COORDINATOR else parent
        if self.mesh.reaches(there) and self._started and there.network == self.nvram.network:
            self._announce(there)

    def _announce(self, there: Node) -> None:
        above = self.mesh.nodes.get(there.parent)
        who = struct.pack("<H", there.address) + there.ieee
        self._emit(unpi.JOINED, who + struct.pack("<H", above.address if above else 0))
        head = struct.pack("<HBHBBH", there.address, 1, ANNOUNCE, 0, there.tick(), 0xFFFF)
        self._emit(unpi.ZDO_INCOMING, head + who + bytes([0x8E if there.router else 0x80]), ON_AIR)

    def leave(self, there: Node, *, after: float = 0.0) -> None:
        """Let a node leave the network."""
        if there.network is not None:
            there.network, there.reporting = None, {}
            left = struct.pack("<H", there.address) + there.ieee + b"\0\0\0"
            self._emit(unpi.LEFT, left, after or ON_AIR)

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

    def _report_later(self, there: Node) -> None:
        """Let a node report each cluster when its time is over, as it was told."""
        for cluster in {of for of, _ in there.reporting}:
            if waiting := self._reporters.pop((there.name, cluster), None):
                waiting.cancel()
            told = min(most for (of, _), (_, most, _) in there.reporting.items() if of == cluster)
            every = there.every if there.every and cluster != POWER else told
            self._reporters[there.name, cluster] = asyncio.get_running_loop().call_later(
                every / self._pace, self._report_again, there, cluster, every
            )

    def _report_again(self, there: Node, cluster: int, every: float) -> None:
        if not there.reporting:
            return
        if there.alive:
            self.report(there, cluster)
        self._reporters[there.name, cluster] = asyncio.get_running_loop().call_later(
            every / self._pace, self._report_again, there, cluster, every
        )


SILENT = {unpi.RESET, unpi.LED}
"""Commands without an answer of their own: a CC2652 without lamps says nothing to the second."""

KNOWN = {
    unpi.AF_REGISTER, unpi.AF_SEND, unpi.PERMIT, unpi.CALLBACKS, unpi.ROUTE_FIND, unpi.ROUTE_CHECK,
    unpi.ADD_INSTALL_CODE, unpi.START, unpi.INSTALL_CODE_ONLY, unpi.SET_CHANNEL,
}  # fmt: skip
"""Commands that are answered by a status alone."""


def _registered(data: bytes) -> bytes:
    """Return the descriptor of an endpoint as the host registered it, without its latency."""
    return data[:6] + data[7:]
