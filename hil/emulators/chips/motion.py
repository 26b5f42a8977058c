"""How an emulated accelerometer is moved: gravity, half-sine shocks, vibration that sweeps."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hil.emulators.settings import made

Acceleration = tuple[float, float, float]
"""On x, y and z, in g."""

AT_REST: Acceleration = (0.0, 0.0, 1.0)

ABOUT = (
    "`shocks` are tables of `at` (seconds since the start), `g`, `ms` and perhaps `axis` (x, y or "
    "z); `vibrations` of `at`, `seconds`, `g` (the peak), `hz`, and perhaps `to_hz`, to which it "
    "sweeps logarithmically, and `axis`. At rest it measures `gravity`, in g on x, y and z, with "
    "`noise`, in g rms."
)
"""What the settings mean, for a chip's entry in the table of chips."""


def checked(axis: str) -> str:
    """Return the axis; ValueError where there is none of that name."""
    if axis not in {"x", "y", "z"}:
        raise ValueError(f"axis must be x, y or z, not {axis!r}")
    return axis


@dataclass(frozen=True, slots=True)
class Shock:
    """A half-sine pulse: `at` seconds after the start, `peak` in g, `milliseconds` long."""

    at: float
    peak: float
    milliseconds: float
    axis: str = "z"

    def __post_init__(self) -> None:
        checked(self.axis)

    def value(self, when: float) -> float:
        """Return the acceleration in g at `when`."""
        phase = (when - self.at) / (self.milliseconds / 1000.0)
        return self.peak * math.sin(math.pi * phase) if 0.0 <= phase <= 1.0 else 0.0


@dataclass(frozen=True, slots=True)
class Vibration:
    """A sine of `peak` g from `at` on for so many `seconds`, from `hz` to `to_hz`."""

    at: float
    seconds: float
    peak: float
    hz: float
    to_hz: float
    axis: str = "z"

    def __post_init__(self) -> None:
        checked(self.axis)

    def value(self, when: float) -> float:
        """Return the acceleration in g at `when`."""
        passed = when - self.at
        if not 0.0 <= passed <= self.seconds:
            return 0.0
        return self.peak * math.sin(2.0 * math.pi * self._turns(passed))

    def _turns(self, passed: float) -> float:
        growth = math.log(self.to_hz / self.hz) / self.seconds
        if not growth:
            return self.hz * passed
        return self.hz * math.expm1(growth * passed) / growth


class Motion:
    """All that moves one chip, in the chip's own time."""

    def __init__(
        self,
        shocks: Iterable[Shock] = (),
        vibrations: Iterable[Vibration] = (),
        gravity: Acceleration = AT_REST,
    ) -> None:
        self.shocks = sorted(shocks, key=lambda shock: shock.at)
        self._vibrations = list(vibrations)
        self._gravity = gravity

    def hit(self, shock: Shock) -> None:
        """Add a shock."""
        bisect.insort(self.shocks, shock, key=lambda other: other.at)

    def at(self, when: float) -> list[float]:
        """Return the acceleration on x, y and z, in g."""
        g = list(self._gravity)
        for shock in self.shocks:
            if shock.at > when:
                break
            g["xyz".index(shock.axis)] += shock.value(when)
        for each in self._vibrations:
            g["xyz".index(each.axis)] += each.value(when)
        return g


def scripted_shocks(tables: Iterable[Mapping[str, Any]]) -> list[Shock]:
    """Return the shocks of a rig's tables."""
    return [made("a shock", _shock, table) for table in tables]


def scripted_vibrations(tables: Iterable[Mapping[str, Any]]) -> list[Vibration]:
    """Return the vibrations of a rig's tables."""
    return [made("a vibration", _vibration, table) for table in tables]


def _shock(*, at: float, g: float, ms: float, axis: str = "z") -> Shock:
    return Shock(at, g, ms, axis)


def _vibration(
    *, at: float, seconds: float, g: float, hz: float, to_hz: float = 0.0, axis: str = "z"
) -> Vibration:
    return Vibration(at, seconds, g, hz, to_hz or hz, axis)
