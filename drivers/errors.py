"""What can go wrong with a device, and whose fault it is.

Every error carries `advice`: the next step for the person in front of the device.
"""

from __future__ import annotations


class DriverError(Exception):
    """A device did not do its job. `advice` says what a person can do about it."""

    advice = "check the device's cable and power"

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class DeviceMissing(DriverError):
    """The port, bus or address is not there: retry until it appears."""

    advice = "check that the device is plugged in and that the path in the configuration names it"


class LinkLost(DriverError):
    """The link broke while in use (unplugged, reset): reopen."""

    advice = "check the plug; the driver reopens the device by itself"


class BadFrame(DriverError):
    """Bytes came that are no frame of this protocol, or whose check failed: skip and go on."""

    advice = "check baud rate, cable length and grounding if this goes on"


class CommandTimeout(DriverError):
    """The device did not answer a command in time: repeat, then reopen."""

    advice = "power-cycle the device if it stays silent"


class DeviceFault(DriverError):
    """The device answered that it cannot: its own fault code is in the text."""

    advice = "read the fault code in the device's manual"


class WrongDevice(DriverError):
    """Something else answers there: stop, as its readings would be taken for another's."""

    advice = "compare the address and the path in the configuration with the wiring"
