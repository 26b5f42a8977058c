"""What may be wrong with a battery pack, or with the way to its management."""

from __future__ import annotations

from drivers.cause import DeviceCause, Stage
from drivers.links import causes as links

PROTECTS = DeviceCause(
    "battery.protects",
    symptom="the pack reports a fault",
    sentence="the pack's own management reports a fault, or has switched it off",
    next="keep people away from a pack that is hot or swells; else charge, unload or cool it",
    unproven="whether the cells or the management are at fault",
    stage=Stage.WORKING,
)
DAMAGED = DeviceCause(
    "battery.checksum",
    symptom="values come and are marked corrupt",
    sentence="what the pack sends arrives damaged",
    next="shorten the cable, keep it from motors and chargers, check its ground",
    unproven="where the damage is done",
    stage=Stage.FRAMES,
)
OTHER = DeviceCause(
    "battery.other",
    symptom="no reading comes",
    sentence="what answers there is no battery pack of this kind",
    next="compare the device's kind and its port or address with the wiring",
    unproven="what it is that answers there",
    stage=Stage.IDENTITY,
)
ASLEEP = DeviceCause(
    "battery.silent",
    symptom="no reading comes",
    sentence="the pack's management does not answer: it sleeps, or is not wired",
    next="wake it with a charger or a load; then check that TX goes to RX, and the ground",
    unproven="whether it sleeps, is flat or not wired",
    stage=Stage.ANSWER,
)
REFUSES = DeviceCause(
    "battery.refuses",
    symptom="no reading comes",
    sentence="the pack's management answers that it cannot",
    next="compare its model with this kind: another protocol may be set in its own software",
    unproven="what it lacks",
    stage=Stage.CONTENT,
)
SMART = (PROTECTS, DAMAGED, OTHER, *links.I2C)
JBD = (PROTECTS, DAMAGED, ASLEEP, REFUSES, *links.SERIAL)
