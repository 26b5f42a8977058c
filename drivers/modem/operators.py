"""`+COPS` and its like: whose network it is, and which there are. Pure.

3GPP TS 27.007 §7.3: `+COPS: mode[,format,operator[,AcT]]`; a scan is
`+COPS: (state,"long","short","number"[,AcT]),…,,(modes),(formats)`, whose tail modems get wrong.
"""

from __future__ import annotations

import re

from drivers.errors import BadFrame
from drivers.modem.answer import Model, Network, Operator
from drivers.modem.fields import at, texts
from drivers.modem.technologies import by_number, by_word

STATES = ("unknown", "available", "current", "forbidden")
LONGEST_NAME = 64  # characters

_PLMN = re.compile(r"\d{5,6}")
_NETWORK = re.compile(
    r'\(\s*([0-3])\s*,\s*(?:"([^"]*)")?\s*,\s*(?:"([^"]*)")?\s*,\s*"?([0-9A-Fa-f]{4,24})"?\s*'
    r'\)?\s*(?:,\s*"?(\d{1,2})"?\s*\))?'  # some close it before the technology
)
_UCS2 = re.compile(r"(?:00[2-7][0-9A-Fa-f]){2,}")  # AT+CSCS="UCS2": text in hexadecimal


def cops(text: str, model: Model | None = None) -> Operator:
    """Read the operator in use, or the networks of a scan."""
    if text.startswith(("(", ",")):
        return _scan(text, model)
    found = texts(text)
    if not found[0].isdigit() or len(found[0]) > 1:
        raise BadFrame(f"no mode of operator selection: {text[:40]!r}")
    return _operator(at(found, 2), by_number(at(found, 3), model))


def _scan(text: str, model: Model | None) -> Operator:
    networks = tuple(
        Network(STATES[int(state)], _name(long or short), _plmn(plmn), by_number(act or "", model))
        for state, long, short, plmn, act in _NETWORK.findall(text)
    )
    return Operator(networks=networks)


def qspn(text: str, model: Model | None = None) -> Operator:
    """Read Quectel's `+QSPN: "full","short","service provider",alphabet,"number"`."""
    found = texts(text, 5)
    return Operator(_name(found[0] or found[1]) or None, _plmn(found[4]))


def qnwinfo(text: str, model: Model | None = None) -> Operator:
    """Read Quectel's `+QNWINFO: technology,"number",band,channel`."""
    found = texts(text, 1)
    return Operator(None, _plmn(at(found, 1)), by_word(found[0]))


def psnwid(text: str, model: Model | None = None) -> Operator:
    """Read SIM800's `*PSNWID: "MCC","MNC","full",alphabet,"short",alphabet`."""
    found = texts(text, 3)
    return Operator(_name(found[2]) or None, _plmn(found[0] + found[1].zfill(2)))


def _operator(text: str, technology: str | None) -> Operator:
    if (plmn := _plmn(text)) is not None:
        return Operator(None, plmn, technology)
    return Operator(_name(text) or None, None, technology)


def _plmn(text: str) -> str | None:
    text = _plain(text)
    return text if _PLMN.fullmatch(text) and text.strip("0") else None


def _name(text: str) -> str:
    return _plain(text).strip()[:LONGEST_NAME]


def _plain(text: str) -> str:
    return bytes.fromhex(text).decode("utf-16-be") if _UCS2.fullmatch(text) else text
