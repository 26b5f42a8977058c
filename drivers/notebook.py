"""What a driver must still know after a power cut: whether a PIN was refused, what was reset.

The agent gives its devices a `FileNotebook`. Who opens a device beside it (`tallyman read`, the
self test) has none: what must not be forgotten is then not done.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from foundation.durable import make_state_dir, write_file

Notes = Mapping[str, Any]


class Notebook(Protocol):
    """The notes of all devices, one of each name."""

    @property
    def kept(self) -> bool:
        """Whether anything that is written here lasts."""
        ...

    async def recall(self, device: str) -> dict[str, Any]:
        """Return a device's notes; empty where there are none, or none that can be read."""
        ...

    async def keep(self, device: str, notes: Notes) -> None:
        """Make a device's notes durable before returning; WriteFailed when they are not."""
        ...


class NoNotebook:
    """Nothing lasts."""

    kept = False

    async def recall(self, device: str) -> dict[str, Any]:
        """See `Notebook.recall`."""
        return {}

    async def keep(self, device: str, notes: Notes) -> None:
        """Forget them."""


class FileNotebook:
    """A file a device in `folder`, which is made with the first of them."""

    kept = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def recall(self, device: str) -> dict[str, Any]:
        """See `Notebook.recall`."""
        try:
            notes = json.loads(await asyncio.to_thread(self._path(device).read_bytes))
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}

    async def keep(self, device: str, notes: Notes) -> None:
        """See `Notebook.keep`."""
        await asyncio.to_thread(self._write, self._path(device), json.dumps(notes).encode())

    def _path(self, device: str) -> Path:
        return self._folder / f"{device}.json"

    def _write(self, path: Path, data: bytes) -> None:
        make_state_dir(self._folder)
        write_file(path, data)
