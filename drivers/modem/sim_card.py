"""`+CPIN`, `+CCID` and their like: the SIM card. Pure.

3GPP TS 27.007 §8.3 and §8.65; ITU-T E.118 for the card's number.
"""

from __future__ import annotations

import re

from drivers.errors import BadFrame
from drivers.modem.answer import Model, Sim
from drivers.modem.fields import at, integer, texts

STATES = {
    "READY": "ready",
    "SIM PIN": "pin",
    "SIM PUK": "puk",
    "SIM PIN2": "pin2",
    "SIM PUK2": "puk2",
    "NOT READY": "not-ready",
    "NOT INSERTED": "absent",
    "SIM NOT INSERTED": "absent",
    "SIM REMOVED": "absent",
    "NOT AVAILABLE": "absent",
    "SIM CRASH": "failure",
    "SIM DROP": "failure",
    "SIM FAILURE": "failure",
    "SIM BUSY": "busy",
    "BLOCKED": "puk",
}
LOCKED = "PH-"  # to a device, network, provider, company: PH-SIM PIN, PH-NET PUK …

IMEI_DIGITS = 15  # TS 23.003 §6.2.1

_ICCID = re.compile(r"(89\d{17,18})[fF]?")  # E.118: 89 is telecommunications
_OF_PIN = {"SC", "SIM PIN"}


def cpin(text: str, model: Model | None = None) -> Sim:
    """Read `+CPIN: state`."""
    words = text.strip().strip('"').upper()
    if words.startswith(LOCKED):
        return Sim("locked")
    if words not in STATES:
        raise BadFrame(f"no state of a SIM: {text[:40]!r}")
    return Sim(STATES[words])


def iccid(text: str, model: Model | None = None) -> Sim:
    """Read the card's number, with or without quotes and a padding F."""
    match = _ICCID.fullmatch(text.strip().strip('"'))
    if match is None:
        raise BadFrame(f"no number of a SIM card: {text[:40]!r}")
    return Sim(iccid=match[1])


def bare_iccid(line: str) -> Sim | None:
    """Return the card's number where the whole line is one, as SIM800 answers."""
    match = _ICCID.fullmatch(line)
    return None if match is None else Sim(iccid=match[1])


def tries(text: str, model: Model | None = None) -> Sim:
    """Read how often the PIN may still be tried: `+CPINR: SIM PIN,3`, `+QPINC: "SC",3,10`."""
    found = texts(text, 2)
    if found[0].upper() not in _OF_PIN:
        raise BadFrame(f"not of the PIN, but of {found[0][:20]!r}")
    return Sim(tries=integer(found[1]))


def spic(text: str, model: Model | None = None) -> Sim:
    """Read SIMCom's `+SPIC: PIN,PUK,PIN2,PUK2`, the tries that are left."""
    return Sim(tries=integer(at(texts(text, 1), 0)))


def inserted(text: str, model: Model | None = None) -> Sim:
    """Read Quectel's `+QSIMSTAT: told,inserted`; 1 says that there is a card, not that it works."""
    state = texts(text, 2)[1]
    if state not in {"0", "1", "2"}:
        raise BadFrame(f"no state of a SIM holder: {text[:40]!r}")
    return Sim({"0": "absent", "1": "not-ready"}.get(state))


def imei(line: str) -> str | None:
    """Return the modem's number where the line is one: 15 digits whose last is Luhn's."""
    digits = line.removeprefix("+CGSN:").strip().strip('"')
    if len(digits) != IMEI_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if _luhn(digits) % 10 == 0 else None


def _luhn(digits: str) -> int:
    """Return ISO/IEC 7812's sum, a multiple of ten where the last digit is right."""
    doubled = (2 * int(each) for each in digits[-2::-2])
    return sum(int(each) for each in digits[-1::-2]) + sum(
        each // 10 + each % 10 for each in doubled
    )
