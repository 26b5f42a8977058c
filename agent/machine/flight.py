"""Flight mode: whether the radios are to be off, kept over restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from foundation.durable import write_file

FILE_NAME = "flight-mode"
ON, OFF = b"on\n", b"off\n"


class FlightMode:
    """What was said last; `folder` is the state's. A file that cannot be read says off."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self.on = _said(self._path)

    async def switch(self, *, on: bool) -> None:
        """Make it durable, then heed it; WriteFailed when it is not."""
        await asyncio.to_thread(write_file, self._path, ON if on else OFF)
        self.on = on


def _said(path: Path) -> bool:
    try:
        return path.read_bytes() == ON
    except OSError:
        return False
