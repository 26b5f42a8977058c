"""Receipts → key data elements of FSMA 204 as a sortable table (21 CFR 1.1345, receiving). Pure.

A row for each batch of an article that came. What the records do not tell stays empty and is named
in the row: a traceability plan must fill it in from elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.dock.papers.receipt import Goods, Receipt
from agent.epcis.document import is_gln
from agent.exports.handovers import CANCELLED, receipt_in
from agent.exports.left_out import HIDDEN, LeftOut, NotTold
from agent.exports.shown import Batch, Checks, checks_of, is_timed
from agent.observe.presence import text
from evidence.leaf import Record
from foundation.table import table

EVENT = "Critical Tracking Event"
LOT = "Traceability Lot Code"
DATE = "Date Received (UTC)"
MISSING = "Missing"
KEY_DATA = (
    LOT,
    "Quantity",
    "Unit of Measure",
    "Product Description",
    "Immediate Previous Source",
    "Received Location",
    DATE,
    "Traceability Lot Code Source",
    "Reference Document Type",
    "Reference Document Number",
)
"""What 21 CFR 1.1345(a) asks of who receives food, in its order."""

COLUMNS = (
    EVENT, *KEY_DATA, "GTIN", "Expiry", "Best Before", "Receipt", "Read", "By Hand", "Believed",
    "Gateway", MISSING,
)  # fmt: skip

RECEIPT = "dock-check"
REJECTED = "rejected"
SHIPPING = (
    "shipping, transformation and the other tracking events are not in it: no record tells the "
    "lots of what left"
)


def rows_of(batches: Sequence[Batch], left: LeftOut, lot: str = "") -> list[dict[str, object]]:
    """Return the rows of all receipts, by date and lot; with `lot`, those of this one."""
    shown = [(batch, record) for batch in batches for record in batch.records]
    for batch in batches:
        left.add(HIDDEN, batch.hidden)
    left.add(
        "it is of no receipt",
        sum("check" not in each.values for _, each in shown),
    )
    checks = checks_of(batches)
    found = [
        row
        for batch, record in shown
        if record.kind == RECEIPT
        for row in _rows(batch, record, checks, left)
    ]
    chosen = [row for row in found if not lot or row[LOT] == lot]
    left.add("goods of another lot", len(found) - len(chosen))
    return sorted(chosen, key=lambda row: (str(row[DATE]), str(row[LOT]), str(row["GTIN"])))


def fsma204(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Return the rows as a table that a spreadsheet sorts."""
    return table(COLUMNS, rows)


def missing(rows: Sequence[Mapping[str, object]]) -> Counter[str]:
    """Return how many rows lack each key data element."""
    return Counter(name for row in rows for name in KEY_DATA if row[name] == "")


def _rows(
    batch: Batch, record: Record, checks: Checks, left: LeftOut
) -> Iterator[dict[str, object]]:
    try:
        receipt = receipt_in(checks, batch.gateway, text(record, "check"))
    except NotTold as reason:
        left.add(str(reason))
        return
    if receipt.decision in (CANCELLED, REJECTED):
        left.add(f"the goods were not received: {receipt.decision}")
        return
    for goods in receipt.goods:
        if goods.found or goods.weighed_g:
            row = _row(batch, record, receipt, goods)
            yield row | {MISSING: ", ".join(name for name in KEY_DATA if row[name] == "")}
        else:
            left.add("goods that were advised and did not come")


def _row(batch: Batch, record: Record, receipt: Receipt, goods: Goods) -> dict[str, Any]:
    return {
        EVENT: "Receiving",
        LOT: goods.batch.lot,
        **_quantity(goods),
        "Product Description": "",
        "Immediate Previous Source": receipt.supplier,
        "Received Location": _place(receipt),
        DATE: f"{receipt.decided:%Y-%m-%d}" if is_timed(record) else "",
        "Traceability Lot Code Source": "",
        **_document(receipt),
        "GTIN": goods.gtin,
        "Expiry": goods.batch.expiry,
        "Best Before": goods.batch.best_before,
        "Receipt": receipt.check,
        "Read": goods.read,
        "By Hand": goods.by_hand,
        "Believed": goods.believed,
        "Gateway": batch.gateway,
    }


def _quantity(goods: Goods) -> dict[str, object]:
    if goods.weighed_g:
        return {"Quantity": f"{goods.weighed_g / 1000:.3f}", "Unit of Measure": "kilogram"}
    return {"Quantity": goods.found, "Unit of Measure": goods.package or "piece"}


def _place(receipt: Receipt) -> str:
    """Return who received it and where; the door alone is no location description."""
    if is_gln(receipt.receiver):
        return f"GLN {receipt.receiver}, {receipt.read_point}"
    return f"{receipt.receiver}, {receipt.read_point}" if receipt.receiver else ""


def _document(receipt: Receipt) -> dict[str, object]:
    if receipt.notice:
        return {
            "Reference Document Type": "advance shipping notice",
            "Reference Document Number": receipt.notice,
        }
    kind = "purchase order" if receipt.order else ""
    return {"Reference Document Type": kind, "Reference Document Number": receipt.order}
