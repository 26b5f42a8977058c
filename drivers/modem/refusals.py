"""`+CME ERROR` and `+CMS ERROR`: why a modem refuses. Pure.

3GPP TS 27.007 §9.2 and TS 27.005 §3.2.5; from 500 on they are the maker's own. `AT+CMEE` says
whether a refusal comes as a number, as text, or as a bare ERROR.
"""

from __future__ import annotations

from drivers.modem.answer import Answer, Context, Model, Position, Sim, Unknown

CME = {
    0: "phone failure",
    1: "no connection to phone",
    3: "operation not allowed",
    4: "operation not supported",
    5: "PH-SIM PIN required",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    15: "SIM wrong",
    16: "incorrect password",
    17: "SIM PIN2 required",
    18: "SIM PUK2 required",
    20: "memory full",
    30: "no network service",
    31: "network timeout",
    32: "network not allowed - emergency calls only",
    40: "network personalization PIN required",
    50: "incorrect parameters",
    100: "unknown",
    103: "illegal MS",
    106: "illegal ME",
    107: "GPRS services not allowed",
    111: "PLMN not allowed",
    112: "location area not allowed",
    113: "roaming not allowed in this location area",
    132: "service option not supported",
    133: "requested service option not subscribed",
    134: "service option temporarily out of order",
    148: "unspecified GPRS error",
    149: "PDP authentication failure",
    150: "invalid mobile class",
}
CMS = {
    310: "SIM not inserted",
    311: "SIM PIN required",
    312: "PH-SIM PIN required",
    313: "SIM failure",
    314: "SIM busy",
    315: "SIM wrong",
    316: "SIM PUK required",
    317: "SIM PIN2 required",
    318: "SIM PUK2 required",
    331: "no network service",
    332: "network timeout",
}

_NUMBERS = {text.lower(): number for number, text in CME.items()}

_OF_SIM = {
    "SIM not inserted": "absent",
    "SIM PIN required": "pin",
    "SIM PUK required": "puk",
    "SIM PIN2 required": "pin2",
    "SIM PUK2 required": "puk2",
    "PH-SIM PIN required": "locked",
    "network personalization PIN required": "locked",
    "SIM failure": "failure",
    "SIM busy": "busy",
    "SIM wrong": "wrong",
}
_OF_CALL = {107: None, 132: 32, 133: 33, 134: 34, 148: None, 149: 29}
"""The network, or its owner's contract, does not give a data call: the SM cause of each."""

NOT_FIXED = (516,)  # Quectel GNSS AT Commands: "Not fixed now"
_NOT_FIXED_TEXT = ("not fixed now", "not fixed")


def cme(text: str, model: Model | None = None) -> Answer:
    """Return what `+CME ERROR: text` says; number and text are one."""
    code = int(text) if _is_number(text) else _NUMBERS.get(text.lower())
    words = CME.get(-1 if code is None else code, text)
    if code in NOT_FIXED or text.lower() in _NOT_FIXED_TEXT:
        return Position()
    if code in _OF_CALL:
        return Context(active=False, problem=words, cause=_OF_CALL[code])
    return _refused("+CME ERROR", code, words)


def cms(text: str, model: Model | None = None) -> Answer:
    """Return what `+CMS ERROR: text` says."""
    code = int(text) if _is_number(text) else None
    return _refused("+CMS ERROR", code, CMS.get(-1 if code is None else code, text))


def _refused(name: str, code: int | None, words: str) -> Answer:
    state = next((_OF_SIM[each] for each in _OF_SIM if each.lower() == words.lower()), None)
    if state is not None:
        return Sim(state)
    return Unknown(name, error=words, code=code)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len("65535")
