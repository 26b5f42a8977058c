"""EANCOM despatch advice (UN/EDIFACT DESADV D.96A, D.01B) → notice. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agent.dock.builder import MOST_ITEMS, Builder, cancelled
from agent.dock.goods_identity import check_digit
from agent.dock.notice import Notice, NoticeError
from agent.dock.segments import Segment, Step, edifact, take_message

CANCELLATION = "1"  # UN/ECE 1225
GTINS = ("SRV", "EN", "UP", "")
"""UN/ECE 7143: GTIN since D.01B, GTIN-13 and GTIN-12 before."""

_SHORT_YEARS = ("201", "713")  # UN/ECE 2379: YYMMDDHHMM, and a period of two of them
_MONTH = "610"  # CCYYMM
_DAY = len("YYMMDD")
_LAST_OF_MONTH = "00"
_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})")


def desadv(text: str, digest: bytes) -> Notice:
    """Read a despatch advice; NoticeError names the segment."""
    builder = Builder("desadv", digest)
    take_message(edifact(text), builder, _STEPS, "UNH", "UNT")
    return builder.notice()


def _unh(builder: Builder, segment: Segment) -> None:
    if segment.get(1) != "DESADV":
        raise NoticeError(f"{segment.place}: a {segment.get(1)[:10]} message, not a DESADV")


def _bgm(builder: Builder, segment: Segment) -> None:
    builder.number = segment.get(1)
    if segment.get(2) == CANCELLATION:
        raise cancelled(builder.number, segment.place)


def _dtm(builder: Builder, segment: Segment) -> None:
    """UN/ECE 2005: 17 estimated and 2 requested delivery, 36 expiry, 361 best before."""
    qualifier = segment.get(0)
    if qualifier in ("17", "2"):
        builder.due_on(_day(segment), segment.place)
    elif qualifier in ("36", "361"):
        builder.expiry(_day(segment), segment.place)


def _day(segment: Segment) -> str:
    """Return the date of a DTM, the last one of a period."""
    value, form = segment.get(0, 1).rpartition("-")[2], segment.get(0, 2)
    if form in _SHORT_YEARS:
        return value[:_DAY]
    return value + _LAST_OF_MONTH if form == _MONTH else value


def _rff(builder: Builder, segment: Segment) -> None:
    if segment.get(0) == "ON" and not builder.order:
        builder.order = segment.get(0, 1)


def _nad(builder: Builder, segment: Segment) -> None:
    """UN/ECE 3035: SU supplier, DP delivery party, BY buyer."""
    if segment.get(0) == "SU":
        builder.supplier = segment.get(1)
    elif segment.get(0) == "DP" or (segment.get(0) == "BY" and not builder.receiver):
        builder.receiver = segment.get(1)


def _cps(builder: Builder, segment: Segment) -> None:
    builder.begin_level(segment.get(0), inside=segment.get(1))


def _pci(builder: Builder, segment: Segment) -> None:
    """Each marking of a line is of a part of it: one of several batches, for instance."""
    del segment
    builder.begin_part()


def _gin(builder: Builder, segment: Segment) -> None:
    """UN/ECE 7405: BJ SSCC, BX batch, BN serial number; each one, or the first and the last."""
    step = {"BJ": Builder.label, "BX": Builder.lot, "BN": Builder.serial}.get(segment.get(0))
    if step is None:
        return
    for number in range(1, len(segment.elements)):
        first, last = segment.get(number), segment.get(number, 1)
        for value in _range(first, last, segment) if last else (first,):
            if value:
                step(builder, value, segment.place)


def _range(first: str, last: str, segment: Segment) -> Iterator[str]:
    """Yield the numbers from `first` to `last`; an SSCC counts without its check digit."""
    checked = segment.get(0) == "BJ"
    low, high = (_NUMBERED.fullmatch(text[:-1] if checked else text) for text in (first, last))
    alike = low and high and low[1] == high[1] and len(low[2]) == len(high[2])
    if not low or not high or not alike or not 0 <= int(high[2]) - int(low[2]) < MOST_ITEMS:
        raise NoticeError(f"{segment.place}: from {first[:20]!r} to {last[:20]!r} is not a range")
    for number in range(int(low[2]), int(high[2]) + 1):
        body = low[1] + str(number).zfill(len(low[2]))
        yield body + check_digit(body) if checked else body


def _lin(builder: Builder, segment: Segment) -> None:
    gtin = segment.get(2) if segment.get(2, 1) in GTINS else ""
    builder.begin_line(gtin, segment.place)


def _pia(builder: Builder, segment: Segment) -> None:
    """UN/ECE 7143: NB batch number; a line without GTIN may be named here."""
    for number in range(1, len(segment.elements)):
        value, kind = segment.get(number), segment.get(number, 1)
        if kind == "NB":
            builder.lot(value, segment.place)
        elif kind and kind in GTINS and not builder.line(segment.place).gtin:
            builder.article(value, segment.place)


def _qty(builder: Builder, segment: Segment) -> None:
    """UN/ECE 6063: 12 despatch quantity; the decimal mark is a point or a comma (ISO 9735, 10)."""
    if segment.get(0) == "12":
        builder.quantity(segment.get(0, 1).replace(",", "."), segment.place)


_STEPS: Mapping[str, Step] = {
    "UNH": _unh,
    "BGM": _bgm,
    "DTM": _dtm,
    "RFF": _rff,
    "NAD": _nad,
    "CPS": _cps,
    "PCI": _pci,
    "GIN": _gin,
    "LIN": _lin,
    "PIA": _pia,
    "QTY": _qty,
}
