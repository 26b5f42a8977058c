"""What keeps data from passing, by what a modem says: card first, then network, then call. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from drivers.cause import DeviceCause
from drivers.modem import causes
from drivers.modem.knowledge import Knowledge

NOT_KNOWN = {2, 3, 6, 7, 8}  # TS 24.008 annex G: card or device illegal or unknown, or no packets
WRONG_APN = {27, 28, 29}  # SM causes, TS 24.008 §10.5.6.6: APN or type unknown, user refused
NOT_PAID = {8, 32, 33}  # barred by the operator, not supported, not subscribed
OPERATOR = re.compile(r"\.mnc\d{2,3}\.mcc\d{3}\.gprs$")  # TS 23.003 §9.1: what a network appends
SEVERAL = 2  # addresses of which none answers: then it is not the node
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


def diagnose(known: Knowledge, apn: str = "", cid: int = 1, *, flight: bool = False) -> Diagnosis:
    """Return the first thing that keeps data from passing; `apn` is what call `cid` should use.

    In `flight` mode what comes first is a radio that is not seen to be off.
    """
    if flight and known.radio is not False:
        return of(causes.RADIO_ON)
    if known.radio is False:
        return of(causes.FLIGHT)
    if known.sim in _SIMS:
        return of(_SIMS[known.sim])
    best = known.registration
    if best is None:
        return Diagnosis()
    if not known.registered:
        return _refused(best.state, best.cause)
    return _of_call(known, apn, known.apns.get(cid, ""))


def _of_call(known: Knowledge, wanted: str, used: str) -> Diagnosis:
    """Return what is wrong with the data call of a modem that is in the network."""
    if known.address is not None and known.passes is not False:
        return Diagnosis()
    if wanted and used and _apart(wanted) != _apart(used):
        return of(causes.WRONG_APN, f": it is {used}, and {wanted} in the configuration")
    if known.address is not None:
        return of(causes.OUT_OF_DATA if known.probed >= SEVERAL else causes.NO_PACKETS)
    why = f": {known.refused}" if known.refused else ""
    if known.cause in WRONG_APN:
        return of(causes.WRONG_APN, f" ({used}){why}" if used else why)
    return of(causes.NOT_KNOWN if known.cause in NOT_PAID else causes.NO_CALL, why)


def _apart(apn: str) -> str:
    """Return an access point's name as people write it."""
    return OPERATOR.sub("", apn.lower())


def _refused(state: str, number: int | None) -> Diagnosis:
    row = _UNREGISTERED.get(state, causes.NO_NETWORK)
    if number is None or row is not causes.REFUSED:
        return of(row)
    if number in NO_ROAMING:
        row = causes.NO_ROAMING
    elif number in NOT_KNOWN:
        row = causes.NOT_KNOWN
    return of(row, f" (cause {number})")
