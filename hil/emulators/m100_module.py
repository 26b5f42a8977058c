"""An emulated M100 UHF module with tags in its field, on a pty."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.emulators.m100_protocol import (
    ANSWER,
    BAD_COMMAND,
    ERROR,
    GET_POWER,
    GET_REGION,
    MULTI,
    NO_TAG,
    NOTICE,
    SET_POWER,
    SET_REGION,
    SINGLE,
    STOP,
    VERSION,
    command_frames,
    frame,
    tag_payload,
)
from hil.emulators.pty_port import PtyPort, Unplugged

TEXTS = (b"M100 26dBm V1.0", b"V2.3.1", b"MagicRf")  # hardware, software, manufacturer
DONE = b"\x00"
HIGHEST_POWER = 2600  # hundredths of a dBm; more is accepted and not done, as modules do
POWER = 2000
REGION = 1


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag and when it is in the field: from `enter` to `leave`, in seconds since the start."""

    epc: bytes
    rssi: float = -55.0  # dBm
    enter: float = 0.0
    leave: float = math.inf
    pc: int | None = None  # the one that fits the EPC's length, unless given

    def present(self, at: float) -> bool:
        """Whether it is in the field `at` seconds after the start."""
        return self.enter <= at < self.leave


def tag(table: Mapping[str, Any]) -> Tag:
    """Return a tag from a table with `epc` in hexadecimal."""
    return Tag(**{**table, "epc": bytes.fromhex(table["epc"])})


class M100Module:
    """One module on a pseudo serial port.

    `tags` are tables of `epc`, `rssi`, `enter`, `leave` and `pc`. A tag in the field answers a
    round with the chance `read_rate`, its strength varies by `noise` dB, and with the chance
    `corrupt` one of its bits turns on the air. All of it is drawn from `seed`.
    """

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        baudrate: int = 115200,
        tags: Iterable[Mapping[str, Any]] = (),
        rounds: float = 20.0,
        read_rate: float = 0.65,
        noise: float = 2.0,
        corrupt: float = 0.0,
        pace: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.port = PtyPort(link, baudrate)
        self.tags = [tag(table) for table in tags]
        self.power = POWER
        self.region = REGION
        self._round = 1.0 / rounds
        self._read_rate = read_rate
        self._noise = noise
        self._corrupt = corrupt
        self._pace = pace
        self._rng = random.Random(seed)
        self._began = time.monotonic()
        self._left = 0  # rounds of the running inventory
        self._started = asyncio.Event()

    @property
    def where(self) -> str:
        """The path a driver opens."""
        return str(self.port.path)

    @property
    def scanning(self) -> bool:
        """Whether an inventory runs: the radio is on."""
        return self._left > 0

    def plug(self) -> None:
        """Make the port appear; the module has forgotten an inventory that ran."""
        self._left = 0
        self.port.plug()

    def unplug(self) -> None:
        """Make the port vanish and the module lose its power."""
        self._left = 0
        self.port.unplug()

    async def run(self) -> None:
        """Answer and scan until cancelled."""
        self.plug()
        self._began = time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._serve())
                group.create_task(self._scan())
        finally:
            self.unplug()

    async def _serve(self) -> None:
        while True:
            await self.port.wait_plugged()
            with contextlib.suppress(Unplugged):
                await self._converse()

    async def _converse(self) -> None:
        rest = b""
        while True:
            frames, rest = command_frames(rest + await self.port.read())
            for command, payload in frames:
                for answer in self.answers(command, payload):
                    await self.port.write(answer)

    async def _scan(self) -> None:
        while True:
            await self._started.wait()
            while self._left:
                self._left -= 1
                try:
                    for answer in self._inventory():
                        await self.port.write(answer)
                except Unplugged:
                    self._left = 0
                await asyncio.sleep(self._round)
            self._started.clear()

    def answers(self, command: int, payload: bytes) -> list[bytes]:
        """Return what the module says to one command."""
        if command == SINGLE:
            return self._inventory()
        if command == MULTI and len(payload) == len(b"\x22nn"):
            self._left = int.from_bytes(payload[1:])
            self._started.set()
            return []  # the notices are the answer
        if command == STOP:
            self._left = 0
        return [self._setting(command, payload)]

    def _setting(self, command: int, payload: bytes) -> bytes:
        if command == VERSION and payload and payload[0] < len(TEXTS):
            return frame(ANSWER, VERSION, payload[:1] + TEXTS[payload[0]])
        if command == GET_POWER:
            return frame(ANSWER, GET_POWER, self.power.to_bytes(2))
        if command == GET_REGION:
            return frame(ANSWER, GET_REGION, bytes([self.region]))
        if command == SET_POWER and len(payload) == len(b"pp"):
            self.power = min(int.from_bytes(payload), HIGHEST_POWER)
        elif command == SET_REGION and len(payload) == len(b"r"):
            self.region = payload[0]
        elif command != STOP:
            return frame(ANSWER, ERROR, bytes([BAD_COMMAND]))
        return frame(ANSWER, command, DONE)

    def _inventory(self) -> list[bytes]:
        """Play one round: a notice of each tag that answers, or an error."""
        at = (time.monotonic() - self._began) * self._pace
        heard = [
            frame(NOTICE, SINGLE, self._heard(tag))
            for tag in self.tags
            if tag.present(at) and self._rng.random() < self._read_rate
        ]
        return heard or [frame(ANSWER, ERROR, bytes([NO_TAG]))]

    def _heard(self, tag: Tag) -> bytes:
        strength = round(self._rng.gauss(tag.rssi, self._noise))
        payload = tag_payload(max(-128, min(0, strength)), tag.pc, tag.epc)
        if self._rng.random() >= self._corrupt:
            return payload
        damaged = bytearray(payload)
        damaged[self._rng.randrange(1, len(damaged))] ^= 1 << self._rng.randrange(8)
        return bytes(damaged)
