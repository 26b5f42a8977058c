"""Receipt → EANCOM receiving advice (UN/EDIFACT RECADV D.01B). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.dock.papers.receipt import Differs, Goods, Receipt, rejected

DAMAGED, DESPATCHED = "124", "12"  # UN/ECE 6063 of a variance: of damaged goods, of what was sent
NATURES = ("AC", "AE", "AF", "AG")
"""UN/ECE 4221: the nature of a discrepancy. GS1's other codes are reasons, 4295."""

PACKAGES = {"carton": "CT", "case": "CS", "box": "BX", "package": "PK", "bag": "BG", "pallet": "PX"}
"""UN/ECE recommendation 21; what has no code here is left without a unit."""

_SPECIAL = str.maketrans({each: f"?{each}" for each in "?+:'"})
Segment = tuple[str, ...]
"""A tag and its elements, each with its components already joined."""


def recadv(receipt: Receipt) -> bytes:
    """Return the interchange: Latin 1 where that has all its characters, else UTF-8."""
    message = list(_message(receipt))
    message.append(("UNT", str(len(message) + 1), receipt.control))
    whole = [_head(receipt), *message, ("UNZ", "1", receipt.control)]
    text = "UNA:+.? '" + "".join(f"{'+'.join(each)}'" for each in whole)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.replace("UNOC:3", "UNOW:4", 1).encode()


def _head(receipt: Receipt) -> Segment:
    when = f"{receipt.decided:%y%m%d}:{receipt.decided:%H%M}"
    return (
        "UNB",
        "UNOC:3",
        f"{said(receipt.receiver or 'RECEIVER')}:14",
        f"{said(receipt.supplier or 'SUPPLIER')}:14",
        when,
        receipt.control,
    )


def _message(receipt: Receipt) -> Iterator[Segment]:
    yield "UNH", receipt.control, "RECADV:D:01B:UN:EAN005"
    yield "BGM", "632", said(receipt.check), "9"
    yield "DTM", f"137:{receipt.decided:%Y%m%d%H%M}:203"
    yield "DTM", f"50:{receipt.decided:%Y%m%d}:102"
    yield _text(
        f"{receipt.read} read, {receipt.by_hand} by hand, {receipt.believed} believed by the "
        "label of their unit"
    )
    yield "RFF", f"AAK:{said(receipt.notice)}"
    if receipt.order:
        yield "RFF", f"ON:{said(receipt.order)}"
    for role, party in (("SU", receipt.supplier), ("DP", receipt.receiver)):
        if party:
            yield "NAD", role, f"{said(party)}::9"
    yield "CPS", "1"
    for sscc in receipt.units:
        yield "PCI", "33E"
        yield "GIN", "BJ", sscc
    yield from _whole(receipt)
    for number, goods in enumerate(receipt.goods, 1):
        yield from _line(receipt, goods, number)
    yield "CNT", f"2:{len(receipt.goods)}"


def _whole(receipt: Receipt) -> Iterator[Segment]:
    """Yield what differs of units and of the delivery as a whole."""
    for each in receipt.differences:
        if not each.gtin and each.code:
            yield _variance(each, -1 if each.code == "X34" else 1)


def _line(receipt: Receipt, goods: Goods, number: int) -> Iterator[Segment]:
    yield "LIN", str(number), "", f"{goods.gtin}:SRV"
    if goods.batch.lot:
        yield "PIA", "1", f"{said(goods.batch.lot)}:NB"
    unit = f":{PACKAGES[goods.package]}" if goods.package in PACKAGES else ""
    refused = rejected(receipt, goods)
    yield "QTY", f"12:{goods.advised}{unit}"
    yield "QTY", f"194:{goods.found - refused}{unit}"
    if refused:
        yield "QTY", f"195:{refused}{unit}"
    if goods.weight_g:
        yield "QTY", f"12:{goods.weight_g / 1000:.3f}:KGM"
        yield "QTY", f"194:{goods.weighed_g / 1000:.3f}:KGM"
    for each in _of_goods(receipt, goods):
        yield _variance(each, -1 if each.code in ("X34", "AF") else 1)
    for kind, day in (("36", goods.batch.expiry), ("361", goods.batch.best_before)):
        if day:
            yield "DTM", f"{kind}:{day.replace('-', '')}:102"
    yield _text(goods.numbers)


def _of_goods(receipt: Receipt, goods: Goods) -> Iterable[Differs]:
    """Return what differs of a line; of an article in no known batch its first line tells."""
    of_article = [each for each in receipt.goods if each.gtin == goods.gtin]
    batches = {each.batch for each in of_article}
    first = of_article[0] == goods
    for each in receipt.differences:
        here = each.batch == goods.batch or (each.batch not in batches and first)
        if each.code and each.gtin == goods.gtin and here:
            yield each


def _variance(each: Differs, sign: int) -> Segment:
    amount = f"{sign * each.quantity}"
    kind = DAMAGED if each.code == "AF" else DESPATCHED
    if each.weight_g:
        amount = f"{sign * each.weight_g / 1000:.3f}"
    if each.code in NATURES:
        return "QVR", f"{amount}:{kind}", each.code
    return "QVR", f"{amount}:{kind}", "", f"{each.code}::9"


def _text(text: str) -> Segment:
    return "FTX", "AAI", "", "", said(text)


def said(text: str) -> str:
    """Return a text in which nothing divides."""
    return text.translate(_SPECIAL)
