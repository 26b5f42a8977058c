"""The table of chips for an emulated I2C bus, by the name that a rig calls them.

Each chip's own file says what stands in its entry.
"""

from __future__ import annotations

from collections.abc import Mapping

from hil.emulators.chips.adxl375_chip import ADXL375
from hil.emulators.chips.i2c_chip import ChipKind
from hil.emulators.chips.lm75_chip import LM75, TMP105
from hil.emulators.chips.sht3x_chip import SHT3X
from hil.emulators.choices import chosen

CHIPS: Mapping[str, ChipKind] = {kind.name: kind for kind in (ADXL375, LM75, SHT3X, TMP105)}


def chip_kind(name: str) -> ChipKind:
    """Return the entry of that name; ValueError lists the names there are."""
    return chosen(CHIPS, name, "no chip")
