"""What stands behind an emulated bus's device file: a Unix socket that the LD_PRELOAD shim asks."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from abc import ABC, abstractmethod
from pathlib import Path

STATUS = struct.Struct("<I")
"""The errno that each reply begins with (bus_wire.c); 0 is done."""


class BusServer(ABC):
    """One bus at the socket `link`; a subclass answers in `exchange`."""

    def __init__(self, link: str | Path) -> None:
        self._path = Path(link)
        self._listener: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._plugged = asyncio.Event()
        self._unplugged = asyncio.Event()
        self._clients: set[asyncio.StreamWriter] = set()
        self._moving = asyncio.Event()  # cleared while transfers hang
        self._moving.set()

    @property
    def where(self) -> str:
        """The socket that the shim connects to."""
        return str(self._path)

    def plug(self) -> None:
        """Let the bus appear; nothing happens when it is there."""
        if self._listener is not None:
            return
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._listener.settimeout(0)
        self._unplugged.clear()
        self._plugged.set()

    def unplug(self) -> None:
        """Let the bus disappear, under open files too; nothing happens when it is not there."""
        if self._listener is None:
            return
        self._path.unlink(missing_ok=True)
        (self._server or self._listener).close()
        self._listener = self._server = None
        for client in tuple(self._clients):
            client.close()
        self._plugged.clear()
        self._unplugged.set()

    def hang(self) -> None:
        """Let every transfer last until `go_on`."""
        self._moving.clear()

    def go_on(self) -> None:
        """Let transfers end again."""
        self._moving.set()

    async def moving(self) -> None:
        """Return once transfers do not hang."""
        await self._moving.wait()

    async def run(self) -> None:
        """Plug in and serve until cancelled; then unplug."""
        self.plug()
        try:
            while True:
                await self._plugged.wait()
                # Known before the loop has its socket: a pull in between must find it.
                self._server = await asyncio.start_unix_server(
                    self._serve, sock=self._listener, start_serving=False
                )
                await self._server.start_serving()
                await self._unplugged.wait()
        finally:
            self.unplug()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while True:
                writer.write(await self.exchange(reader))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the program closed its file
        finally:
            self._clients.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    @abstractmethod
    async def exchange(self, reader: asyncio.StreamReader) -> bytes:
        """Read one request of the shim and do it; return the reply, which begins with STATUS."""
