"""What is wrong with a modem that does not work, and whether there is coverage. Pure."""

from __future__ import annotations

from drivers.errors import CommandTimeout, DeviceFault, DeviceMissing, DriverError, LinkLost
from drivers.links.causes import PORT_ABSENT
from drivers.modem.answer import Signal
from drivers.modem.causes import NO_PACKETS
from drivers.modem.knowledge import Knowledge
from drivers.modem.ladder import Around, Trouble

COVERED = {"home", "roaming", "denied", "emergency", "sms-only"}
"""States that only a network can bring about."""

FAINT = {"rssi": -110.0, "rscp": -115.0, "rsrp": -125.0}
"""dBm; what is weaker is not heard: a modem's least value stands for all below."""


def trouble_of(error: DriverError, *, greeted: bool) -> Trouble | None:
    """Return what a reset may heal; None for a port that another program has, or no modem."""
    match error:
        case CommandTimeout():
            return Trouble.DEAF if greeted else Trouble.SILENT
        case DeviceMissing(cause=cause) if cause.id == PORT_ABSENT.id:
            return Trouble.GONE
        case LinkLost():
            return Trouble.GONE
        case DeviceFault(cause=cause) if cause.id == NO_PACKETS.id:
            return Trouble.STUCK
        case _:
            return None


def coverage(known: Knowledge, at: float) -> Around | None:
    """Return what the modem says of coverage, heard at `at`; None where it says nothing."""
    best = known.registration
    if best is None or known.sim not in {"ready", None}:
        return None
    return Around(covered=best.state in COVERED or _heard(known.signal), covered_at=at)


def _heard(signal: Signal | None) -> bool:
    if signal is None or signal.dbm is None or signal.measure is None:
        return False
    return signal.dbm > FAINT[signal.measure]
