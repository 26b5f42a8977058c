"""An emulated Z-Stack stick (CC2652 or CC2531) with a network of nodes around it, on a pty."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.choices import chosen
from hil.emulators.serial.device import Command
from hil.emulators.zigbee import unpi
from hil.emulators.zigbee.node import Network, Node
from hil.emulators.zigbee.nvram import VARIANTS, Nvram
from hil.emulators.zigbee.stick import ON_AIR, CoordinatorStick, announcement
from hil.emulators.zigbee.znp_memory import Memory

FIRMWARE = 20240710  # a build of Z-Stack 3.x.0
SUCCESS, NO_ROUTE = 0x00, 0xCD
BROADCASTS = {0xFFFC, 0xFFFD, 0xFFFF}
UNICAST = 2  # address mode of AF.DataRequestExt
ANNOUNCE = 0x0013
ON_REQUEST, BY_WATCHDOG = 0, 2  # reasons of a reset (SYS_RESET_IND)
STARTED = 9  # device state: coordinator
KEY_OF_CODE = 2  # format of AddInstallCode: the key that was derived from it


class ZnpStick(CoordinatorStick):
    """A Z-Stack stick with a network of nodes, on a pty.

    `variant` is cc2652 or cc2531, `ieee` its address; its memory lives in the file `nvram`, if one
    is given. `nodes` are tables of node settings, all within reach and of no network; `scenario` is
    the path of a story. Of a hundred frames on the air `noise` are lost, drawn from `seed`. Time
    goes by `pace` times as fast.
    """

    MAKER = b"\xcd\xab"

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
        super().__init__(link, nodes, scenario, noise, pace, seed)
        kind = chosen(VARIANTS, variant, "no Z-Stack stick is a")
        self.nvram = Nvram(kind, ieee[::-1], None if nvram is None else Path(nvram))
        self._memory = Memory(self.nvram)
        self._started = False

    @property
    def network(self) -> Network | None:
        """See CoordinatorStick."""
        return self.nvram.network if self._started else None

    def next_counter(self) -> int:
        """See CoordinatorStick."""
        return self.nvram.next_counter()

    def enter(self, there: Node, *, child: bool) -> bool:
        """See CoordinatorStick."""
        return self.nvram.add_node(there.ieee, there.address, child=child)

    def save(self) -> None:
        """See CoordinatorStick."""
        self.nvram.save()

    def power_on(self) -> None:
        """Forget what is not in the memory."""
        super().power_on()
        self._started = False

    def restart(self) -> None:
        """See CoordinatorStick."""
        self._reset(BY_WATCHDOG)

    def _reset(self, reason: int) -> None:
        self.nvram.start()
        self.power_on()
        self._emit(unpi.RESET_DONE, bytes([reason, 2, self.nvram.variant.product, 2, 7, 1]))

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
                self._reset(ON_REQUEST)
            case unpi.START:
                self._start()
            case unpi.AF_REGISTER:
                self._endpoints[data[0]] = _registered(data)
            case unpi.PERMIT:
                address = int.from_bytes(data[1:3], "little")
                self.permit(address, data[3])
                asked = address if address not in BROADCASTS else 0
                self._emit(unpi.PERMIT_ANSWER, struct.pack("<HB", asked, SUCCESS))
            case unpi.ADD_INSTALL_CODE if data[0] == KEY_OF_CODE:
                self.keys[data[1:9]] = data[9:25]
            case unpi.INSTALL_CODE_ONLY:
                self.codes_only = bool(data[0])
            case unpi.AF_SEND:
                self._send(data)

    def _start(self) -> None:
        pan = self._rng.randrange(1, 0xFFF0)
        self.nvram.form(pan, self._rng.randbytes(8), 15)
        self._started = True
        self._emit(unpi.STATE, bytes([STARTED]))
        self._emit(unpi.COMMISSIONING, bytes([SUCCESS, 2, 0]))

    def _emit(self, code: int, data: bytes, after: float = 0.0) -> None:
        self.emit(unpi.frame(code, data), after)

    def _send(self, data: bytes) -> None:
        """Let a frame go to a node, to all, or to the stick itself."""
        mode, address, endpoint = data[0], int.from_bytes(data[1:3], "little"), data[9]
        own, cluster, tsn = data[12], int.from_bytes(data[13:15], "little"), data[15]
        frame = data[20 : 20 + int.from_bytes(data[18:20], "little")]
        if mode != UNICAST or not self._started:
            return
        if endpoint == 0:
            self.ask_zdo(address, cluster, frame)
            return
        there = self.deliver(address)
        status = NO_ROUTE if there is None else SUCCESS
        self._emit(unpi.CONFIRM, bytes([status, own, tsn]), ON_AIR)
        if there is not None:
            self.ask(there, cluster, frame)

    def hand_up_zdo(self, address: int, cluster: int, tsn: int, data: bytes, after: float) -> None:
        """See CoordinatorStick."""
        head = struct.pack("<HBHBBH", address, 0, cluster, 0, tsn, 0)
        self._emit(unpi.ZDO_INCOMING, head + data, after)

    def hand_up(self, there: Node, cluster: int, frame: bytes, after: float) -> None:
        """See CoordinatorStick."""
        head = struct.pack("<HHHBB", 0, cluster, there.address, 1, 1)
        middle = struct.pack("<BBBIBB", 0, there.lqi, 0, 0, 0, len(frame))
        end = struct.pack("<HB", self.above(there), 30)
        self._emit(unpi.INCOMING, head + middle + frame + end, after)

    def announce(self, there: Node, *, again: bool) -> None:
        """See CoordinatorStick."""
        who = announcement(there)
        self._emit(unpi.JOINED, who[:-1] + struct.pack("<H", self.above(there)))
        head = struct.pack("<HBHBBH", there.address, 1, ANNOUNCE, 0, there.tick(), 0xFFFF)
        self._emit(unpi.ZDO_INCOMING, head + who, ON_AIR)

    def tell_left(self, there: Node, after: float) -> None:
        """See CoordinatorStick."""
        left = struct.pack("<H", there.address) + there.ieee + b"\0\0\0"
        self._emit(unpi.LEFT, left, after)


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
