"""The table of emulators: kind → `module:Class`. What sits on an I2C bus is in `chips/catalog.py`.

Each is made from keyword arguments (those of the rig's TOML) and has `async run()` until
cancelled, `plug()` and `unplug()`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from hil.emulators.choices import chosen
from hil.emulators.settings import made

EMULATORS: dict[str, str] = {
    "barcode.hid": "hil.emulators.input.barcode_keyboard:KeyboardGun",
    "barcode.serial": "hil.emulators.serial.barcode_scanner:SerialGun",
    "battery.jbd": "hil.emulators.serial.jbd_pack:JbdPack",
    "gnss.nmea": "hil.emulators.serial.gnss_receiver:GnssReceiver",
    "gpio.input": "hil.emulators.gpio.chip:GpioChip",
    "gpio.output": "hil.emulators.gpio.chip:GpioChip",
    "i2c.bus": "hil.emulators.bus.i2c_bus:I2cBus",
    "modem.at": "hil.emulators.serial.at_modem:AtModem",
    "rfid.llrp": "hil.emulators.llrp.reader:LlrpReader",
    "rfid.m100": "hil.emulators.serial.m100_module:M100Module",
    "rfid.mercury": "hil.emulators.serial.mercury_module:MercuryModule",
    "rfid.mfrc522": "hil.emulators.nfc.mfrc522_board:Mfrc522Board",
    "sensors.adxl375_spi": "hil.emulators.bus.adxl375_board:Adxl375Board",
    "sensors.ds18b20": "hil.emulators.onewire.w1_probe:W1Probe",
    "zigbee.ezsp": "hil.emulators.zigbee.ezsp_stick:EzspStick",
    "zigbee.node": "hil.emulators.zigbee.stack_socket:StackNode",
    "zigbee.radio": "hil.emulators.zigbee.stack_socket:StackRadio",
    "zigbee.znp": "hil.emulators.zigbee.znp_stick:ZnpStick",
}


class Emulator(Protocol):
    """One emulated device."""

    @property
    def where(self) -> str:
        """What leads to it: the path of a port, a bus's socket, HOST:PORT."""
        ...

    def plug(self) -> None:
        """Make the device appear where drivers look for it."""
        ...

    def unplug(self) -> None:
        """Make it vanish, as a pulled plug does."""
        ...

    async def run(self) -> None:
        """Plug in if need be and behave like the device, until cancelled; then unplug."""
        ...


def emulator_class(kind: str) -> Callable[..., Emulator]:
    """Import the class of `kind`; ValueError lists the kinds there are."""
    module, name = chosen(EMULATORS, kind, "no kind of device").split(":")
    return cast("Callable[..., Emulator]", getattr(importlib.import_module(module), name))


def make(kind: str, settings: Mapping[str, Any]) -> Emulator:
    """Make the emulator of `kind`; ValueError names what is wrong with kind or settings."""
    return made(kind, emulator_class(kind), settings)
