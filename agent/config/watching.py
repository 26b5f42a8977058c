"""[silence] and [health]: what is noticed of devices and of the gateway itself."""

from __future__ import annotations

from foundation.dataclass import dataclass
from foundation.options import option

EN_12830_MINUTES = (5, 15, 60)
"""Longest recording intervals of EN 12830: transport under 24 h, 1 to 7 days, and beyond."""


@dataclass(frozen=True, slots=True)
class SilenceSettings:
    """[silence]."""

    limit_minutes: int = option(
        int,
        "longest recording interval of EN 12830 for this journey",
        default=EN_12830_MINUTES[0],
        unit="min",
        choices=EN_12830_MINUTES,
    )


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """[health]."""

    enabled: bool = option(bool, "record the gateway's own health", default=True)
    interval: float = option(
        float, "time between two looks", default=60.0, minimum=1.0, maximum=86400.0, unit="s"
    )
