"""Which process has a port open, as far as this user may see."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def holders(port: str, proc: Path = PROC) -> list[str]:
    """Return `process 4711 (python3)` for each other process that has `port` open."""
    device = os.path.realpath(port)
    own = str(os.getpid())
    return [
        f"process {process.name} ({_name(process)})"
        for process in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name))
        if process.name != own and device in _open_files(process)
    ]


def _open_files(process: Path) -> Iterator[str]:
    try:
        for link in (process / "fd").iterdir():
            yield str(link.readlink())
    except OSError:
        return  # it ended, or is another user's


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "ended by now"
