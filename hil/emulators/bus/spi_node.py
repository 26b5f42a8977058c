"""One `/dev/spidevB.D`, served on a Unix socket to the LD_PRELOAD shim (`spi_shim.c`).

SPI acknowledges nothing: a chip that is not there answers with whatever the pull of its data line
gives, here zeros.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

HEAD = struct.Struct("<cBH")  # see spi_shim.c
TRANSFER = struct.Struct("<IIBBH")  # length, speed, cs_change, mode, reserved
STATUS = struct.Struct("<I")
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


class SpiNode:
    """The chip behind one chip select; `link` is the Unix socket that the shim connects to."""

    def __init__(self, link: str | Path, chip: SpiChip) -> None:
        self._path = Path(link)
        self.chip = chip
        self.plugged = True  # whether the chip is there; the bus itself always is
        self.messages = 0
        self._listener: socket.socket | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._moving = asyncio.Event()  # cleared while a transfer hangs
        self._moving.set()

    @property
    def where(self) -> str:
        """The socket that the shim connects to."""
        return str(self._path)

    def listen(self) -> None:
        """Let the bus appear; nothing happens when it is there."""
        if self._listener is not None:
            return
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._listener.settimeout(0)

    def hang(self) -> None:
        """Let every transfer last until `clear`."""
        self._moving.clear()

    def clear(self) -> None:
        """Let transfers end again."""
        self._moving.set()

    async def run(self) -> None:
        """Serve until cancelled."""
        self.listen()
        server = await asyncio.start_unix_server(self._serve, sock=self._listener)
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            self._listener = None
            self._path.unlink(missing_ok=True)
            for client in tuple(self._clients):
                client.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while True:
                transfers = await read_message(reader)
                await self._moving.wait()
                self.messages += 1
                writer.write(STATUS.pack(0) + self._message(transfers))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the program closed its file
        finally:
            self._clients.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

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
        if not self.plugged or transfer.mode != chip.mode or transfer.speed > chip.fastest:
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
