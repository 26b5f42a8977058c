"""The rig of `hil emulate KIND`: one device, of any kind that there is a driver for."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hil.emulators.bus.chip_slot import ChipSlot
from hil.emulators.bus.i2c_bus import I2cBus
from hil.emulators.catalog import emulator_class
from hil.emulators.chips.catalog import CHIPS
from hil.emulators.chips.i2c_chip import ChipKind
from hil.emulators.choices import chosen
from hil.emulators.settings import Setting, check_names, settings_of
from hil.rig.rig import BUS, NETWORK, Rig

I2C_BUS, SPI_BUS, GPIO_CHIP = "/dev/i2c-9", "/dev/spidev9.0", "/dev/gpiochip9"
"""Device files that a board hardly has: its own stay what they are."""

FILES = {
    "rfid.mfrc522": SPI_BUS,
    "sensors.adxl375_spi": SPI_BUS,
    "gpio.input": GPIO_CHIP,
    "gpio.output": GPIO_CHIP,
}
"""Kinds that have a device file to themselves, and which."""

RIGS = Path(__file__).parents[1] / "rigs"
LABEL = "]d20109506000134352"  # GS1's example of a GTIN, in a DataMatrix
TAG = {"epc": "3074257BF7194E4000001A85"}  # SGTIN-96 of GS1's example company

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "barcode.hid": {"scans": [LABEL], "every": 2.0, "repeat": True},
    "barcode.serial": {"scans": [LABEL], "every": 2.0, "repeat": True},
    "gnss.nmea": {"route": str(RIGS / "torino-novara.csv")},
    "gpio.input": {"line": 17, "every": 2.0},
    "gpio.output": {"line": 27},
    "modem.at": {"place": (45.0703, 7.6869)},
    "rfid.m100": {"tags": [TAG]},
    "rfid.mercury": {"tags": [TAG]},
    "rfid.mfrc522": {"cards": [{"uid": "04E10CDA993C80"}]},
    "zigbee.node": {"radio": "radio-1", "ieee": "00158d0000000001"},
    "zigbee.radio": {"port": "/dev/ttyUSB0"},
}
"""What a device shows that would show nothing by itself, unless told what to show."""

CONTENTS = frozenset({"scans", "route", "capture", "tags", "cards"})
"""Settings that tell it."""

OF_A_SLOT = (
    "`faults` is a table of shares: so many of all transfers suffer a `nack`, an `error` or one of "
    "the chip's own faults. All chance is drawn from `seed`."
)


def chips_of(kind: str) -> dict[str, ChipKind]:
    """Return the I2C chips that the driver `kind` reads, by their names; most kinds read none."""
    return {name: chip for name, chip in CHIPS.items() if chip.driver == kind}


def on_bus(kind: str) -> bool:
    """Whether a device of this kind is found by a device file."""
    return kind in FILES or bool(chips_of(kind))


def about(kind: str) -> str:
    """Return what the emulator says of itself and of its settings."""
    chips = chips_of(kind)
    if not chips:
        return inspect.getdoc(emulator_class(kind)) or ""
    return "\n\n".join((*dict.fromkeys(chip.about for chip in chips.values()), OF_A_SLOT))


def settings_for(kind: str) -> dict[str, Setting]:
    """Return what can be set of a device of this kind."""
    chips = chips_of(kind)
    if not chips:
        found = settings_of(emulator_class(kind))
        shown = {name: found[name].but(value) for name, value in EXAMPLES.get(kind, {}).items()}
        return {name: each for name, each in (found | shown).items() if name != "link"}
    first, *others = chips.values()
    place = settings_of(ChipSlot)
    found = {"chip": Setting("chip", str, first.name)} if others else {}
    found |= place | {"address": place["address"].but(first.address)}
    for chip in chips.values():
        found |= settings_of(chip.make)
    return found | {"seed": settings_of(I2cBus)["seed"]}


def rig_of(kind: str, link: Path, given: Mapping[str, Any], bus: str | None = None) -> Rig:
    """Return the rig whose one device is found at `link`, or on `bus` where its kind needs one.

    ValueError names the settings that the kind has not.
    """
    check_names(kind, settings_for(kind), given)
    chips = chips_of(kind)
    if chips:
        return Rig(kind, (_bus_table(kind, chips, link.name, given, bus or I2C_BUS),))
    table = {"name": link.name, "kind": kind}
    if kind in FILES:
        table["path"] = bus or FILES[kind]
    if kind in NETWORK:
        table["listen"] = settings_for(kind)["listen"].default
    example = {} if CONTENTS & given.keys() else EXAMPLES.get(kind, {})
    return Rig(kind, ({**table, **example, **given},))


def _bus_table(
    kind: str, chips: Mapping[str, ChipKind], name: str, given: Mapping[str, Any], bus: str
) -> dict[str, Any]:
    settings = dict(given)
    chip = chosen(chips, settings.pop("chip", next(iter(chips))), f"{kind} reads no chip")
    table = {"name": name, "kind": BUS, "path": bus}
    if "seed" in settings:
        table["seed"] = settings.pop("seed")
    one = {"name": name, "kind": chip.name, "address": chip.address, **settings}
    return table | {"chips": [one]}
