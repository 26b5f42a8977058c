"""What the tests here must know of a device that they cannot read off its driver and emulator.

A chip on an I2C bus that speaks by itself needs no row: the table of emulated chips
(`hil/emulators/chips/catalog.py`) says which driver is its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hil.emulators.chips.catalog import CHIPS
from tests.conformance.bench import Bench
from tests.conformance.buses import I2cBench, SpiBench
from tests.conformance.ports import InputBench, NetworkBench, SerialBench

SGTIN = "3074257BF7194E4000001A85"
LABEL = "]d2010950600013435221S1"

NO_ROW = """{kind} stands in drivers/catalog.py, but no emulator is known to be its own.
A chip on an I2C bus: write hil/emulators/chips/NAME_chip.py and add its entry, with
driver="{kind}", to hil/emulators/chips/catalog.py.
Any other device: write its emulator, add it to hil/emulators/catalog.py, and a row to
tests/conformance/rows.py that says how driver and emulator meet."""


@dataclass(frozen=True, slots=True)
class Row:
    """`bench`: how driver and emulator meet. `emulated`: settings with which it has something to
    say at once. `options`: those with which the driver tells it soon. `stir`: what makes it say
    what it does not say by itself.
    """

    bench: type[Bench]
    emulated: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    stir: Callable[[Any], Awaitable[None]] | None = None


async def shake(bench):
    """A shock, and a look at the acceleration of now."""
    bench.chip.shock(60.0, 20.0)
    await bench.driver.read_once()


async def change_input(bench):
    for level in "10":
        bench.emulator.fault("input", "1", level)


async def lift_card(bench):
    """Take the card away for so long that it has left, and lay it down again."""
    card = bench.emulator.parts["card-1"]
    card.unplug()
    await bench.passes(2.0)
    card.plug()


ROWS = {
    "barcode.hid": Row(
        InputBench, {"scans": [LABEL], "repeat": True, "every": 0.02}, {"debounce": 0}
    ),
    "barcode.serial": Row(
        SerialBench, {"scans": [LABEL], "repeat": True, "every": 0.02}, {"debounce": 0}
    ),
    "gnss.nmea": Row(
        SerialBench,
        {"rate": 20.0, "route": [{"at": 0, "lat": 48.1, "lon": 11.5}]},
        {"interval": 0.2, "silent_after": 0.5},
    ),
    "rfid.llrp": Row(
        NetworkBench,
        {"tags": 4, "seed": 1},
        {"report_interval": 0.05, "inputs": True, "keepalive": 1},
        change_input,
    ),
    "rfid.m100": Row(
        SerialBench, {"tags": [{"epc": SGTIN}], "rounds": 50.0}, {"report_interval": 0.05}
    ),
    "rfid.mercury": Row(
        SerialBench, {"tags": [{"epc": SGTIN}]}, {"report_interval": 0.05, "search_ms": 50}
    ),
    "rfid.mfrc522": Row(SpiBench, {"cards": [{"uid": "04E10CDA993C80"}]}, {}, lift_card),
    "sensors.adxl375": Row(I2cBench, {}, {}, shake),
}


def bench_of(kind, folder, **options):
    """Return the bench of a device of `kind`, whose driver also has `options`."""
    row = ROWS.get(kind)
    if row is None:
        assert any(chip.driver == kind for chip in CHIPS.values()), NO_ROW.format(kind=kind)
        row = Row(I2cBench)
    bench = row.bench(kind, folder, row.stir, **row.emulated)
    bench.given |= dict(row.options) | options
    return bench
