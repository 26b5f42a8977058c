"""X12 ship notice (transaction set 856) → notice. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.builder import Builder
from agent.dock.goods_identity import IdentityError, date, sscc
from agent.dock.measures import X12, measure
from agent.dock.notice import OtherMessage
from agent.dock.ranges import numbers
from agent.dock.segments import AS_A_TEST, Segment, Step, Syntax, messages, x12
from agent.dock.several import Reading
from agent.dock.values import cancelled, named, plain_sscc

CANCELLATIONS = ("01", "03")  # X12 353: cancellation, deletion
REPLACED = {"04": "changes", "05": "replaces"}
"""X12 353, of what comes in place of something that was sent before."""

GTINS = ("UK", "UP", "UA", "EN", "EO")
"""X12 235: GTIN-14, -12, -12 of a case, -13, -8."""

NUMBERS = ("VP", "VN", "VA", "VC", "SK", "BP", "CB", "IN", "PN", "MG", "PI")
"""X12 235: numbers of vendor and buyer."""

LABELS = ("GM", "AA", "AI")
"""X12 88: the SSCC, with its application identifier or without."""

OTHERS = {"810": "an invoice", "850": "an order", "855": "an order response", "997": "a receipt"}
"""Transaction sets that suppliers send besides."""

TEST = 14  # element of ISA (ISA15) that is T in a test
_SHIPPING_CONTAINER = "0J"  # X12 128


def asn_856(text: str, digest: bytes, articles: Articles = NO_ARTICLES) -> list[Reading]:
    """Read the ship notices of an interchange; NoticeError names the segment."""
    found = list(x12(text))
    readings = messages(found, lambda: Builder("x12-856", digest, articles), _SYNTAX)
    is_test = any(each.tag == "ISA" and each.get(TEST) == "T" for each in found)
    return [each.remarked((AS_A_TEST,)) for each in readings] if is_test else readings


def _st(builder: Builder, segment: Segment) -> None:
    kind = segment.get(0)[:6]
    if kind != "856":
        known = f": {OTHERS[kind]}" if kind in OTHERS else ""
        raise OtherMessage(f"{segment.place}: transaction set {kind}, not 856{known}")


def _bsn(builder: Builder, segment: Segment) -> None:
    builder.number = segment.get(1)
    if segment.get(0) in CANCELLATIONS:
        raise cancelled(builder.number, segment.place)
    if segment.get(0) in REPLACED:
        builder.remark(f"this message {REPLACED[segment.get(0)]} an earlier one of its number")
    if segment.get(2):
        builder.date = named(segment.place, date, segment.get(2))


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
    """A label, or with a third element all from the first to the last."""
    if segment.get(0) in LABELS:
        first, last = segment.get(1), segment.get(2)
        found = numbers(first, last, segment.place, ssccs=True) if last else (first,)
        for label in found:
            builder.label(label, segment.place)


def _lin(builder: Builder, segment: Segment) -> None:
    values = [segment.get(index) for index in range(1, len(segment.elements))]
    said = dict(zip(values[::2], values[1::2], strict=False))
    named = [said[qualifier] for qualifier in GTINS if qualifier in said]
    gtin = next(iter(named), "")
    if any(each.lstrip("0") != gtin.lstrip("0") for each in named):
        told = ", ".join(named)
        builder.remark(f"{segment.place}: two articles in one line, {told}: the first counts")
    builder.begin_line(gtin, segment.place)
    for qualifier in (each for each in NUMBERS if each in said):
        builder.other_number(qualifier, said[qualifier], segment.place)
    if "LT" in said:
        builder.lot(said["LT"], segment.place)


def _sn1(builder: Builder, segment: Segment) -> None:
    """How many of the article, which may follow; of a pack without one, how many are in it."""
    unit = measure(segment.get(2), X12, segment.place)
    step = builder.quantity if builder.has_line else builder.quantity_ahead
    step(segment.get(1), segment.place, unit)


def _po4(builder: Builder, segment: Segment) -> None:
    """PO401: how many are in each package of the article."""
    if builder.has_line and segment.get(0):
        builder.content(segment.get(0), segment.place)


def _ref(builder: Builder, segment: Segment) -> None:
    """X12 128: LT lot, SE serial number, PO order, 0J label of a shipping container."""
    kind, value = segment.get(0), segment.get(1)
    if kind == "LT":
        builder.lot(value, segment.place)
    elif kind == "SE":
        builder.serial(value, segment.place)
    elif kind == "PO" and not builder.order:
        builder.order = value
    elif kind == _SHIPPING_CONTAINER and not builder.has_line:
        _container(builder, segment)


def _container(builder: Builder, segment: Segment) -> None:
    """Take a container's number for its label where it is an SSCC; else it is the carrier's own."""
    try:
        sscc(plain_sscc(segment.get(1)))
    except IdentityError as error:
        builder.remark(f"{segment.place}: {error}: the unit has no label here")
        return
    builder.label(segment.get(1), segment.place)


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
    "PO4": _po4,
    "REF": _ref,
}


def _lines_counted(segment: Segment) -> str:
    """CTT01 counts levels, or in the messages of some senders lines."""
    return segment.get(0)


_SYNTAX = Syntax("ST", "SE", _STEPS, "CTT", ("LIN", "HL"), _lines_counted)
