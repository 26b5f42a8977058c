"""Receipt → X12 receiving advice (transaction set 861). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.dock.papers.receipt import NoPaper, Receipt, rejected

GOOD, SHORT, OVER, NOT_ACCEPTED = "07", "02", "03", "08"  # X12 412
PACKAGES = {"carton": "CT", "case": "CA", "box": "BX", "package": "PK", "bag": "BG", "pallet": "PL"}
"""X12 355; anything else is counted in EA."""

ELEMENTS, SEGMENTS = "*|^\x1d", "~\n\x1c"
"""Characters that may divide: the first that no value has, as X12 cannot escape one."""

ID_WIDTH = 15  # of sender and receiver in ISA
Segment = tuple[str, ...]


def advice_861(receipt: Receipt) -> bytes:
    """Return the interchange; NoPaper where a value holds everything that could divide."""
    body = list(_set(receipt))
    count = str(len(body) + 1)
    whole = [*_heads(receipt), *body, ("SE", count, "0001"), *_tails(receipt)]
    values = "".join("".join(each) for each in whole)
    element = next((each for each in ELEMENTS if each not in values), "")
    end = next((each for each in SEGMENTS if each not in values), "")
    if not element or not end:
        raise NoPaper(f"receipt {receipt.check} has values that X12 cannot hold: take another form")
    return "".join(f"{element.join(each)}{end}" for each in whole).encode()


def _heads(receipt: Receipt) -> Iterator[Segment]:
    sender, to = receipt.receiver or "RECEIVER", receipt.supplier or "SUPPLIER"
    blank, when = " " * 10, receipt.decided
    yield (
        "ISA", "00", blank, "00", blank, "ZZ", f"{sender[:ID_WIDTH]:{ID_WIDTH}}", "ZZ",
        f"{to[:ID_WIDTH]:{ID_WIDTH}}", f"{when:%y%m%d}", f"{when:%H%M}", "U", "00401",
        f"{int(receipt.control):09d}", "0", "P", ">",
    )  # fmt: skip
    yield (
        "GS", "RC", sender[:ID_WIDTH], to[:ID_WIDTH], f"{when:%Y%m%d}", f"{when:%H%M}",
        receipt.control, "X", "004010",
    )  # fmt: skip


def _tails(receipt: Receipt) -> Iterator[Segment]:
    yield "GE", "1", receipt.control
    yield "IEA", "1", f"{int(receipt.control):09d}"


def _set(receipt: Receipt) -> Iterator[Segment]:
    day = f"{receipt.decided:%Y%m%d}"
    yield "ST", "861", "0001"
    yield "BRA", receipt.check, day, "00", "1", f"{receipt.decided:%H%M}"
    yield "REF", "SI", receipt.notice
    yield "DTM", "050", day
    if receipt.order:
        yield "PRF", receipt.order
    for role, party in (("SF", receipt.supplier), ("ST", receipt.receiver)):
        if party:
            yield "N1", role, "", "UL", party
    for number, goods in enumerate(receipt.goods, 1):
        unit = PACKAGES.get(goods.package, "EA")
        refused = rejected(receipt, goods)
        taken = goods.found - refused
        returned = (str(refused), unit) if refused else ("", "")
        in_question, condition = _condition(goods.advised, goods.found, refused)
        yield (
            "RCD", str(number), str(taken), unit, *returned,
            *((str(in_question), unit) if in_question else ("", "")), condition,
        )  # fmt: skip
        yield "SN1", str(number), str(goods.advised), unit
        lot = ("LT", goods.batch.lot) if goods.batch.lot else ()
        yield "LIN", str(number), "UK", goods.gtin, *lot
        yield "PID", "F", "", "", "", goods.numbers
        if goods.weight_g:
            yield "MEA", "WT", "N", f"{goods.weighed_g / 1000:.3f}", "KG"
        for sscc in receipt.units if number == 1 else ():
            yield "MAN", "GM", f"00{sscc}"
    yield "CTT", str(len(receipt.goods))


def _condition(advised: int, found: int, refused: int) -> tuple[int, str]:
    """Return how many pieces are in question, and why (X12 412)."""
    if refused:
        return refused, NOT_ACCEPTED
    if found < advised:
        return advised - found, SHORT
    return (found - advised, OVER) if found > advised else (0, GOOD)
