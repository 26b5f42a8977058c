"""A folder of files that people gave, each kept as it came, under its SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from foundation.durable import write_file


class KeptFiles:
    """Writes and reads beside the event loop: a large file on a card takes seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writing = asyncio.Lock()  # the same file may come twice at once

    async def keep(self, data: bytes) -> None:
        """Store a file; on return it survives a power cut. Raises WriteFailed."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        async with self._writing:
            await asyncio.to_thread(write_file, self._path(hashlib.sha256(data).digest()), data)

    async def read(self, digest: bytes) -> bytes:
        """Return a file; OSError where it is not here."""
        return await asyncio.to_thread(self._path(digest).read_bytes)

    def __contains__(self, digest: bytes) -> bool:
        """Tell whether a file is here."""
        return self._path(digest).exists()

    def _path(self, digest: bytes) -> Path:
        return self._folder / digest.hex()
