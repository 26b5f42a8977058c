"""Despatch advices of EDI → notices: EANCOM DESADV (UN/EDIFACT D.96A, D.01B) and X12 856. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from agent.dock.notice import Builder, Notice, NoticeError
from agent.dock.segments import Segment, edifact, x12

_SSCC_AI = "00"

Step = Callable[[Builder, Segment], None]


def desadv(text: str, digest: bytes) -> Notice:
    """Read an EANCOM despatch advice; NoticeError names the segment."""
    builder = Builder("desadv", digest)
    _message(edifact(text), builder, _DESADV, "UNH", "UNT")
    return builder.notice()


def asn_856(text: str, digest: bytes) -> Notice:
    """Read an X12 ship notice; NoticeError names the segment."""
    builder = Builder("x12-856", digest)
    _message(x12(text), builder, _856, "ST", "SE")
    return builder.notice()


def _message(
    segments: Iterable[Segment], builder: Builder, steps: Mapping[str, Step], head: str, tail: str
) -> None:
    """Take the interchange's only message through `steps`; what they do not name is no goods."""
    inside = done = False
    for segment in segments:
        if segment.tag == head:
            if done:
                raise NoticeError(f"{segment.place}: a second message: one file, one notice")
            inside = True
        if inside and segment.tag in steps:
            steps[segment.tag](builder, segment)
        done = done or segment.tag == tail
        inside = inside and not done
    if not done:
        raise NoticeError(f"no message from {head} to {tail}: the file is cut short or another")


def _unh(builder: Builder, segment: Segment) -> None:
    if segment.get(1) != "DESADV":
        raise NoticeError(f"{segment.place}: a {segment.get(1)[:10]} message, no DESADV")


def _bgm(builder: Builder, segment: Segment) -> None:
    builder.number = segment.get(1)


def _dtm(builder: Builder, segment: Segment) -> None:
    """UN/ECE 2005: 17 estimated and 2 requested delivery, 36 expiry, 361 best before."""
    qualifier, value = segment.get(0), segment.get(0, 1)
    if qualifier in ("17", "2"):
        builder.due_on(value, segment.place)
    elif qualifier in ("36", "361"):
        builder.expiry(value, segment.place)


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
    builder.begin_unit("", segment.place)


def _gin(builder: Builder, segment: Segment) -> None:
    """UN/ECE 7405: BJ SSCC, BX batch, BN serial number. Of several SSCCs none owns the lines."""
    values = [value for element in segment.elements[1:] for value in element if value]
    for value in values:
        if segment.get(0) == "BJ":
            builder.begin_unit(value, segment.place)
        elif segment.get(0) == "BX":
            builder.lot(value, segment.place)
        elif segment.get(0) == "BN":
            builder.serial(value, segment.place)
    if segment.get(0) == "BJ" and len(values) > 1:
        builder.begin_unit("", segment.place)


def _lin(builder: Builder, segment: Segment) -> None:
    builder.begin_line(segment.get(2), segment.place)


def _pia(builder: Builder, segment: Segment) -> None:
    """UN/ECE 7143: NB batch number."""
    for element in segment.elements[1:]:
        if len(element) > 1 and element[1] == "NB":
            builder.lot(element[0], segment.place)


def _qty(builder: Builder, segment: Segment) -> None:
    """UN/ECE 6063: 12 despatch quantity."""
    if segment.get(0) == "12":
        builder.quantity(segment.get(0, 1), segment.place)


_DESADV: Mapping[str, Step] = {
    "UNH": _unh,
    "BGM": _bgm,
    "DTM": _dtm,
    "RFF": _rff,
    "NAD": _nad,
    "CPS": _cps,
    "GIN": _gin,
    "LIN": _lin,
    "PIA": _pia,
    "QTY": _qty,
}


def _st(builder: Builder, segment: Segment) -> None:
    if segment.get(0) != "856":
        raise NoticeError(f"{segment.place}: transaction set {segment.get(0)[:6]}, no 856")


def _bsn(builder: Builder, segment: Segment) -> None:
    builder.number = segment.get(1)


def _dtm_856(builder: Builder, segment: Segment) -> None:
    """X12 374: 017 estimated delivery, 002 requested; 036 expiration, 511 shelf life expiry."""
    if segment.get(0) in ("017", "002"):
        builder.due_on(segment.get(1), segment.place)
    elif segment.get(0) in ("036", "511"):
        builder.expiry(segment.get(1), segment.place)


def _n1(builder: Builder, segment: Segment) -> None:
    """X12 98: SF ship from, SU supplier, ST ship to."""
    if segment.get(0) in ("SF", "SU"):
        builder.supplier = segment.get(3) or segment.get(1)
    elif segment.get(0) == "ST":
        builder.receiver = segment.get(3) or segment.get(1)


def _prf(builder: Builder, segment: Segment) -> None:
    builder.order = builder.order or segment.get(0)


def _hl(builder: Builder, segment: Segment) -> None:
    """X12 735: an order's or a shipment's level is no unit; tare and pack are."""
    if segment.get(2) in ("S", "O", "T", "P"):
        builder.begin_unit("", segment.place)


def _man(builder: Builder, segment: Segment) -> None:
    """X12 88: GM SSCC, with its application identifier or without."""
    if segment.get(0) == "GM":
        text = segment.get(1)
        with_ai = len(text) == 20  # noqa: PLR2004  18 digits and the identifier 00
        builder.begin_unit(text.removeprefix(_SSCC_AI) if with_ai else text, segment.place)


_GTINS = ("UK", "UP", "UA", "EN", "EO")
"""X12 235: GTIN-14, -12, -12 of a case, -13, -8."""


def _lin_856(builder: Builder, segment: Segment) -> None:
    values = [segment.get(index) for index in range(1, len(segment.elements))]
    named = dict(zip(values[::2], values[1::2], strict=False))
    gtin = next((named[qualifier] for qualifier in _GTINS if qualifier in named), "")
    builder.begin_line(gtin, segment.place)
    if "LT" in named:
        builder.lot(named["LT"], segment.place)


def _sn1(builder: Builder, segment: Segment) -> None:
    builder.quantity(segment.get(1), segment.place)


def _ref(builder: Builder, segment: Segment) -> None:
    """X12 128: LT lot, SE serial number, PO order."""
    if segment.get(0) == "LT":
        builder.lot(segment.get(1), segment.place)
    elif segment.get(0) == "SE":
        builder.serial(segment.get(1), segment.place)
    elif segment.get(0) == "PO" and not builder.order:
        builder.order = segment.get(1)


_856: Mapping[str, Step] = {
    "ST": _st,
    "BSN": _bsn,
    "DTM": _dtm_856,
    "N1": _n1,
    "PRF": _prf,
    "HL": _hl,
    "MAN": _man,
    "LIN": _lin_856,
    "SN1": _sn1,
    "REF": _ref,
}
