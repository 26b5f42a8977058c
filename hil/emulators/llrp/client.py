"""One client of an emulated LLRP reader: what waits to be written to it, in order."""

from __future__ import annotations

import asyncio
import contextlib

from hil.emulators.faults import Faults
from hil.emulators.llrp.desk import Session

WRITE_WITHIN = 30.0  # s a client may take nothing


class Client:
    """A connection; nothing is written to it while the reader is not `awake`."""

    def __init__(self, writer: asyncio.StreamWriter, faults: Faults, awake: asyncio.Event) -> None:
        self._writer = writer
        self._awake = awake
        self._write = faults.around(self._plain_write)
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.session = Session()

    def queue(self, data: bytes) -> None:
        """Write `data` when it is its turn."""
        self._waiting.put_nowait(data)

    def finish(self, last: bytes = b"") -> None:
        """Close the connection after all that waits, and after `last`."""
        self._waiting.put_nowait(last)
        self._waiting.put_nowait(None)

    def abort(self) -> None:
        """Break the connection at once."""
        self._writer.transport.abort()

    async def write_on(self) -> None:
        """Write what is queued until the connection ends."""
        with contextlib.suppress(OSError):
            while (data := await self._waiting.get()) is not None:
                await self._awake.wait()
                await self._write(data)
        self._writer.close()

    async def _plain_write(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(WRITE_WITHIN):
            await self._writer.drain()
