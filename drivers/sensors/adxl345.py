"""ADXL345 on I2C: shocks up to ±16 g.

It has the registers of an ADXL375, and is read by its driver. A parcel that falls takes more than
it can measure: such shocks are marked `saturated`.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.driver import Host
from drivers.sensors import adxl375, adxl375_codec
from foundation.options import OptionValue, option, options_of, settings_of

KINDS = adxl375.KINDS
CAUSES = adxl375.CAUSES


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one accelerometer."""

    bus: str = option(str, "the I2C bus, such as /dev/i2c-1, run at 400 kHz")
    address: int = option(
        int,
        "0x53 (pin ALT ADDRESS low) or 0x1D (high)",
        0x53,
        choices=adxl375.ADDRESSES,
        hexadecimal=True,
    )
    # Gravity counts, and a truck on the road makes 1 g and more beside it.
    threshold_g: float = option(float, "acceleration that makes a shock", 6.0, 2.0, 15.0, "g")
    poll: float = option(float, "time between looks for a shock", 0.1, 0.01, 1.0, "s")


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> adxl375.Adxl375:
    """Make the driver; opens nothing."""
    return adxl375.Adxl375(name, settings_of(Settings, options), host, adxl375_codec.ADXL345)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: no shock is no news."""
    return adxl375.interval(options)
