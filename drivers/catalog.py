"""The table of devices: kind → module.

A family is imported only when one of its devices is configured.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

from drivers.cause import DeviceCause
from drivers.driver import Driver, DriverModule, Host
from drivers.errors import EVERYWHERE
from foundation.options import OptionValue, complete, unknown

DEVICES: dict[str, str] = {
    "barcode.hid": "drivers.barcode.hid",
    "barcode.serial": "drivers.barcode.serial",
    "battery.jbd": "drivers.battery.jbd",
    "battery.sbs": "drivers.battery.sbs",
    "gnss.nmea": "drivers.gnss.receiver",
    "gpio.input": "drivers.gpio.input",
    "gpio.output": "drivers.gpio.output",
    "modem.at": "drivers.modem.modem",
    "rfid.llrp": "drivers.rfid.llrp.reader",
    "rfid.m100": "drivers.rfid.m100",
    "rfid.mercury": "drivers.rfid.mercury",
    "rfid.mfrc522": "drivers.rfid.mfrc522",
    "sensors.adxl345": "drivers.sensors.adxl345",
    "sensors.adxl375": "drivers.sensors.adxl375",
    "sensors.adxl375_spi": "drivers.sensors.adxl375_spi",
    "sensors.bme280": "drivers.sensors.bme280",
    "sensors.ds18b20": "drivers.sensors.ds18b20",
    "sensors.lis3dh": "drivers.sensors.lis3dh",
    "sensors.lm75": "drivers.sensors.lm75",
    "sensors.sht3x": "drivers.sensors.sht3x",
    "sensors.sht4x": "drivers.sensors.sht4x",
    "zigbee.node": "drivers.zigbee.node",
    "zigbee.radio": "drivers.zigbee.radio",
}


def module(kind: str) -> DriverModule:
    """Import the module of `kind`; KeyError when there is no such kind."""
    return cast("DriverModule", importlib.import_module(DEVICES[kind]))


def causes(kind: str) -> tuple[DeviceCause, ...]:
    """Return the rows of a device's kind, its own first; KeyError when there is no such kind."""
    return (*module(kind).CAUSES, *EVERYWHERE)


def check_options(kind: str, given: Mapping[str, object]) -> dict[str, OptionValue]:
    """Return the complete options of a device of `kind`; OptionError names the first wrong one."""
    options = module(kind).OPTIONS
    values, wrong = complete(options, given, kind)
    for error in (*unknown(given, [each.name for each in options], kind), *wrong):
        raise error
    return values


def build(kind: str, name: str, given: Mapping[str, object], host: Host) -> Driver:
    """Make the driver of a device; opens nothing. Raises KeyError or OptionError."""
    return module(kind).build(name, check_options(kind, given), host)
