"""Receipt → CSV for a spreadsheet: a row for each line of goods, and for each difference. Pure."""

from __future__ import annotations

import csv
import io

from agent.dock.papers.receipt import Receipt

COLUMNS = (
    "receipt", "notice", "order", "decided", "decision", "row", "code", "sscc", "gtin", "serial",
    "lot", "expiry", "best_before", "package", "advised", "read", "by_hand", "believed",
    "quantity", "kilograms", "text",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet computes cells that begin so; a supplier's text must not."""


def receipt_csv(receipt: Receipt) -> bytes:
    """Return the table, UTF-8 with a mark, as spreadsheets want it."""
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    rows.writeheader()
    head = {
        "receipt": receipt.check,
        "notice": receipt.notice,
        "order": receipt.order,
        "decided": f"{receipt.decided:%Y-%m-%dT%H:%M:%SZ}",
        "decision": receipt.decision,
    }
    for goods in receipt.goods:
        line = {
            "row": "goods", "gtin": goods.gtin, **goods.batch._asdict(), "package": goods.package,
            "advised": goods.advised, "read": goods.read, "by_hand": goods.by_hand,
            "believed": goods.believed, "kilograms": _kilograms(goods.weighed_g),
        }  # fmt: skip
        rows.writerow(_safe(head | line))
    for each in receipt.differences:
        line = {
            "row": "difference", "code": each.code, "sscc": each.sscc, "gtin": each.gtin,
            "serial": each.serial, **each.batch._asdict(), "quantity": each.quantity,
            "kilograms": _kilograms(each.weight_g), "text": each.text,
        }  # fmt: skip
        rows.writerow(_safe(head | line))
    return out.getvalue().encode("utf-8-sig")


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:.3f}" if grams else ""


def _safe(row: dict[str, object]) -> dict[str, object]:
    return {
        name: f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
        for name, value in row.items()
    }
