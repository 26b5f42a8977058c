"""The gateway's own health as records: supply, processor temperature, disk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from agent.journal.recorder import Recorder
from agent.machine.board import Power, disk_space, power, soc_temperature
from agent.records.convert import OWN_DEVICE
from drivers.driver import Timing
from drivers.reading import FieldValue, Reading


class HealthMonitor:
    """Records the gateway's health every `interval` seconds; `run` is its task."""

    def __init__(
        self,
        recorder: Recorder,
        timing: Timing,
        *,
        interval: float,
        folder: Path,
        sys: Path = Path("/sys"),
    ) -> None:
        self._recorder = recorder
        self._timing = timing
        self._interval = interval
        self._folder = folder
        self._sys = sys
        self._power: Power | None = None

    async def run(self) -> None:
        """Look and record, for ever."""
        while True:
            await self.look()
            await self._timing.sleep(self._interval)

    async def look(self) -> None:
        """Record temperature and disk once, and the supply where it changed."""
        await self._note_power()
        celsius = soc_temperature(self._sys)
        if celsius is not None:
            await self._take("soc-temperature", {"temperature": celsius})
        # In a thread: a disk that hangs must not hold up the event loop.
        space = await asyncio.to_thread(disk_space, self._folder)
        await self._take(
            "disk", {"path": str(self._folder), "free": space.free, "total": space.total}
        )

    async def _note_power(self) -> None:
        found = power(self._sys)
        if found is None or found == self._power:
            return
        self._power = found
        await self._take(
            "power",
            {
                "state": "under-voltage" if found.under_voltage else "ok",
                "under_voltage": int(found.under_voltage),
                "flags": found.flags,
            },
        )

    async def _take(self, kind: str, fields: Mapping[str, FieldValue]) -> None:
        await self._recorder.take(Reading(OWN_DEVICE, kind, fields, self._timing.monotonic()))
