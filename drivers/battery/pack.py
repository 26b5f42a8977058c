"""What is known of a pack at one moment, and the fields of its reading. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.battery.kinds import BATTERY
from drivers.kind import Kind
from drivers.reading import FieldValue

KIND = BATTERY.name
COLDEST, HOTTEST = -40.0, 125.0  # °C; what no pack's probe can be outside of
MOST_CHARGE = 100.0  # %
KELVIN = 273.1  # 0 °C in the tenths of a kelvin that both protocols count in


@dataclass(frozen=True, slots=True)
class Pack:
    """Natural units as in the kind; None and empty: unknown."""

    charge: float | None = None
    state: str | None = None
    voltage: float | None = None
    current: float | None = None
    temperatures: Sequence[float] = ()
    remaining: float | None = None
    full: float | None = None
    cells: Sequence[float] = ()
    cycles: int | None = None
    faults: Sequence[str] = ()

    @property
    def possible(self) -> bool:
        """Whether a pack can be so: else something that can be read makes no sense."""
        warm = all(COLDEST <= each <= HOTTEST for each in self.temperatures)
        return warm and (self.charge is None or 0.0 <= self.charge <= MOST_CHARGE)

    def fields(self) -> dict[str, FieldValue]:
        """Return the fields of its reading."""
        several = len(self.temperatures) > 1
        return {
            "charge": self.charge,
            "state": self.state,
            "voltage": self.voltage,
            "current": self.current,
            "temperature": max(self.temperatures, default=None),
            "temperature_low": min(self.temperatures) if several else None,
            "remaining": self.remaining,
            "full": self.full,
            "cell_low": min(self.cells, default=None),
            "cell_high": max(self.cells, default=None),
            "cells": " ".join(f"{each:.3f}" for each in self.cells) or None,
            "cycles": self.cycles,
            "faults": ", ".join(self.faults) or None,
        }


def nothing(kind: Kind = BATTERY) -> dict[str, FieldValue]:
    """Return the fields of a reading that says nothing."""
    return {field.name: None for field in kind.fields}


def state_of(current: float, *, empty: bool = False, full: bool = False) -> str:
    """Return what a pack does; current in A, positive into it."""
    if empty or full:
        return "empty" if empty else "full"
    if current == 0.0:
        return "idle"
    return "charging" if current > 0.0 else "discharging"
