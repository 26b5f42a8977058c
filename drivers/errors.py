"""What can go wrong with a device, and whose fault it is.

Every error carries the row of its `cause` (`drivers.cause`), and with it `advice`: the next step
for the person in front of the device.
"""

from __future__ import annotations

from dataclasses import replace

from drivers.cause import DeviceCause, DeviceFacts, Stage
from foundation.cause import UNKNOWN, Finding, no, yes


def _says_nothing(facts: DeviceFacts) -> Finding:
    word = facts.word
    if word is None:
        return UNKNOWN
    if not word.silent:
        return no("its readings come as often as they should")
    if word.state == "running" and not word.cause:
        return yes("its driver has nothing to say against it, and no reading comes")
    return UNKNOWN


MISSING = DeviceCause(
    "device.missing",
    symptom="no reading comes",
    sentence="the device is not where the configuration says",
    next="check that the device is plugged in and that the path in the configuration names it",
    unproven="whether it is off, unplugged or in another place",
    stage=Stage.PLACE,
)
LOST = DeviceCause(
    "device.lost",
    symptom="readings stopped all at once",
    sentence="the link to the device broke while it was in use",
    next="check the plug; the driver reopens the device by itself",
    unproven="whether plug, cable, supply or hub let go",
    stage=Stage.PLACE,
)
DAMAGED = DeviceCause(
    "device.damaged",
    symptom="bytes come and no reading",
    sentence="what the device sends arrives damaged",
    next="check baud rate, cable length and grounding if this goes on",
    unproven="where the damage is done",
    stage=Stage.FRAMES,
)
SILENT = DeviceCause(
    "device.silent",
    symptom="no reading comes",
    sentence="the device does not answer",
    next="power-cycle the device if it stays silent",
    unproven="whether it hangs, has no power or does not hear us",
    stage=Stage.ANSWER,
)
FAULT = DeviceCause(
    "device.fault",
    symptom="the device answers and gives no reading",
    sentence="the device says itself that it cannot",
    next="read the fault code in the device's manual",
    unproven="what is broken inside it",
    stage=Stage.CONTENT,
)
OTHER = DeviceCause(
    "device.other",
    symptom="no reading comes",
    sentence="something else answers where the device should be",
    next="compare the address and the path in the configuration with the wiring",
    unproven="what it is that answers there",
    stage=Stage.IDENTITY,
)
CRASHED = DeviceCause(
    "device.driver-failed",
    symptom="no reading comes, whatever is plugged in",
    sentence="the device's driver failed: a mistake of this program",
    next="report it with the log: journalctl -u tallyman",
    command="journalctl -u tallyman -e",
    unproven="what in the device's answers led to it",
)
QUIET = DeviceCause(
    "device.quiet",
    symptom="the device runs and its readings stay away",
    sentence="the device says nothing new for longer than its interval",
    next="look at it, then read it once: tallyman read {name}",
    command="tallyman read {name}",
    unproven="whether it has nothing to say or cannot",
    test=_says_nothing,
)

EVERYWHERE = (CRASHED, QUIET, MISSING, LOST, SILENT, OTHER, FAULT, DAMAGED)
"""Rows that any device may have."""


class DriverError(Exception):
    """A device did not do its job.

    `cause` is the row that says why, in its class's place where that is not known more exactly;
    `advice` replaces that row's next step, as for an order that a device did not carry out.
    """

    cause = replace(SILENT, next="check the device's cable and power")

    def __init__(
        self, message: str, *, cause: DeviceCause | None = None, advice: str | None = None
    ) -> None:
        super().__init__(message)
        if cause is not None:
            self.cause = cause
        if advice is not None:
            self.cause = replace(self.cause, next=advice)

    @property
    def advice(self) -> str:
        """The next step."""
        return self.cause.next


class DeviceMissing(DriverError):
    """The port, bus or address is not there: retry until it appears."""

    cause = MISSING


class LinkLost(DriverError):
    """The link broke while in use (unplugged, reset): reopen."""

    cause = LOST


class BadFrame(DriverError):
    """Bytes came that are no frame of this protocol, or whose check failed: skip and go on."""

    cause = DAMAGED


class CommandTimeout(DriverError):
    """The device did not answer a command in time: repeat, then reopen."""

    cause = SILENT


class DeviceFault(DriverError):
    """The device answered that it cannot: its own fault code is in the text."""

    cause = FAULT


class WrongDevice(DriverError):
    """Something else answers there: stop, as its readings would be taken for another's."""

    cause = OTHER
