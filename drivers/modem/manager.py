"""What ModemManager says of a modem, as what is known of one. Pure.

Properties and numbers of the D-Bus API of ModemManager 1.24: `Modem`, `Modem.Modem3gpp`,
`Modem.Signal`, `Sim`, `Bearer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.modem.answer import Context, Operator, Registration, Signal, Sim
from drivers.modem.knowledge import Knowledge
from drivers.modem.technologies import GSM, LTE, LTE_M, NB_IOT, NR, UMTS

SERVICE, ROOT = "org.freedesktop.ModemManager1", "/org/freedesktop/ModemManager1"
MODEM = f"{SERVICE}.Modem"
GPP, SIGNAL = f"{MODEM}.Modem3gpp", f"{MODEM}.Signal"
SIM, BEARER = f"{SERVICE}.Sim", f"{SERVICE}.Bearer"
NO_OBJECT = "/"

FAILED = -1  # MMModemState
OFF, LOW = 1, 2  # MMModemPowerState
_FAILURES = {2: "absent", 3: "failure"}  # MMModemStateFailedReason: SIM missing, SIM error
_LOCKS = {1: "ready", 2: "pin", 3: "ready", 4: "puk", 5: "ready"}  # MMModemLock; PIN2 locks no data
_LOCKED_FROM = 6  # to a device, a network, an operator …
_STATES = {0: "none", 1: "home", 2: "searching", 3: "denied", 4: "unknown", 5: "roaming",
           6: "sms-only", 7: "sms-only", 8: "emergency", 9: "home", 10: "roaming",
           11: "unknown"}  # fmt: skip
_ACCESS = ((1 << 15, NR), (1 << 17, NB_IOT), (1 << 16, LTE_M), (1 << 14, LTE), (0x3E0, UMTS),
           (0x1E, GSM))  # fmt: skip
"""MMModemAccessTechnology, the newest first."""
_STRENGTH = (("Lte", "rsrp"), ("Nr5g", "rsrp"), ("Umts", "rscp"), ("Gsm", "rssi"))
_REFUSALS = {"MissingOrUnknownApn": 27, "UserAuthenticationFailed": 29,
             "ServiceOptionNotSubscribed": 33, "OperatorDeterminedBarring": 8}  # fmt: skip
"""Ends of the error's name → SM cause, 3GPP TS 24.008 §10.5.6.6."""

Properties = Mapping[str, Any]
Objects = Mapping[str, Mapping[str, Properties]]


@dataclass(slots=True)
class Managed:
    """One modem as ModemManager has it."""

    known: Knowledge = field(default_factory=Knowledge)
    technology: str | None = None
    imei: str | None = None


def find(objects: Objects, port: str) -> Properties | None:
    """Return the modem that has the port called `port` (ttyUSB2); the only one where none does."""
    modems = [each[MODEM] for each in objects.values() if MODEM in each]
    having = [each for each in modems if port in {name for name, _ in each.get("Ports", ())}]
    return next(iter(having or (modems if len(modems) == 1 else [])), None)


def interfaces_of(objects: Objects, modem: Properties) -> Mapping[str, Properties]:
    """Return all interfaces of the object whose `Modem` that is."""
    return next(each for each in objects.values() if each.get(MODEM) is modem)


def managed(interfaces: Mapping[str, Properties], sim: Properties, bearer: Properties) -> Managed:
    """Return what is known of a modem, its card and its data call; either may be empty."""
    modem, gpp = interfaces[MODEM], interfaces.get(GPP, {})
    technology = _technology(modem.get("AccessTechnologies", 0))
    seen = Managed(technology=technology, imei=_digits(modem, gpp))
    known = seen.known
    power = modem.get("PowerState")
    known.radio = None if power is None else power not in (OFF, LOW)
    known.take(Sim(_sim_state(modem), sim.get("SimIdentifier") or None))
    if "RegistrationState" in gpp:
        state = _STATES.get(gpp["RegistrationState"], "unknown")
        known.take(Registration("ps", state, technology))
    name, plmn = gpp.get("OperatorName") or None, gpp.get("OperatorCode") or None
    known.take(Operator(name, plmn, technology))
    known.take(_signal(interfaces.get(SIGNAL, {}), technology))
    known.take(_call(bearer))
    return seen


def _technology(access: int) -> str | None:
    return next((name for bits, name in _ACCESS if access & bits), None)


def _digits(modem: Properties, gpp: Properties) -> str | None:
    told = gpp.get("Imei") or modem.get("EquipmentIdentifier") or ""
    return told if told.isascii() and told.isdigit() else None


def _sim_state(modem: Properties) -> str | None:
    if modem.get("State") == FAILED:
        return _FAILURES.get(modem.get("StateFailedReason", 0))
    lock = modem.get("UnlockRequired", 0)
    return "locked" if lock >= _LOCKED_FROM else _LOCKS.get(lock)


def _signal(found: Properties, technology: str | None) -> Signal:
    """Return the strength in dBm; it is told only where somebody set its polling up."""
    for name, measure in _STRENGTH:
        values = found.get(name, {})
        if measure in values:
            told = (values.get(each) for each in ("rsrq", "snr"))
            rsrq, sinr = (None if each is None else float(each) for each in told)
            return Signal(technology, float(values[measure]), measure, rsrq, sinr)
    return Signal(technology)


def _call(bearer: Properties) -> Context:
    apn = str(bearer.get("Properties", {}).get("apn", "")) or None
    if bearer.get("Connected"):
        address = next(
            (ip["address"] for ip in (bearer.get("Ip4Config", {}), bearer.get("Ip6Config", {}))
             if ip.get("address")), "0.0.0.0",  # noqa: S104  it has one that is not told
        )  # fmt: skip
        return Context(1, active=True, apn=apn, address=address)
    name, words = bearer.get("ConnectionError") or ("", "")
    cause = next((number for end, number in _REFUSALS.items() if name.endswith(end)), None)
    return Context(1, active=False, apn=apn, problem=words or None, cause=cause)
