"""One row of FSMA 204: what a receipt or a shipment tells of one batch of an article. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agent.dock.papers.receipt import Goods, Receipt
from agent.epcis.document import is_gln
from agent.exports.shown import Batch, is_timed, moment_of
from agent.observe.presence import text
from evidence.leaf import Record

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

SHIPPED = "Date Shipped (UTC)"
KEY_DATA_SHIPPED = (
    LOT,
    "Quantity",
    "Unit of Measure",
    "Product Description",
    "Immediate Subsequent Recipient",
    "Shipped From",
    SHIPPED,
    "Traceability Lot Code Source",
    "Reference Document Type",
    "Reference Document Number",
)
"""What 21 CFR 1.1340(a) asks of who ships food, in its order."""

RECEIVING, SHIPPING = "Receiving", "Shipping"
ASKED: Mapping[str, Sequence[str]] = {RECEIVING: KEY_DATA, SHIPPING: KEY_DATA_SHIPPED}
"""Tracking event → key data elements."""

COLUMNS = (
    EVENT, *KEY_DATA, "Immediate Subsequent Recipient", "Shipped From", SHIPPED, "GTIN", "Expiry",
    "Best Before", "Receipt", "Read", "By Hand", "Believed", "Shipment", "Gateway", MISSING,
)  # fmt: skip


class Receipted(NamedTuple):
    """A receipt that holds, with the record that tells of it."""

    batch: Batch
    record: Record
    receipt: Receipt


def whole(event: str, said: Mapping[str, object]) -> dict[str, object]:
    """Return a row with all columns; what nobody said is empty, and named where it is asked for."""
    row = {name: said.get(name, "") for name in COLUMNS} | {EVENT: event}
    return row | {MISSING: ", ".join(name for name in ASKED[event] if row[name] == "")}


def of_receipt(each: Receipted, goods: Goods) -> dict[str, object]:
    """Return what is known of a batch that came."""
    receipt = each.receipt
    return {
        **_batch(goods),
        **_came(goods),
        "Immediate Previous Source": receipt.supplier,
        "Received Location": _place(receipt),
        DATE: f"{receipt.decided:%Y-%m-%d}" if is_timed(each.record) else "",
        **_document(receipt),
        "Receipt": receipt.check,
        "Read": goods.read,
        "By Hand": goods.by_hand,
        "Believed": goods.believed,
        "Gateway": each.batch.gateway,
    }


def of_shipment(batch: Batch, record: Record, receipt: Receipt, goods: Goods) -> dict[str, object]:
    """Return what is known of a batch that left: what its notice advised, and to whom."""
    return {
        **_batch(goods),
        **_advised(goods),
        "Immediate Subsequent Recipient": receipt.receiver or text(record, "destination"),
        SHIPPED: f"{moment_of(record.wall_ms):%Y-%m-%d}" if is_timed(record) else "",
        **_document(receipt),
        "Receipt": receipt.check,
        "Shipment": text(record, "name"),
        "Gateway": batch.gateway,
    }


def _batch(goods: Goods) -> dict[str, object]:
    return {
        LOT: goods.batch.lot,
        "GTIN": goods.gtin,
        "Expiry": goods.batch.expiry,
        "Best Before": goods.batch.best_before,
    }


def _came(goods: Goods) -> dict[str, object]:
    return _quantity(goods.weighed_g, goods.found, goods.package)


def _advised(goods: Goods) -> dict[str, object]:
    return _quantity(goods.weight_g, goods.advised, goods.package)


def _quantity(grams: int, pieces: int, package: str) -> dict[str, object]:
    if grams:
        return {"Quantity": f"{grams / 1000:.3f}", "Unit of Measure": "kilogram"}
    return {"Quantity": pieces, "Unit of Measure": package or "piece"}


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
