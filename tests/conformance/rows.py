"""What the tests here must know of a device that they cannot read off its driver and emulator.

A chip on an I2C bus that speaks by itself needs no row: its entry among the emulated chips says
which driver is its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers import catalog
from hil.emulators.chips.catalog import CHIPS
from hil.rig.one_device import EXAMPLES
from tests.conformance.bench import Bench
from tests.conformance.buses import I2cBench, SpiBench
from tests.conformance.ports import (
    AskedBench,
    GpioBench,
    InputBench,
    NetworkBench,
    OneWireBench,
    SerialBench,
    StackBench,
)

ITEM = "urn:epc:id:sgtin:0614141.812345.6789"

NO_ROW = """{kind} stands in drivers/catalog.py, but no emulator is known to be its own.
A chip on an I2C bus: write hil/emulators/chips/NAME_chip.py; its last lines are the chip's
entry in the table, a ChipKind with driver="{kind}".
Any other device: write its emulator and add it to hil/emulators/catalog.py; what it shows
unless told goes into EXAMPLES of hil/rig/one_device.py, and how driver and emulator meet
into a row of tests/conformance/rows.py."""


@dataclass(frozen=True, slots=True)
class Row:
    """`bench`: how driver and emulator meet. `stir`: makes the device say what it does not say by
    itself. `emulated` and `options`: settings of emulator and driver with which that comes soon.
    `says`: what the driver makes of a device of which nothing was set.
    """

    bench: type[Bench]
    says: Mapping[str, Any]
    emulated: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    stir: Callable[[Any], Awaitable[None]] | None = None


async def shake(bench):
    """A shock, and a look at the acceleration of now."""
    bench.chip.shock(60.0, 20.0)
    await bench.driver.read_once()


async def alarm(bench):
    """An alarm, for who is to have a text message."""
    bench.alarms.append("cargo: too warm")


async def bump(bench):
    """As `shake`, for a part that measures up to 16 g."""
    bench.chip.shock(12.0, 20.0)
    await bench.driver.read_once()


async def drop(bench):
    """As `shake`, so long that 200 samples a second see its shape."""
    bench.emulator.shock(60.0, 60.0)
    await bench.driver.read_once()


async def push(bench):
    """As `drop`, for a part that measures up to 16 g."""
    bench.chip.shock(12.0, 60.0)
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


SCANS = {"emulated": {"every": 0.02}, "options": {"debounce": 0}}
SOON = {"report_interval": 0.05}
SLOWLY = {"rate": 200, "interval": 10.0}  # a sample costs both of them time
ROWS = {
    "barcode.hid": Row(InputBench, {"gtin": "09506000134352"}, **SCANS),
    "barcode.serial": Row(SerialBench, {"gtin": "09506000134352"}, **SCANS),
    "battery.jbd": Row(AskedBench, {"charge": 72.0}, {}, {"interval": AskedBench.INTERVAL}),
    "battery.sbs": Row(I2cBench, {"charge": 72.0}),
    "gnss.nmea": Row(
        SerialBench, {"fix": "3d"}, {"rate": 20.0}, {"interval": 0.2, "silent_after": 0.5}
    ),
    "gpio.input": Row(GpioBench, {"level": 0}, {"every": 0.7}, {"interval": GpioBench.INTERVAL}),
    "gpio.output": Row(GpioBench, {"level": 0}, {}, {"interval": GpioBench.INTERVAL}),
    "modem.at": Row(
        SerialBench,
        {"state": "home"},
        {},
        {"interval": 0.2, "gnss": True, "alarm_numbers": "112"},
        alarm,
    ),
    "rfid.llrp": Row(
        NetworkBench, {"antenna": 1}, {}, SOON | {"inputs": True, "keepalive": 1}, change_input
    ),
    "rfid.m100": Row(SerialBench, {"uri": ITEM}, {"rounds": 50.0}, SOON),
    "rfid.mercury": Row(SerialBench, {"uri": ITEM}, {}, SOON | {"search_ms": 50}),
    "rfid.mfrc522": Row(SpiBench, {"uid": "04E10CDA993C80", "type": "NTAG213"}, stir=lift_card),
    "sensors.adxl345": Row(I2cBench, {"state": "running"}, stir=bump),
    "sensors.adxl375": Row(I2cBench, {"state": "running"}, stir=shake),  # nothing shocks it
    "sensors.adxl375_spi": Row(SpiBench, {"state": "running"}, options=SLOWLY, stir=drop),
    "sensors.ds18b20": Row(OneWireBench, {"temperature": 20.0}, options={"interval": 1}),
    "sensors.lis3dh": Row(I2cBench, {"state": "running"}, options=SLOWLY, stir=push),
    "sensors.lm75": Row(I2cBench, {"temperature": 20.0}),
    "zigbee.node": Row(StackBench, {"temperature": 4.0}, {"every": 0.2}, {"interval": 0.2}),
    "zigbee.radio": Row(StackBench, {"channel": 15}, {"every": 0.2}),
}


def row_of(kind):
    """Return the row of `kind`; what is missing, where there is none."""
    if kind in ROWS:
        return ROWS[kind]
    assert any(chip.driver == kind for chip in CHIPS.values()), NO_ROW.format(kind=kind)
    return Row(I2cBench, {})


def said_of(kind):
    """Return what the driver says first of a device of which nothing was set."""
    says = row_of(kind).says
    if "state" in says:
        return says
    return {"kind": catalog.module(kind).KINDS[0], "quality": "ok", **says}


def bench_of(kind, folder, **options):
    """Return the bench of a device of `kind`, whose driver also has `options`."""
    row = row_of(kind)
    bench = row.bench(kind, folder, row.stir, **EXAMPLES.get(kind, {}) | row.emulated)
    bench.given |= dict(row.options) | options
    return bench
