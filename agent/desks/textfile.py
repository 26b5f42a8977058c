"""Writes the metrics where node_exporter's textfile collector picks them up."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.desks import machine_rows
from agent.desks.metrics import Meters
from agent.machine.usage import machine_usage
from drivers.driver import Timing
from foundation.durable import WriteFailed, advice_for, swap_file
from foundation.metrics import to_text

FILE_NAME = "tallyman.prom"
EVERY = 30.0  # s; Prometheus asks every 15 s to 60 s

FOR_ALL = 0o755  # node_exporter is another user


class Textfile:
    """Keeps `tallyman.prom` in a folder up to date; `run` is its task."""

    def __init__(self, folder: Path, meters: Meters, timing: Timing, sys: Path) -> None:
        self._path = folder / FILE_NAME
        self._meters = meters
        self._timing = timing
        self._sys = sys

    async def run(self) -> None:
        """Write for ever; nothing is left behind, as an agent that stopped knows nothing of now."""
        try:
            while True:
                await self.write()
                await self._timing.sleep(EVERY)
        finally:
            self._path.unlink(missing_ok=True)

    async def write(self) -> None:
        """Write once; WriteFailed."""
        usage = await asyncio.to_thread(machine_usage, self._meters.proc, self._sys)
        families = [*await self._meters.read(), *machine_rows.machine(usage)]
        await asyncio.to_thread(self._put, to_text(families).encode())

    def _put(self, text: bytes) -> None:
        folder = self._path.parent
        try:
            if not folder.is_dir():
                folder.mkdir()
                folder.chmod(FOR_ALL)  # whatever the umask
        except OSError as error:
            raise WriteFailed(
                f"cannot make {folder}: {error.strerror}", advice=advice_for(error.errno)
            ) from error
        swap_file(self._path, text)
