"""Receipt → CSV for a spreadsheet: a row for each line of goods, and for each difference. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.dock.papers.receipt import Differs, Goods, Receipt
from foundation.table import table

COLUMNS = (
    "receipt", "notice", "order", "decided", "decision", "row", "code", "sscc", "gtin", "serial",
    "lot", "expiry", "best_before", "package", "advised", "read", "by_hand", "believed",
    "quantity", "kilograms", "text",
)  # fmt: skip


def receipt_csv(receipt: Receipt) -> bytes:
    """Return the table."""
    head = {
        "receipt": receipt.check,
        "notice": receipt.notice,
        "order": receipt.order,
        "decided": f"{receipt.decided:%Y-%m-%dT%H:%M:%SZ}",
        "decision": receipt.decision,
    }
    return table(COLUMNS, (head | line for line in _lines(receipt)))


def _lines(receipt: Receipt) -> Iterator[dict[str, object]]:
    yield from map(_goods, receipt.goods)
    yield from map(_difference, receipt.differences)


def _goods(goods: Goods) -> dict[str, object]:
    return {
        "row": "goods", "gtin": goods.gtin, **goods.batch._asdict(), "package": goods.package,
        "advised": goods.advised, "read": goods.read, "by_hand": goods.by_hand,
        "believed": goods.believed, "kilograms": _kilograms(goods.weighed_g),
    }  # fmt: skip


def _difference(each: Differs) -> dict[str, object]:
    return {
        "row": "difference", "code": each.code, "sscc": each.sscc, "gtin": each.gtin,
        "serial": each.serial, **each.batch._asdict(), "quantity": each.quantity,
        "kilograms": _kilograms(each.weight_g), "text": each.text,
    }  # fmt: skip


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:.3f}" if grams else ""
