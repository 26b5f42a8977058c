"""Why a UHF module or an NFC board on a wire reads nothing, or less than it should."""

from __future__ import annotations

from dataclasses import replace

from drivers.cause import DeviceCause, Stage
from drivers.links.causes import SERIAL, SPI

NO_TAG = "no tag is read"
SUPPLY_AND_WIRES = "check the module's plugs and ground wire, its supply, and how long the cable is"

MODULE_SILENT = DeviceCause(
    "module.silent",
    symptom=NO_TAG,
    sentence="the module does not answer at any rate",
    next="check the module's supply and plugs, RX and TX; power-cycle it if it stays silent",
    unproven="whether it hangs, has no power or a wire is off",
    stage=Stage.ANSWER,
)
MODULE_NOISE = DeviceCause(
    "module.noise",
    symptom=NO_TAG,
    sentence="nothing that comes from the module can be read",
    next=SUPPLY_AND_WIRES,
    unproven="where the damage is done",
    stage=Stage.FRAMES,
)
NOT_THE_MODULE = DeviceCause(
    "module.other-device",
    symptom=NO_TAG,
    sentence="what answers at the port is not this module",
    next="check that {port} is the module's port and {baudrate} baud its rate",
    unproven="what it is",
    stage=Stage.IDENTITY,
)
OTHER_RATE = DeviceCause(
    "module.baud-rate",
    symptom="tags are read after a long start",
    sentence="the module talks at another baud rate than the configured one",
    next="set baudrate = {rate} in its configuration",
    unproven="who changed it",
    stage=Stage.WORKING,
)
LOST_REPORTS = DeviceCause(
    "module.unreadable",
    symptom=NO_TAG,
    sentence="the module reports, and none of its reports can be read",
    next=SUPPLY_AND_WIRES,
    unproven="whether the cable or the module damages them",
    stage=Stage.CONTENT,
)
MODULE_FAULT = DeviceCause(
    "module.fault",
    symptom=NO_TAG,
    sentence="the module says itself that it cannot read",
    next="read the code in the module's manual; check antenna, supply and heat",
    unproven="what is broken",
    stage=Stage.CONTENT,
)
MODULE = (
    *SERIAL, MODULE_SILENT, NOT_THE_MODULE, MODULE_NOISE, LOST_REPORTS, MODULE_FAULT, OTHER_RATE,
)  # fmt: skip

BOARD_SILENT = DeviceCause(
    "nfc.no-answer",
    symptom="no card is read",
    sentence="no chip answers on the bus",
    next="check the board's supply (3.3 V), its six wires and the chip select; "
    "RST must be at 3.3 V",
    unproven="whether the board, its supply or a wire failed",
    stage=Stage.ANSWER,
)
BOARD_RESET = DeviceCause(
    "nfc.supply",
    symptom="cards stop being read for a moment",
    sentence="the chip lost its settings: its supply dipped",
    next="check its plug and supply; the field draws up to 100 mA at 3.3 V",
    unproven="whether the supply dipped or it was unplugged",
    stage=Stage.ANSWER,
)
BOARD_BROKEN = DeviceCause(
    "nfc.self-test",
    symptom="no card is read",
    sentence="the chip fails its self test",
    next="replace the board, or set self_test = false",
    unproven="whether it is broken or a clone whose test gives other bytes",
    stage=Stage.CONTENT,
)
BOARD = (*SPI, BOARD_SILENT, BOARD_RESET, BOARD_BROKEN)

MODULE_FELL_SILENT = replace(MODULE_SILENT, sentence="the module fell silent")
