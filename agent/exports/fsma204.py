"""Receipts and shipments → key data elements of FSMA 204 as a sortable table. Pure.

A row for each batch of an article that came (21 CFR 1.1345, receiving), or that left with a
shipment (1.1340, shipping). What the records do not tell stays empty and is named in the row: a
traceability plan must fill it in from elsewhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from agent.exports.handovers import CANCELLED, receipt_in
from agent.exports.journeys import beginnings
from agent.exports.left_out import HIDDEN, LeftOut, NotTold
from agent.exports.shown import Batch, Checks, checks_of
from agent.exports.tracked import (
    ASKED,
    COLUMNS,
    DATE,
    EVENT,
    LOT,
    RECEIVING,
    SHIPPED,
    SHIPPING,
    Receipted,
    of_receipt,
    of_shipment,
    whole,
)
from agent.observe.presence import text
from evidence.leaf import Record
from foundation.table import table

RECEIPT, SHIPMENT = "dock-check", "shipment"
REJECTED = "rejected"
NO_LOTS = "a shipment whose lots no receipt of its notice tells"
IN_PARTS = "a part of another shipment: which of its lots no record tells"
SHARED = "several shipments of one notice: which of its lots each has no record tells"
NOT_ADVISED = "goods that came and that the notice of the shipment does not name"
NOT_IN_IT = (
    "transformation and the other tracking events are not in it, nor what left without a shipment "
    "of its notice: no record tells its lots"
)


def rows_of(batches: Sequence[Batch], left: LeftOut, lot: str = "") -> list[dict[str, object]]:
    """Return the rows of all receipts and shipments, by date and lot; with `lot`, this one's."""
    shown = [(batch, record) for batch in batches for record in batch.records]
    for batch in batches:
        left.add(HIDDEN, batch.hidden)
    left.add(
        "it is of no receipt, and no shipment",
        sum("check" not in each.values and each.kind != SHIPMENT for _, each in shown),
    )
    receipts = list(_receipts(shown, checks_of(batches), left))
    found = [row for each in receipts for row in _received(each, left)]
    begun = beginnings(batches)
    named = _names(record for _, record in shown)
    for batch, record in shown:
        if (batch.gateway, batch.epoch, record.number) in begun:
            found += _shipped(batch, record, receipts, named, left)
        elif record.kind == SHIPMENT:
            left.add("it changes or ends a shipment that is in it")
    chosen = [row for row in found if not lot or row[LOT] == lot]
    left.add("goods of another lot", len(found) - len(chosen))
    return sorted(chosen, key=_order)


def fsma204(rows: Sequence[Mapping[str, object]]) -> bytes:
    """Return the rows as a table that a spreadsheet sorts."""
    return table(COLUMNS, rows)


def missing(rows: Sequence[Mapping[str, object]]) -> Counter[str]:
    """Return how many rows lack each key data element of their event."""
    return Counter(name for row in rows for name in ASKED[str(row[EVENT])] if row[name] == "")


def _order(row: Mapping[str, object]) -> tuple[str, ...]:
    date = row[DATE] or row[SHIPPED]
    return tuple(map(str, (date, row[LOT], row["GTIN"], row[EVENT])))


def _receipts(
    shown: Iterable[tuple[Batch, Record]], checks: Checks, left: LeftOut
) -> Iterator[Receipted]:
    for batch, record in shown:
        if record.kind != RECEIPT:
            continue
        try:
            receipt = receipt_in(checks, batch.gateway, text(record, "check"))
        except NotTold as reason:
            left.add(str(reason))
        else:
            yield Receipted(batch, record, receipt)


def _received(each: Receipted, left: LeftOut) -> Iterator[dict[str, object]]:
    """Yield a row for each batch that came and was taken."""
    receipt = each.receipt
    if receipt.decision in (CANCELLED, REJECTED):
        left.add(f"the goods were not received: {receipt.decision}")
        return
    for goods in receipt.goods:
        if goods.found or goods.weighed_g:
            yield whole(RECEIVING, of_receipt(each, goods))
        else:
            left.add("goods that were advised and did not come")


def _names(records: Iterable[Record]) -> Mapping[object, set[str]]:
    """Return the names of the whole shipments that were bound with each notice, by its digest.

    One name on several gateways is one shipment that goes from truck to truck.
    """
    found: defaultdict[object, set[str]] = defaultdict(set)
    for record in records:
        if record.kind == SHIPMENT and "parents" not in record.values:
            found[record.values.get("digest")].add(text(record, "name"))
    return found


def _shipped(
    batch: Batch,
    record: Record,
    receipts: Iterable[Receipted],
    named: Mapping[object, set[str]],
    left: LeftOut,
) -> Iterator[dict[str, object]]:
    """Yield a row for each batch that left with a shipment, as a receipt of its notice tells."""
    about = next((each for each in receipts if _is_of(each.record, record)), None)
    if about is None or "parents" in record.values:
        left.add(NO_LOTS if about is None else IN_PARTS)
        return
    if len(named[record.values.get("digest")]) > 1:
        left.add(SHARED)
        return
    for goods in about.receipt.goods:
        if not (goods.advised or goods.weight_g):
            left.add(NOT_ADVISED)
            continue
        yield whole(SHIPPING, of_shipment(batch, record, about.receipt, goods))


def _is_of(receipt: Record, shipment: Record) -> bool:
    """Whether a receipt is of the very notice that a shipment was bound with, and of goods."""
    digest = shipment.values.get("digest")
    same = isinstance(digest, bytes) and receipt.values.get("digest") == digest
    return same and "purpose" not in receipt.values
