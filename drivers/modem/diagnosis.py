"""What keeps data from passing, by what a modem says: card first, then network, then call. Pure."""

from __future__ import annotations

from typing import NamedTuple

from drivers.cause import DeviceCause
from drivers.modem import causes
from drivers.modem.knowledge import Knowledge

NOT_KNOWN = {2, 3, 6, 7, 8}  # TS 24.008 annex G: card or device illegal or unknown, or no packets
NO_ROAMING = {11, 12, 13, 14}  # this network, this area, or no packets in this network

_SIMS = {
    "absent": causes.NO_SIM,
    "puk": causes.PUK,
    "locked": causes.LOCKED,
    "failure": causes.SIM_FAILS,
    "wrong": causes.LOCKED,
    "pin": causes.PIN,
}
_UNREGISTERED = {
    "denied": causes.REFUSED,
    "emergency": causes.EMERGENCY,
    "sms-only": causes.MESSAGES_ONLY,
    "searching": causes.SEARCHING,
}


class Diagnosis(NamedTuple):
    """What is wrong, in words, and its row; neither where nothing is."""

    problem: str | None = None
    cause: DeviceCause | None = None


def of(cause: DeviceCause, more: str = "") -> Diagnosis:
    """Return a diagnosis that says what the row says, and more of this case."""
    return Diagnosis(f"{cause.sentence}{more}", cause)


def diagnose(known: Knowledge) -> Diagnosis:
    """Return the first thing that keeps data from passing."""
    if known.sim in _SIMS:
        return of(_SIMS[known.sim])
    best = known.registration
    if best is None:
        return Diagnosis()
    if not known.registered:
        return _refused(best.state, best.cause)
    if known.address is None:
        return of(causes.NO_CALL, f": {known.refused}" if known.refused else "")
    if known.passes is False:
        return of(causes.NO_PACKETS)
    return Diagnosis()


def _refused(state: str, number: int | None) -> Diagnosis:
    row = _UNREGISTERED.get(state, causes.NO_NETWORK)
    if number is None or row is not causes.REFUSED:
        return of(row)
    if number in NO_ROAMING:
        row = causes.NO_ROAMING
    elif number in NOT_KNOWN:
        row = causes.NOT_KNOWN
    return of(row, f" (cause {number})")
