"""The table of chips for an emulated I2C bus, by the name that a rig calls them.

It is made of the entries in this folder's files NAME_chip.py: each chip's own says what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from hil.emulators import chips
from hil.emulators.chips.i2c_chip import ChipKind
from hil.emulators.choices import chosen


def _entries() -> Iterator[ChipKind]:
    for file in iter_modules(chips.__path__, f"{chips.__name__}."):
        if file.name.endswith("_chip"):
            values = vars(import_module(file.name)).values()
            yield from (each for each in values if isinstance(each, ChipKind))


CHIPS: Mapping[str, ChipKind] = {kind.name: kind for kind in _entries()}


def chip_kind(name: str) -> ChipKind:
    """Return the entry of that name; ValueError lists the names there are."""
    return chosen(CHIPS, name, "no chip")
