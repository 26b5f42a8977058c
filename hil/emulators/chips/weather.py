"""The air around every chip: temperature and humidity that swing and are measured with noise."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

Weather = Callable[[float], tuple[float, float]]
"""Seconds since the start → °C, %RH."""

ABOUT = (
    "Its air swings from `low` to `high` °C and back in `period` s; `noise` is the standard "
    "deviation of what it measures, in °C. It warms itself by `heating` °C, most of it within "
    "its first half hour."
)
"""What the settings of a chip in the weather mean, for its entry in the table of chips."""

LOW, HIGH = 20.0, 20.0  # °C, where nothing else is said
PERIOD = 600.0  # s
DAMPEST, DRYING = 65.0, 15.0  # %RH: at `low`, and what is lost of it up to `high`
HUMIDITY_NOISE = 5.0  # %RH for each °C of noise
WARMING = 600.0  # s until a part that warms itself is at 63 % of it


def drift(
    low: float, high: float, period: float, noise: float, seed: int, heating: float = 0.0
) -> Weather:
    """Return a cargo space that swings from `low` to `high` °C and back in `period` seconds.

    `noise` is the standard deviation in °C; humidity falls while temperature rises. What is
    measured of it becomes too warm by `heating` °C.
    """
    if period <= 0:
        raise ValueError(f"period must be above 0 s, not {period:g}")
    rng = random.Random(seed)

    def at(seconds: float) -> tuple[float, float]:
        warmth = (1.0 - math.cos(2.0 * math.pi * seconds / period)) / 2.0
        temperature = low + (high - low) * warmth + rng.gauss(0.0, noise)
        temperature += heating * (1.0 - math.exp(-seconds / WARMING))
        humidity = DAMPEST - DRYING * warmth + rng.gauss(0.0, HUMIDITY_NOISE * noise)
        return temperature, min(100.0, max(0.0, humidity))

    return at
