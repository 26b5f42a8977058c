"""`+CPSI`, `+QCSQ`, `+QENG`: makers' own lines of the serving cell, in dBm and by technology. Pure.

SIM7600 and SIM7070 AT Command Manuals, AT+CPSI; Quectel EC2x and BG96 AT Commands, AT+QCSQ and
AT+QENG. Which field is where, and how many there are, depends on the technology.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from drivers.errors import BadFrame
from drivers.modem.answer import Model, Signal
from drivers.modem.fields import at, hexadecimal, number, texts
from drivers.modem.registration import NO_AREA, NO_CELL
from drivers.modem.signal import measured
from drivers.modem.technologies import GSM, LTE, LTE_M, NB_IOT, NR, UMTS, by_word

TENTHS_FROM = 160.0  # no RSRP is weaker than -156 dBm: beyond it a SIM7600 counts in tenths of a dB
RXLEV_0 = -111.0  # dBm; TS 45.008 §8.1.4
STEPS_OF_SINR = 5.0  # in a dB: Quectel counts from -20 dB on
SEARCHING = {"NO SERVICE", "NOSERVICE", "SEARCH", "LIMSRV"}


class _Places(NamedTuple):
    """Where in a line a technology's fields are; None: not told."""

    strength: int
    area: int
    cell: int
    rsrq: int | None = None
    sinr: int | None = None


_LTE_OF_CPSI = _Places(strength=11, area=3, cell=4, rsrq=10, sinr=13)
_CPSI = {
    GSM: _Places(strength=6, area=3, cell=4),
    UMTS: _Places(strength=10, area=3, cell=4),
    LTE: _LTE_OF_CPSI,
    LTE_M: _LTE_OF_CPSI,
    NB_IOT: _LTE_OF_CPSI,
    NR: _Places(strength=8, area=3, cell=4, rsrq=9),
}

_LTE_OF_QENG = _Places(strength=13, area=12, cell=6, rsrq=14)
_QENG = {
    GSM: _Places(strength=10, area=5, cell=6),
    UMTS: _Places(strength=10, area=5, cell=6),
    LTE: _LTE_OF_QENG,
    LTE_M: _LTE_OF_QENG,
    NB_IOT: _LTE_OF_QENG,
    NR: _Places(strength=12, area=8, cell=6, rsrq=13),
}


def cpsi(text: str, model: Model | None = None) -> Signal:
    """Read SIMCom's `+CPSI: technology,mode,MCC-MNC,area,cell,…`."""
    found = texts(text, 2)
    technology = by_word(found[0])
    if technology is None:
        return _without(found[0])
    places = _CPSI.get(technology)
    beside_lte = found[0].upper().endswith("NSA")  # such a cell of NR is none of its own
    if places is None or beside_lte:
        return Signal(technology)
    plmn = at(found, 2).replace("-", "")
    return _served(technology, places, found, plmn, _decimal_cell(at(found, places.cell)))


def qeng(text: str, model: Model | None = None) -> Signal:
    """Read Quectel's `+QENG: "servingcell",state,technology,…`."""
    found = texts(text, 2)
    if found[0] != "servingcell":
        raise BadFrame(f"not of the serving cell, but {found[0][:20]!r}")
    technology = by_word(at(found, 2))
    if technology is None:
        return _without(found[1])
    places = _QENG.get(technology)
    if places is None:
        return Signal(technology)
    country = 3 if technology in {GSM, UMTS} else 4
    plmn = at(found, country) + at(found, country + 1).zfill(2)
    return _served(technology, places, found, plmn, hexadecimal(at(found, places.cell)))


def qcsq(text: str, model: Model | None = None) -> Signal:
    """Read Quectel's `+QCSQ: technology` and, behind it, one strength (GSM) or four numbers."""
    word, *numbers = texts(text, 1)
    technology = by_word(word)
    if technology is None:
        return _without(word)
    values = [number(each) for each in numbers]
    if technology == GSM:
        return measured(GSM, values[0] if values else None)
    strength = values[1] if len(values) > 1 else None
    if technology == UMTS:
        return measured(UMTS, strength)
    sinr, rsrq = (values[2:4] + [None] * 2)[:2]
    return measured(technology, strength, rsrq, None if sinr is None else sinr / STEPS_OF_SINR - 20)


def _without(word: str) -> Signal:
    """Return the signal of a modem that has no cell; BadFrame for a word nobody knows."""
    if word.upper() not in SEARCHING:
        raise BadFrame(f"{word[:20]!r} is no technology")
    return Signal()


def _served(
    technology: str, places: _Places, found: list[str], plmn: str, cell: int | None
) -> Signal:
    strength = number(at(found, places.strength))
    rsrq = None if places.rsrq is None else number(at(found, places.rsrq))
    sinr = None if places.sinr is None else number(at(found, places.sinr))
    area = hexadecimal(at(found, places.area))
    signal = measured(technology, *_in_db(technology, strength, rsrq), sinr)
    return replace(
        signal,
        plmn=plmn if plmn.isdigit() and plmn.strip("0") else None,
        area=None if area in NO_AREA else area,
        cell=None if cell in NO_CELL else cell,
    )


def _in_db(
    technology: str, strength: float | None, rsrq: float | None
) -> tuple[float | None, float | None]:
    """Return strength and quality as they are in dBm and dB.

    A positive RSCP has lost its sign, and a positive level of GSM is the code of TS 45.008; a
    positive RSRP is the code of a few old versions of firmware, nobody says which: unknown.
    """
    if strength is None:
        return None, rsrq
    if technology == UMTS:
        return -abs(strength), rsrq
    if technology == GSM and strength > 0:
        return RXLEV_0 + strength, rsrq
    if strength <= -TENTHS_FROM:
        return strength / 10, None if rsrq is None else rsrq / 10
    return strength, rsrq


def _decimal_cell(text: str) -> int | None:
    is_one = text.isascii() and text.isdigit() and len(text) <= len("68719476735")  # 36 bits
    return int(text) if is_one else None
