"""Why a sensor gives no value, or a doubtful one."""

from __future__ import annotations

from drivers.cause import DeviceCause, DeviceFacts, Stage
from drivers.links.causes import BUS_HANGS, I2C, SPI
from foundation.cause import Finding, no, perhaps, yes
from foundation.counting import counted

VALUES_DOUBTFUL = "values come and are marked corrupt or suspect"


def _resets(facts: DeviceFacts) -> Finding:
    """Look how often the chip forgot its set-up since the agent started."""
    if facts.word is None:
        return perhaps()
    resets = facts.word.counters.get("resets", 0)
    if not resets:
        return perhaps(contra=("it kept its set-up since the agent started",))
    return yes(f"it lost its set-up {counted(resets, 'time')} since the agent started")


def _quiet_so_far(facts: DeviceFacts) -> Finding:
    if facts.word is not None and facts.word.well and not facts.word.counters.get("bad frames", 0):
        return no("no check failed since the agent started")
    return perhaps()


WIRES = DeviceCause(
    "sensor.checksum",
    symptom=VALUES_DOUBTFUL,
    sentence="what the chip sends arrives damaged",
    next="shorten the sensor's cable, keep it from motors and check the pull-ups",
    unproven="whether cable, pull-ups or chip damage it",
    stage=Stage.WORKING,
    test=_quiet_so_far,
)
SUPPLY = DeviceCause(
    "sensor.supply",
    symptom="values are missing now and then",
    sentence="the chip lost its set-up: its supply dips",
    next="check the chip's supply and connector, and that no other program uses it",
    unproven="whether its supply dips or another program resets it",
    stage=Stage.WORKING,
    test=_resets,
)
HEATED = DeviceCause(
    "sensor.heater",
    symptom="the temperature is too high",
    sentence="somebody switched the chip's heater on",
    next="find the program that switches it on: no other may use this chip",
    unproven="which program it is",
    stage=Stage.WORKING,
)
OTHER_CHIP = DeviceCause(
    "sensor.other-chip",
    symptom="no reading comes",
    sentence="another chip answers at the address",
    next="compare the device's kind, and the options `address` and `chip`, with the wiring",
    unproven="which chip it is, where its id does not tell",
    stage=Stage.IDENTITY,
)
NOT_TAKEN = DeviceCause(
    "sensor.shared",
    symptom="no reading comes",
    sentence="the chip does not take its set-up",
    next="another program may use this chip; else power-cycle it",
    unproven="whether another program changes it",
    stage=Stage.CONTENT,
)
CHIP_HANGS = DeviceCause(
    "sensor.hangs",
    symptom="the chip answers and gives no value",
    sentence="the chip hangs or is broken",
    next="power-cycle it; replace it if this comes back",
    unproven="whether it is broken",
    stage=Stage.CONTENT,
)

STANDS_STILL = DeviceCause(
    "sensor.stuck",
    symptom="a value does not move any more",
    sentence="the chip says the same value again and again, without its own noise",
    next="dry the sensor if it is wet, then power-cycle it; replace it if this comes back",
    unproven="whether it is wet, frozen or broken",
    stage=Stage.CONTENT,
)

CAUSES = (*I2C, BUS_HANGS, OTHER_CHIP, NOT_TAKEN, CHIP_HANGS, WIRES, SUPPLY, HEATED)

ON_SPI_SILENT = DeviceCause(
    "sensor.no-answer",
    symptom="no reading comes",
    sentence="no chip answers at the chip select",
    next="check the chip's supply, its four wires and the chip select; "
    "MISO and MOSI may be swapped",
    unproven="whether the chip, its supply or a wire failed",
    stage=Stage.ANSWER,
)
ON_SPI = (
    *SPI,
    ON_SPI_SILENT,
    OTHER_CHIP,
    NOT_TAKEN,
    CHIP_HANGS,
    WIRES,
    SUPPLY,
    STANDS_STILL,
)
"""What may be wrong with a chip on SPI."""

NO_PROBE = DeviceCause(
    "onewire.absent",
    symptom="no reading comes",
    sentence="the kernel knows no probe of that number on one-wire",
    next="compare `port` with: ls /sys/bus/w1/devices; check the plug and dtoverlay=w1-gpio",
    command="ls /sys/bus/w1/devices",
    unproven="whether the probe is unplugged or another one is configured",
    stage=Stage.PLACE,
)
PROBE_SILENT = DeviceCause(
    "onewire.silent",
    symptom="no reading comes",
    sentence="the kernel asked the probe and nothing answered",
    next="check the probe's plug, its supply and the pull-up of 4.7 kΩ",
    unproven="whether wire, supply, pull-up or probe is at fault",
    stage=Stage.ANSWER,
)
OTHER_PROBE = DeviceCause(
    "onewire.other",
    symptom="no reading comes",
    sentence="another kind of sensor answers on one-wire",
    next="take a DS18B20: the DS18S20 and others count otherwise",
    unproven="which sensor it is",
    stage=Stage.IDENTITY,
)
PROBE_SUPPLY = DeviceCause(
    "onewire.supply",
    symptom="85.0 °C, or no value",
    sentence="the probe loses its supply while it measures",
    next="give it 3.3 V on a wire of its own, or a strong pull-up; shorten the line",
    unproven="whether supply, line or a forged probe is at fault",
    stage=Stage.CONTENT,
)
ONE_WIRE_NOISE = DeviceCause(
    "onewire.checksum",
    symptom=VALUES_DOUBTFUL,
    sentence="what the probe sends arrives damaged",
    next="shorten the line, make it one line without branches, check the pull-up of 4.7 kΩ",
    unproven="whether line, pull-up or noise damages it",
    stage=Stage.WORKING,
    test=_quiet_so_far,
)
ONE_WIRE = (NO_PROBE, PROBE_SILENT, OTHER_PROBE, PROBE_SUPPLY, ONE_WIRE_NOISE)
