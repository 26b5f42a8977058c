"""X12 ship notice (transaction set 856) → notice. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from agent.dock.builder import Builder, cancelled
from agent.dock.notice import Notice, NoticeError
from agent.dock.segments import Segment, Step, take_message, x12

CANCELLATIONS = ("01", "03")  # X12 353: cancellation, deletion
GTINS = ("UK", "UP", "UA", "EN", "EO")
"""X12 235: GTIN-14, -12, -12 of a case, -13, -8."""

LABELS = ("GM", "AA", "AI")
"""X12 88: the SSCC, with its application identifier or without."""

_SSCC_AI = "00"


def asn_856(text: str, digest: bytes) -> Notice:
    """Read a ship notice; NoticeError names the segment."""
    builder = Builder("x12-856", digest)
    take_message(x12(text), builder, _STEPS, "ST", "SE")
    return builder.notice()


def _st(builder: Builder, segment: Segment) -> None:
    if segment.get(0) != "856":
        raise NoticeError(f"{segment.place}: transaction set {segment.get(0)[:6]}, not 856")


def _bsn(builder: Builder, segment: Segment) -> None:
    builder.number = segment.get(1)
    if segment.get(0) in CANCELLATIONS:
        raise cancelled(builder.number, segment.place)


def _dtm(builder: Builder, segment: Segment) -> None:
    """X12 374: 017 estimated delivery, 002 requested; 036 expiration, 511 shelf life expiry."""
    day = segment.get(1) or segment.get(5).rpartition("-")[2]  # or the end of a period
    if segment.get(0) in ("017", "002"):
        builder.due_on(day, segment.place)
    elif segment.get(0) in ("036", "511"):
        builder.expiry(day, segment.place)


def _n1(builder: Builder, segment: Segment) -> None:
    """X12 98: SF ship from, SU supplier, ST ship to."""
    if segment.get(0) in ("SF", "SU"):
        builder.supplier = segment.get(3) or segment.get(1)
    elif segment.get(0) == "ST":
        builder.receiver = segment.get(3) or segment.get(1)


def _prf(builder: Builder, segment: Segment) -> None:
    builder.order = builder.order or segment.get(0)


def _hl(builder: Builder, segment: Segment) -> None:
    builder.begin_level(segment.get(0), inside=segment.get(1))


def _man(builder: Builder, segment: Segment) -> None:
    if segment.get(0) in LABELS:
        text = segment.get(1)
        with_ai = len(text) == 20  # noqa: PLR2004  18 digits and the identifier 00
        builder.label(text.removeprefix(_SSCC_AI) if with_ai else text, segment.place)


def _lin(builder: Builder, segment: Segment) -> None:
    values = [segment.get(index) for index in range(1, len(segment.elements))]
    named = dict(zip(values[::2], values[1::2], strict=False))
    gtin = next((named[qualifier] for qualifier in GTINS if qualifier in named), "")
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


_STEPS: Mapping[str, Step] = {
    "ST": _st,
    "BSN": _bsn,
    "DTM": _dtm,
    "N1": _n1,
    "PRF": _prf,
    "HL": _hl,
    "MAN": _man,
    "LIN": _lin,
    "SN1": _sn1,
    "REF": _ref,
}
