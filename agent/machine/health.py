"""The gateway's own health: supply, processor temperature, disk; where the board offers it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.journal.recorder import Recorder
from agent.records.convert import OWN_DEVICE
from drivers.driver import Timing
from drivers.reading import FieldValue, Reading

# Bits of get_throttled (Raspberry Pi documentation, "vcgencmd")
UNDER_VOLTAGE_NOW = 1 << 0
FREQUENCY_CAPPED = 1 << 1
THROTTLED = 1 << 2
UNDER_VOLTAGE_BEFORE = 1 << 16
_THROTTLED = Path("devices/platform/soc/soc:firmware/get_throttled")
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Power:
    """The supply; `flags` are the firmware's get_throttled bits, where it tells them."""

    under_voltage: bool
    flags: int | None


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """Space of the disk that holds the state folder, in MiB; `free` is what we may use."""

    free: int
    total: int


def read_text(path: Path) -> str | None:
    """Return a sysfs attribute, or None where this board or driver has none."""
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def power(sys: Path) -> Power | None:
    """Return the supply's state by the firmware, or by the rpi_volt sensor, or None."""
    flags = _hex(read_text(sys / _THROTTLED))
    if flags is not None:
        return Power(bool(flags & UNDER_VOLTAGE_NOW), flags)
    for name in sorted(sys.glob("class/hwmon/hwmon*/name")):
        alarm = read_text(name.with_name("in0_lcrit_alarm"))
        if read_text(name) == "rpi_volt" and alarm in ("0", "1"):
            return Power(alarm == "1", None)
    return None


def _hex(text: str | None) -> int | None:
    try:
        return None if text is None else int(text, 16)
    except ValueError:
        return None


def soc_temperature(sys: Path) -> float | None:
    """Return the processor's temperature in °C, or None."""
    text = read_text(sys / "class/thermal/thermal_zone0/temp")
    try:
        return None if text is None else int(text) / 1000
    except ValueError:
        return None


def disk_space(folder: Path) -> DiskSpace:
    """Return the space of the disk that holds `folder`; OSError passes through."""
    found = os.statvfs(folder)
    return DiskSpace(
        found.f_bavail * found.f_frsize // _MIB, found.f_blocks * found.f_frsize // _MIB
    )


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
