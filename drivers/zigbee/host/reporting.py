"""What a node is told to report, so that our intervals are kept. Data."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.zigbee.clusters import (
    BATTERY_VOLTAGE,
    HUMIDITY,
    MEASURED_VALUE,
    ON_OFF,
    POWER,
    PRESSURE,
    TEMPERATURE,
)

ZONE_TYPE = 0x0001  # attribute of a zone, ZCL §8.2.2.2.1.2

BATTERY_EVERY = 6 * 3600
"""Seconds: the wish of a cell that lasts years; its forecast needs days anyway."""

MOST_INTERVAL = 0xFFFE  # s; 0xFFFF would end reporting (§2.5.7.1.5)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attribute, and by how many of its units it may change before it is told of early."""

    attribute: int
    change: int
    rare: bool = False

    def bounds(self, interval: float) -> tuple[int, int]:
        """Return the least and the most seconds between two reports, for a device's interval."""
        most = min(MOST_INTERVAL, BATTERY_EVERY if self.rare else max(1, int(interval)))
        return min(most, max(1, most // 10)), most


ATTRIBUTES = {
    TEMPERATURE: (Wanted(MEASURED_VALUE, 50),),  # half a degree
    HUMIDITY: (Wanted(MEASURED_VALUE, 300),),
    PRESSURE: (Wanted(MEASURED_VALUE, 5),),
    POWER: (Wanted(BATTERY_VOLTAGE, 1, rare=True),),
    ON_OFF: (Wanted(MEASURED_VALUE, 1),),
}
"""A zone tells of changes by itself once it is enrolled."""
