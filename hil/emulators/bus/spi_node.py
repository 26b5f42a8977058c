"""One `/dev/spidevB.D` (see `spi_shim.c`).

SPI acknowledges nothing: a chip that is not there answers with whatever the pull of its data line
gives, here zeros.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hil.emulators.bus.server import STATUS, BusServer

HEAD = struct.Struct("<cBH")  # see spi_shim.c
TRANSFER = struct.Struct("<IIBBH")  # length, speed, cs_change, mode, reserved
FLOATING = 0x00  # what a data line that nobody drives reads as


class SpiChip(Protocol):
    """A chip as its bus sees it."""

    mode: int
    fastest: int  # Hz

    def transfer(self, data: bytes) -> bytes:
        """Take what comes on MOSI while selected; return as many bytes for MISO."""
        ...


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer of a message; the chip stays selected after it unless `releases`."""

    data: bytes
    speed: int
    mode: int
    releases: bool


class SpiNode(BusServer):
    """The chip behind one chip select; `link` is the Unix socket that the shim connects to."""

    def __init__(self, link: str | Path, chip: SpiChip) -> None:
        super().__init__(link)
        self.chip = chip
        self.powered = True  # whether the chip has its supply; the bus has no share in that
        self.messages = 0

    async def exchange(self, reader: asyncio.StreamReader) -> bytes:
        """See BusServer."""
        transfers = await read_message(reader)
        await self.moving()
        self.messages += 1
        return STATUS.pack(0) + self._message(transfers)

    def _message(self, transfers: list[Transfer]) -> bytes:
        answer, selected = bytearray(), bytearray()
        for transfer in transfers:
            selected += transfer.data
            if transfer.releases or transfer is transfers[-1]:
                answer += self._selected(bytes(selected), transfer)
                selected.clear()
        return bytes(answer)

    def _selected(self, data: bytes, transfer: Transfer) -> bytes:
        chip = self.chip
        if not self.powered or transfer.mode != chip.mode or transfer.speed > chip.fastest:
            return bytes([FLOATING]) * len(data)
        return chip.transfer(data)


async def read_message(reader: asyncio.StreamReader) -> list[Transfer]:
    """Return the transfers of one message of the shim."""
    _, _, count = HEAD.unpack(await reader.readexactly(HEAD.size))
    headers = await reader.readexactly(count * TRANSFER.size)
    return [
        Transfer(await reader.readexactly(length), speed, mode, bool(cs_change))
        for length, speed, cs_change, mode, _ in TRANSFER.iter_unpack(headers)
    ]
