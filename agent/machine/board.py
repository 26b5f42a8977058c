"""What the board tells of itself: supply, processor temperature, disk; where it offers it."""

from __future__ import annotations

import os
from pathlib import Path

from foundation.dataclass import dataclass

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
