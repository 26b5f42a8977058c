"""An emulated EmberZNet stick (EFR32: EZSP over ASH) with its network of nodes, on a pty."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.serial.device import Command
from hil.emulators.zigbee import ash, ezsp, node_answers
from hil.emulators.zigbee.ash_link import AshLink
from hil.emulators.zigbee.ezsp_memory import EzspMemory
from hil.emulators.zigbee.ezsp_tokens import Tokens
from hil.emulators.zigbee.mesh import COORDINATOR
from hil.emulators.zigbee.node import Network, Node
from hil.emulators.zigbee.stick import ON_AIR, CoordinatorStick, announcement

PROFILE = 0x0104  # home automation
ANNOUNCE = 0x0013
UNICAST, BROADCAST = 0, 4  # EmberIncomingMessageType
REJOINED, NEW, GONE = 0, 1, 2  # EmberDeviceUpdate
WITH_KEY, DENIED, NOTHING = 0, 2, 3  # EmberJoinDecision
TRUST_CENTRE = 0  # policy
ADMITS, CODES_ONLY = 0x01, 0x10  # its decisions
EVERYBODY = b"\xff" * 8
KEY_FOR = 300.0  # s that a key for nodes to come is kept
ACKNOWLEDGED_WITHIN = 1.6  # s, UG101 §5.6
HEADER = 5  # bytes of a header of version 8
COMES_UP = 0.01  # s


class EzspStick(CoordinatorStick):
    """An EmberZNet stick with a network of nodes, on a pty.

    `ieee` is the address it was made with; another one can be written into it once. Its memory
    lives in the file `nvram`, if one is given. `nodes` are tables of node settings, all within
    reach and of no network; `scenario` is the path of a story. Of a hundred frames on the air
    `noise` are lost, drawn from `seed`. Time goes by `pace` times as fast.
    """

    MAKER = b"\x49\x10"

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        ieee: bytes = bytes.fromhex("000B57FFFE000001"),
        nvram: str | Path | None = None,
        nodes: Iterable[Mapping[str, Any]] = (),
        scenario: str | Path | None = None,
        noise: float = 0.0,
        pace: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(link, nodes, scenario, noise, pace, seed)
        self.nvram = Tokens(ieee[::-1], None if nvram is None else Path(nvram))
        self._memory = EzspMemory(self.nvram)
        self._link = AshLink(self.emit)
        self._policy = ADMITS
        self._kept: dict[bytes, float] = {}  # until when keys for nodes to come are kept
        self._number = 0  # of the last answer
        self._spoken = False  # whether the host said which version it speaks
        self._sequence = 0  # of frames of nodes

    @property
    def network(self) -> Network | None:
        """See CoordinatorStick."""
        return self.nvram.network if self._memory.joined else None

    def next_counter(self) -> int:
        """See CoordinatorStick."""
        self.nvram.counter += 1
        return self.nvram.counter

    def enter(self, there: Node, *, child: bool) -> bool:
        """See CoordinatorStick."""
        return self.nvram.enter(there.ieee, there.address)

    def save(self) -> None:
        """See CoordinatorStick."""
        self.nvram.save()

    def power_on(self) -> None:
        """Forget what is not in the memory."""
        super().power_on()
        self._memory.power_on()
        self._link.reset()
        self._policy, self._kept, self._spoken = ADMITS, {}, False

    def restart(self) -> None:
        """See CoordinatorStick."""
        self._reset(ash.BY_WATCHDOG)

    def _reset(self, reason: int) -> None:
        self.power_on()
        self.emit(ash.frame(ash.RSTACK, bytes([ash.VERSION, reason])))

    def commands(self, data: bytes) -> tuple[list[Command], bytes]:
        """See SerialModule."""
        return ash.frames(data)

    async def transmit(self) -> None:
        """Send what comes over the air; repeat what the host does not acknowledge."""
        while True:
            within = ACKNOWLEDGED_WITHIN if self._link.busy else None
            try:
                async with asyncio.timeout(within):
                    data = await self._out.get()
            except TimeoutError:
                if not self._link.failed and not self.frozen:
                    self._link.repeat()
                continue
            await self._put(data)

    async def obey(self, code: int, payload: bytes) -> None:
        """See SerialModule."""
        if self.frozen:
            return
        if code == ash.RST:
            self._reset(ash.BY_SOFTWARE)
            return
        if self._link.failed:
            self.emit(ash.frame(ash.ERROR, bytes([ash.VERSION, ash.TOO_MANY_REPEATS])))
            return
        frame = self._link.take(code, payload)
        if frame is not None:
            self._heed(frame)

    def _heed(self, frame: bytes) -> None:
        """Answer an EZSP frame; the first, which tells the version, is in the form of version 4."""
        self._number = frame[0]
        if not self._spoken:
            self._spoken = True
            told = struct.pack("<BBH", ezsp.PROTOCOL, ezsp.STACK_TYPE, ezsp.STACK_VERSION)
            self._link.put(bytes([frame[0], ezsp.NO_CALLBACK, ezsp.VERSION]) + told)
            return
        if len(frame) < HEADER:
            self._link.put(ezsp.answer(frame[0], ezsp.REFUSED, bytes([ezsp.NOT_VALID])))
            return
        command, data = int.from_bytes(frame[3:5], "little"), frame[5:]
        self.counts[command] = self.counts.get(command, 0) + 1
        told_now = self._memory.answer(command, data)
        if told_now is None:
            told_now = self._answer(command)
        if told_now is None:
            command, told_now = ezsp.REFUSED, bytes([ezsp.NOT_KNOWN])
        self._link.put(ezsp.answer(frame[0], command, told_now))
        self._follow(command, data)

    def _answer(self, command: int) -> bytes | None:
        """Return what answers a command about the network; None where nothing does."""
        joined = self._memory.joined
        now, later = (ezsp.OK, ezsp.NOT_NOW) if joined else (ezsp.NOT_NOW, ezsp.OK)
        formed = ezsp.OK if self.nvram.parameters else ezsp.NOT_JOINED
        match command:
            case ezsp.VERSION:
                return struct.pack("<BBH", ezsp.PROTOCOL, ezsp.STACK_TYPE, ezsp.STACK_VERSION)
            case ezsp.SEND_UNICAST | ezsp.SEND_BROADCAST | ezsp.SEND_MULTICAST:
                return bytes([now, self._next_sequence()])
        statuses = {
            ezsp.NETWORK_INIT: formed,
            ezsp.LEAVE: now,
            ezsp.ADD_ENDPOINT: later,
            ezsp.FORM: later,
            ezsp.PERMIT: now,
            ezsp.SET_POLICY: ezsp.OK,
            ezsp.TRANSIENT_KEY: ezsp.OK,
        }
        return bytes([statuses[command]]) if command in statuses else None

    def _follow(self, command: int, data: bytes) -> None:
        """Do what a command is about, after its answer."""
        joined = self._memory.joined
        match command:
            case ezsp.NETWORK_INIT if self.nvram.parameters:
                self._up()
            case ezsp.FORM if not joined:
                self.nvram.form(data[:20])
                self._up()
            case ezsp.LEAVE if joined:
                self.nvram.leave()
                self._memory.joined = False
                self._say(ezsp.STATUS, bytes([ezsp.DOWN]), COMES_UP)
            case ezsp.ADD_ENDPOINT if not joined:
                self._endpoints[data[0]] = data
            case ezsp.PERMIT if joined:
                self.permit(0, data[0])
            case ezsp.SET_POLICY if data[0] == TRUST_CENTRE:
                self._policy = int.from_bytes(data[1:3], "little")
                self.codes_only = bool(self._policy & CODES_ONLY)
            case ezsp.TRANSIENT_KEY:
                self._keep_key(data[:8], data[8:24])
            case ezsp.SEND_UNICAST if joined:
                self._send(data)
            case ezsp.SEND_BROADCAST if joined:
                self._broadcast(data)

    def _up(self) -> None:
        self._memory.joined = True
        self._say(ezsp.STATUS, bytes([ezsp.UP]), COMES_UP)

    def _keep_key(self, ieee: bytes, key: bytes) -> None:
        self._kept[ieee] = time.monotonic() + KEY_FOR / self._pace
        if ieee != EVERYBODY:
            self.keys[ieee] = key

    def _say(self, command: int, data: bytes, after: float = 0.0) -> None:
        """Tell the host something that it did not ask for, perhaps after a while."""
        if after:
            asyncio.get_running_loop().call_later(after, self._say, command, data)
        elif self._spoken:
            self._link.put(ezsp.callback(self._number, command, data))

    def _send(self, data: bytes) -> None:
        """Let a frame go to a node, or to the stick itself; tell what became of it."""
        address, head, tag = int.from_bytes(data[1:3], "little"), data[3:14], data[14]
        frame = data[16 : 16 + data[15]]
        cluster, endpoint = int.from_bytes(head[2:4], "little"), head[5]
        there = self.mesh.at(address)
        if endpoint == 0:
            heard = self.ask_zdo(address, cluster, frame)
        else:
            heard = self.deliver(address) is not None
        status = ezsp.OK if heard else ezsp.NOT_DELIVERED
        nap = self.nap(there) if there is not None and heard else 0.0
        sent = struct.pack("<BH", UNICAST, address) + head + bytes([tag, status, 0])
        self._say(ezsp.SENT, sent, ON_AIR / 2 + nap)
        if endpoint and there is not None and heard:
            self.ask(there, cluster, frame)

    def _broadcast(self, data: bytes) -> None:
        """Let a frame go to all; only the opening of the network is heeded."""
        head, frame = data[2:13], data[16 : 16 + data[15]]
        if int.from_bytes(head[2:4], "little") == node_answers.PERMIT and head[5] == 0:
            self.permit_routers(frame[1])

    def permit_routers(self, seconds: float) -> None:
        """Let nodes join through all routers for so long."""
        for there in self.mesh.nodes.values():
            if there.router and self.mesh.reaches(there):
                self.permit(there.address, seconds)

    def admits(self, there: Node, via: str) -> bool:
        """See CoordinatorStick: whom it has no key for is denied, and the host hears of that."""
        now = time.monotonic()
        kept = any(now < self._kept.get(each, 0.0) for each in (EVERYBODY, there.ieee))
        if kept and self._policy & ADMITS and super().admits(there, via):
            return True
        if via not in {"", COORDINATOR}:
            parent = self.mesh.named(via).address
            self._tell_update(there, NEW, DENIED, parent)
        return False

    def _tell_update(
        self, there: Node, update: int, decision: int, parent: int, after: float = 0.0
    ) -> None:
        who = struct.pack("<H", there.address) + there.ieee
        self._say(ezsp.JOINED, who + struct.pack("<BBH", update, decision, parent), after)

    def announce(self, there: Node, *, again: bool) -> None:
        """See CoordinatorStick."""
        update, decision = (REJOINED, NOTHING) if again else (NEW, WITH_KEY)
        self._tell_update(there, update, decision, self.above(there))
        message = bytes([there.tick()]) + announcement(there)
        head = ezsp.aps(0, ANNOUNCE, 0, 0, self._next_sequence())
        incoming = ezsp.incoming(BROADCAST, head, there.lqi, _rssi(there), there.address, message)
        self._say(ezsp.INCOMING, incoming, ON_AIR)

    def tell_left(self, there: Node, after: float) -> None:
        """See CoordinatorStick."""
        self.nvram.nodes.pop(there.ieee, None)
        self._tell_update(there, GONE, NOTHING, self.above(there), after)

    def hand_up(self, there: Node, cluster: int, frame: bytes, after: float) -> None:
        """See CoordinatorStick."""
        head = ezsp.aps(PROFILE, cluster, 1, 1, self._next_sequence())
        incoming = ezsp.incoming(UNICAST, head, there.lqi, _rssi(there), there.address, frame)
        self._say(ezsp.INCOMING, incoming, after)

    def hand_up_zdo(self, address: int, cluster: int, tsn: int, data: bytes, after: float) -> None:
        """See CoordinatorStick."""
        there = self.mesh.at(address)
        lqi, rssi = (255, 0) if there is None else (there.lqi, _rssi(there))
        head = ezsp.aps(0, cluster, 0, 0, self._next_sequence())
        told = ezsp.incoming(UNICAST, head, lqi, rssi, address, bytes([tsn]) + data)
        self._say(ezsp.INCOMING, told, after)

    def _next_sequence(self) -> int:
        self._sequence = (self._sequence + 1) % 256
        return self._sequence


def _rssi(there: Node) -> int:
    """Return in dBm how loud a node is heard."""
    return round(there.lqi / 4) - 100
