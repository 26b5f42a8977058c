"""EANCOM despatch advice (UN/EDIFACT DESADV D.96A, D.01B) → notice. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.builder import Builder
from agent.dock.edifact_dates import day_of
from agent.dock.goods_identity import date
from agent.dock.measures import RECOMMENDED, measure
from agent.dock.notice import NoticeError, OtherMessage
from agent.dock.ranges import numbers
from agent.dock.segments import AS_A_TEST, Segment, Step, Syntax, edifact, messages
from agent.dock.several import Reading
from agent.dock.values import cancelled, named

CANCELLATIONS = ("1", "3")  # UN/ECE 1225: cancellation, deletion
REPLACED = {"4": "changes", "5": "replaces", "7": "repeats"}
"""UN/ECE 1225, of what comes in place of something that was sent before."""

GTINS = ("SRV", "EN", "UP", "")
"""UN/ECE 7143: GTIN since D.01B, GTIN-13 and GTIN-12 before."""

NUMBERS = ("SA", "IN", "BP", "MF", "VN", "PV")
"""UN/ECE 7143: numbers of supplier, buyer and maker."""

NOT_SENT = ("2", "7")  # UN/ECE 1229, of a line: deleted, not accepted
TEST = 10  # element of UNB that is 1 in a test (ISO 9735, 0035)
ADDITIONAL = "1"  # UN/ECE 4347; 5 is what the article is to be known by
MOST_DIGITS = 7  # of a count that is one
OTHERS = {
    "CONTRL": "a syntax report",
    "INVOIC": "an invoice",
    "INVRPT": "a stock report",
    "ORDERS": "an order",
    "ORDRSP": "an order response",
    "RECADV": "a receiving advice",
}
"""What messages are that suppliers send besides; the names that people know."""


def desadv(text: str, digest: bytes, articles: Articles = NO_ARTICLES) -> list[Reading]:
    """Read the despatch advices of an interchange; NoticeError names the segment."""
    found = list(edifact(text))
    readings = messages(found, lambda: Builder("desadv", digest, articles), _SYNTAX)
    remarks = tuple(_of_interchange(found, len(readings)))
    return [each.remarked(remarks) for each in readings]


def _of_interchange(segments: list[Segment], messages_in: int) -> Iterator[str]:
    """Yield what is odd about interchanges: a test, or other messages than they count."""
    if any(each.tag == "UNB" and each.get(TEST) == "1" for each in segments):
        yield AS_A_TEST
    grouped = any(each.tag == "UNG" for each in segments)
    counts = [each.get(0) for each in segments if each.tag == "UNZ"]
    whole = all(said.isascii() and said.isdigit() and len(said) < MOST_DIGITS for said in counts)
    said = str(sum(map(int, counts))) if whole else counts[0]
    if counts and not grouped and said != str(messages_in):
        yield f"the interchange (UNZ) counts {said[:10]} messages, {messages_in} came"


def _unh(builder: Builder, segment: Segment) -> None:
    kind = segment.get(1)[:10]
    if kind != "DESADV":
        known = f": {OTHERS[kind]}" if kind in OTHERS else ""
        article = "an" if kind[:1] in "AEIO" else "a"
        raise OtherMessage(f"{segment.place}: {article} {kind} message, not a DESADV{known}")


def _bgm(builder: Builder, segment: Segment) -> None:
    builder.number = segment.get(1)
    if segment.get(2) in CANCELLATIONS:
        raise cancelled(builder.number, segment.place)
    if segment.get(2) in REPLACED:
        builder.remark(f"this message {REPLACED[segment.get(2)]} an earlier one of its number")


def _dtm(builder: Builder, segment: Segment) -> None:
    """UN/ECE 2005: 137 of the message, 17 estimated and 2 requested delivery, 36 expiry, 361 best
    before.
    """
    step = _DATES.get(segment.get(0))
    if step is not None:
        step(builder, day_of(segment.get(0, 1), segment.get(0, 2), segment.place), segment.place)


def _dated(builder: Builder, day: str, place: str) -> None:
    builder.date = named(place, date, day)


_DATES: Mapping[str, Callable[[Builder, str, str], None]] = {
    "137": _dated,
    "17": Builder.due_on,
    "2": Builder.due_on,
    "36": Builder.expiry,
    "361": Builder.best_before,
}


def _rff(builder: Builder, segment: Segment) -> None:
    """UN/ECE 1153: ON order, BT batch."""
    if segment.get(0) == "ON" and not builder.order:
        builder.order = segment.get(0, 1)
    elif segment.get(0) == "BT" and builder.has_line:
        builder.lot(segment.get(0, 1), segment.place)


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
    ssccs = segment.get(0) == "BJ"
    for number in range(1, len(segment.elements)):
        first, last = segment.get(number), segment.get(number, 1)
        for value in numbers(first, last, segment.place, ssccs=ssccs) if last else (first,):
            if value:
                step(builder, value, segment.place)


def _lin(builder: Builder, segment: Segment) -> None:
    """A line with an indicator in C829 (UN/ECE 5495) is what lies in another line's article."""
    value, kind = segment.get(2), segment.get(2, 1)
    if segment.get(1) in NOT_SENT:
        raise NoticeError(
            f"{segment.place}: the line takes {value[:20]} back (action {segment.get(1)}): "
            "ask the supplier for the notice as it is now"
        )
    gtin = value if kind in GTINS else ""
    if segment.get(3):
        builder.begin_inner_line(gtin or value, segment.place, segment.get(3, 1))
        return
    builder.begin_line(gtin, segment.place)
    if kind in NUMBERS:
        builder.other_number(kind, value, segment.place)


def _pia(builder: Builder, segment: Segment) -> None:
    """UN/ECE 7143: NB batch number; a line without GTIN may be named here.

    What identifies the article goes before what is only additional to it.
    """
    line = builder.line(segment.place)
    for number in range(1, len(segment.elements)):
        value, kind = segment.get(number), segment.get(number, 1)
        if kind == "NB":
            builder.lot(value, segment.place)
        elif kind in NUMBERS:
            builder.other_number(kind, value, segment.place)
        elif kind and kind in GTINS and (not line.gtin or line.additional):
            line.additional = segment.get(0) == ADDITIONAL
            builder.article(value, segment.place)


def _qty(builder: Builder, segment: Segment) -> None:
    """UN/ECE 6063: 12 despatch quantity, 11 of a part of it, 59 pieces in each, 192 free goods.

    The decimal mark is a point or a comma, and nothing parts thousands (ISO 9735, 10).
    """
    text = segment.get(0, 1).replace(",", ".")
    if segment.get(0) in ("11", "12"):
        unit = measure(segment.get(0, 2), RECOMMENDED, segment.place)
        builder.quantity(text, segment.place, unit)
    elif segment.get(0) == "59" and builder.has_line:
        builder.content(text, segment.place)
    elif segment.get(0) == "192":
        builder.remark(f"{segment.place}: {text[:20]} are told to be free goods; they count apart")


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


def _lines_counted(segment: Segment) -> str:
    """CNT, UN/ECE 6069: 2 is the number of lines."""
    return segment.get(0, 1) if segment.get(0) == "2" else ""


_SYNTAX = Syntax("UNH", "UNT", _STEPS, "CNT", ("LIN",), _lines_counted)
