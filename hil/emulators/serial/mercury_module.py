"""An emulated ThingMagic M6e module with tags in its field, on a pty."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.emulators.serial import mercury_protocol as wire
from hil.emulators.serial.device import Command, SerialModule
from hil.emulators.serial.gen2_tag import Tag, tag
from hil.emulators.serial.pty_port import PtyPort, Unplugged

# Boot loader, hardware (0x18: M6e), firmware date and version, protocols (bit 4: Gen2).
IDENTITY = bytes.fromhex("1212000018000001201511060115021200000010")
BOOT_LOADER, APPLICATION = 0x11, 0x12
HIGHEST_POWER = 3150  # hundredths of a dBm
METADATA = 0x0007  # read count, RSSI and antenna: all that is modelled
ROUND = 0.02  # s of a search for one try of each tag at each antenna


class MercuryModule(SerialModule):
    """A ThingMagic M6e UHF module with tags in its field.

    `tags` are tables of `epc` and perhaps `antenna` (1 if not said), `rssi` (dBm), `enter` and
    `leave` (seconds since the start), `pc`, `tid`, `user` and `access` (the password). A tag
    answers each try of a search with the chance `read_rate`; its strength varies by `noise` dB, and
    with the chance `corrupt` a bit of its record turns. With `boot` the module comes up in its boot
    loader; `ports` are the antennas that are connected. All chance is drawn from `seed`.
    """

    def __init__(
        self,
        *,
        link: str | Path | None = None,
        baudrate: int = 115200,
        tags: Iterable[Mapping[str, Any]] = (),
        read_rate: float = 0.65,
        noise: float = 2.0,
        corrupt: float = 0.0,
        boot: bool = False,
        ports: Iterable[int] = (1, 2),
        seed: int = 0,
    ) -> None:
        super().__init__(PtyPort(link, baudrate))
        self.tags: list[tuple[Tag, int]] = []
        for table in tags:
            antenna = int(table.get("antenna", 1))
            self.tags.append((tag({k: v for k, v in table.items() if k != "antenna"}), antenna))
        self._read_rate = read_rate
        self._noise = noise
        self._corrupt = corrupt
        self._boots = boot
        self._ports = frozenset(ports)
        self._rng = random.Random(seed)
        self._began = time.monotonic()
        self.power_on()

    def power_on(self) -> None:
        """Take the state after a loss of supply."""
        self.booted = not self._boots
        self.streaming = False
        self.power, self.region, self.protocol = 2000, 0x01, 0
        self.antennas: tuple[int, ...] = ()
        self._buffer: list[bytes] = []

    async def live(self) -> None:
        """Answer and stream; tags enter and leave as seconds go by from now."""
        self._began = time.monotonic()
        await super().live()

    def commands(self, data: bytes) -> tuple[list[Command], bytes]:
        """See SerialModule."""
        return wire.commands(data)

    async def obey(self, code: int, payload: bytes) -> None:
        """See SerialModule; a search takes the time it was given."""
        if code == wire.READ_MULTIPLE and self.booted and len(payload) == len(b"offtt"):
            await asyncio.sleep(int.from_bytes(payload[3:]) / 1000)
        await self.port.write(self.answer(code, payload))

    async def transmit(self) -> None:
        """Talk on while other software's continuous reading was never stopped."""
        while True:
            await asyncio.sleep(ROUND)
            if self.streaming and self.port.plugged_in:
                with contextlib.suppress(Unplugged):
                    await self.port.write(wire.answer(wire.READ_MULTIPLE, wire.NO_TAGS))

    def answer(self, opcode: int, data: bytes) -> bytes:
        """Return what the module says to one command."""
        status, said = self._do(opcode, data)
        return wire.answer(opcode, status, said)

    def _do(self, opcode: int, data: bytes) -> tuple[int, bytes]:
        if opcode in {wire.CURRENT_PROGRAM, wire.VERSION, wire.BOOT_FIRMWARE}:
            return wire.OK, self._program(opcode)
        if not self.booted:
            return wire.UNKNOWN, b""
        if opcode in {wire.READ_MULTIPLE, wire.GET_BUFFER, wire.CLEAR_BUFFER}:
            return self._read(opcode, data)
        return self._setting(opcode, data)

    def _program(self, opcode: int) -> bytes:
        """Answer what the boot loader knows, too."""
        if opcode == wire.CURRENT_PROGRAM:
            return bytes([APPLICATION if self.booted else BOOT_LOADER])
        self.booted = self.booted or opcode == wire.BOOT_FIRMWARE
        return IDENTITY

    def _setting(self, opcode: int, data: bytes) -> tuple[int, bytes]:
        match opcode, len(data):
            case wire.SET_POWER, 2 if int.from_bytes(data) > HIGHEST_POWER:
                return wire.TOO_STRONG, b""
            case wire.SET_POWER, 2:
                self.power = int.from_bytes(data)
            case wire.GET_POWER, 1:
                return wire.OK, data + self.power.to_bytes(2)
            case wire.SET_REGION, 1:
                self.region = data[0]
            case wire.GET_REGION, 0:
                return wire.OK, bytes([self.region])
            case wire.SET_PROTOCOL, 2:
                self.protocol = int.from_bytes(data)
            case wire.STREAM, 3:
                self.streaming = data[2] == 1
            case wire.SET_ANTENNAS, _:
                self.antennas = tuple(data[1::2] if len(data) % 2 else data[:1])
            case _:
                return wire.UNKNOWN, b""
        return wire.OK, b""

    def _read(self, opcode: int, data: bytes) -> tuple[int, bytes]:
        if opcode == wire.CLEAR_BUFFER:
            self._buffer.clear()
            return wire.OK, b""
        if opcode == wire.GET_BUFFER:
            return wire.OK, self._page()
        if len(data) != len(b"offtt"):
            return wire.WRONG_LENGTH, b""
        if not self.protocol:
            return wire.NO_PROTOCOL, b""
        if not self._ports.issuperset(self.antennas):
            return wire.NO_ANTENNA, b""
        self._search(int.from_bytes(data[3:]) / 1000)
        found = data[:3] + len(self._buffer).to_bytes(4)
        return (wire.OK, found) if self._buffer else (wire.NO_TAGS, b"")

    def _search(self, seconds: float) -> None:
        """Try every tag in the field as often as the time allows."""
        at = time.monotonic() - self._began
        tries = max(1, int(seconds / ROUND / max(1, len(self.antennas))))
        for one, antenna in self.tags:
            if antenna not in self.antennas or not one.present(at):
                continue
            count = sum(self._rng.random() < self._read_rate for _ in range(tries))
            if count:
                rssi = round(self._rng.gauss(one.rssi, self._noise))
                self._buffer.append(self._record(count, rssi, antenna, one))

    def _record(self, count: int, rssi: int, antenna: int, one: Tag) -> bytes:
        record = wire.tag_record(count, max(-128, min(0, rssi)), antenna, one.pc, one.epc)
        if self._rng.random() >= self._corrupt:
            return record
        damaged = bytearray(record)
        damaged[self._rng.randrange(5, len(damaged))] ^= 1 << self._rng.randrange(8)
        return bytes(damaged)

    def _page(self) -> bytes:
        """Return as many buffered tags as one answer holds, and let them go."""
        page, room = [], wire.LARGEST_ANSWER - len(b"ffoc")
        while self._buffer and len(self._buffer[0]) <= room:
            page.append(self._buffer.pop(0))
            room -= len(page[-1])
        return METADATA.to_bytes(2) + bytes([0, len(page)]) + b"".join(page)
