"""An emulated M100 UHF module with tags in its field, on a pty."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.serial.device import Command, SerialModule
from hil.emulators.serial.gen2_tag import Tag, TagError, WrongPassword, tag
from hil.emulators.serial.m100_protocol import (
    ACCESS_ERRORS,
    ACCESS_NO_TAG,
    ANSWER,
    BAD_COMMAND,
    ERROR,
    GET_POWER,
    GET_REGION,
    LOCK,
    MULTI,
    NO_TAG,
    NOTICE,
    READ,
    SELECT,
    SET_POWER,
    SET_REGION,
    SINGLE,
    STOP,
    VERSION,
    WRITE,
    WRONG_PASSWORD,
    command_frames,
    frame,
    tag_payload,
)
from hil.emulators.serial.pty_port import PtyPort, Unplugged

TEXTS = (b"M100 26dBm V1.0", b"V2.3.1", b"MagicRf")  # hardware, software, manufacturer
DONE = b"\x00"
HIGHEST_POWER = 2600  # hundredths of a dBm; more is accepted and not done, as modules do
POWER = 2000
REGION = 1


class M100Module(SerialModule):
    """An M100 UHF module with tags in its field.

    `tags` are tables of `epc` and perhaps `rssi` (dBm), `enter` and `leave` (seconds since the
    start), `pc`, `tid`, `user` and `access` (the password). An inventory has `rounds` a second; a
    tag in the field answers one with the chance `read_rate`, its strength varies by `noise` dB, and
    with the chance `corrupt` one of its bits turns on the air. All of it is drawn from `seed`. Time
    goes by `pace` times as fast.
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
        if rounds <= 0.0:
            raise ValueError(f"rounds must be above 0 a second, not {rounds:g}")
        super().__init__(PtyPort(link, baudrate))
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
        self._select = b""
        self._left = 0  # rounds of the running inventory
        self._started = asyncio.Event()

    @property
    def scanning(self) -> bool:
        """Whether an inventory runs: the radio is on."""
        return self.port.plugged_in and self._left > 0

    def power_on(self) -> None:
        """Forget an inventory that ran."""
        self._left = 0

    async def live(self) -> None:
        """Answer and scan; tags enter and leave as seconds go by from now."""
        self._began = time.monotonic()
        await super().live()

    def commands(self, data: bytes) -> tuple[list[Command], bytes]:
        """See SerialModule."""
        return command_frames(data)

    async def obey(self, code: int, payload: bytes) -> None:
        """See SerialModule."""
        for answer in self.answers(code, payload):
            await self.port.write(answer)

    async def transmit(self) -> None:
        """Send the notices of an inventory, round by round."""
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
        if command in {READ, WRITE, LOCK}:
            return [self._access(command, payload)]
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
        elif command == SELECT and len(payload) >= len(b"spppplt"):
            self._select = payload
        elif command != STOP:
            return frame(ANSWER, ERROR, bytes([BAD_COMMAND]))
        return frame(ANSWER, command, DONE)

    def _access(self, command: int, payload: bytes) -> bytes:
        """Do one operation on the selected tag, if it answers this time."""
        matching = [tag for tag in self._present() if self._selected(tag)]
        tag = self._rng.choice(matching) if matching else None
        if tag is None or self._rng.random() >= self._read_rate:
            return frame(ANSWER, ERROR, bytes([ACCESS_NO_TAG[command]]))
        head = bytes([2 + len(tag.epc)]) + tag.pc.to_bytes(2) + tag.epc
        try:
            return frame(ANSWER, command, head + self._operate(tag, command, payload))
        except TagError as error:
            return frame(ANSWER, ERROR, bytes([ACCESS_ERRORS[command] | error.code]) + head)
        except WrongPassword:
            return frame(ANSWER, ERROR, bytes([WRONG_PASSWORD]) + head)

    def _operate(self, tag: Tag, command: int, payload: bytes) -> bytes:
        password, rest = payload[:4], payload[4:]
        if command == LOCK:
            tag.lock(int.from_bytes(rest), password)
            return DONE
        bank, first, count = rest[0], int.from_bytes(rest[1:3]), int.from_bytes(rest[3:5])
        if command == READ:
            return tag.read(bank, first, count, password)
        tag.write(bank, first, rest[5 : 5 + 2 * count], password)
        return DONE

    def _selected(self, tag: Tag) -> bool:
        """Whether the select parameter matches; its mask lies in whole bytes here."""
        if not self._select:
            return True
        bank, at = self._select[0] & 3, int.from_bytes(self._select[1:5]) // 8
        mask = self._select[7 : 7 + self._select[5] // 8]
        return bytes(tag.banks[bank][at : at + len(mask)]) == mask

    def _present(self) -> list[Tag]:
        at = (time.monotonic() - self._began) * self._pace
        return [tag for tag in self.tags if tag.present(at)]

    def _inventory(self) -> list[bytes]:
        """Play one round: a notice of each tag that answers, or an error."""
        heard = [
            frame(NOTICE, SINGLE, self._heard(tag))
            for tag in self._present()
            if self._rng.random() < self._read_rate
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
