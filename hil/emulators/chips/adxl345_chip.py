"""An Analog Devices ADXL345 at register level (datasheet rev. G), in full resolution at ±16 g.

It is an ADXL375 but for what a digit means.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

from hil.emulators.chips.adxl375_chip import Adxl375Chip
from hil.emulators.chips.i2c_chip import ChipKind, Clock
from hil.emulators.chips.motion import AT_REST, Acceleration, scripted_shocks

NOISE = 0.01  # g rms; table 1: below 1.1 digits of 3.9 mg


class Adxl345Chip(Adxl375Chip):
    """One accelerometer."""

    model = "an ADXL345"
    lsb = 0.0039  # g
    threshold_lsb = 0.0625  # g
    offset_lsb = 0.0156  # g


def accelerometer(
    seed: int,
    clock: Clock,
    *,
    shocks: Iterable[Mapping[str, Any]] = (),
    noise: float = NOISE,
    gravity: Acceleration = AT_REST,
) -> Adxl345Chip:
    """Return a chip; its settings are those of an ADXL375."""
    rng = random.Random(seed)
    return Adxl345Chip(scripted_shocks(shocks), rng, clock, noise=noise, gravity=gravity)


ADXL345 = ChipKind(
    name="adxl345",
    about=(
        "An ADXL345: shocks up to 16 g.\n\n"
        "`shocks`, `gravity` and `noise` are as those of an ADXL375."
    ),
    address=0x53,  # pin ALT ADDRESS low
    make=accelerometer,
    driver="sensors.adxl345",
)
