"""Receipt → EPCIS 2.0 document with one ObjectEvent of receiving, in JSON-LD. Pure."""

from __future__ import annotations

from typing import Any

from agent.dock.papers.receipt import Goods, NoPaper, Receipt
from agent.epcis.document import (
    UTC_OFFSET,
    Event,
    article,
    document,
    is_gln,
    logistic_unit,
    moment,
    own,
    party,
    read_point,
    to_bytes,
    transactions,
)


def receiving_event(receipt: Receipt) -> bytes:
    """Return the document; how pieces are known is told in an extension of our own.

    NoPaper where no partner could take it.
    """
    from agent.epcis.validator import event_problems  # noqa: PLC0415  a megabyte, for few papers

    event = received(receipt)
    for problem in event_problems(event):
        raise NoPaper(f"no EPCIS event can be made of receipt {receipt.check}: {problem}")
    return to_bytes(document([event], receipt.decided))


def received(receipt: Receipt) -> Event:
    """Return the event; NoPaper where nothing came, as an event names what it is about."""
    if not receipt.units and not any(each.found for each in receipt.goods):
        raise NoPaper(f"nothing came on receipt {receipt.check}, and an event names what did")
    event = {
        "type": "ObjectEvent",
        "eventTime": moment(receipt.decided),
        "eventTimeZoneOffset": UTC_OFFSET,
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": receipt.disposition,
        "epcList": list(map(logistic_unit, receipt.units)),
        "quantityList": [_quantity(each) for each in receipt.goods if each.found],
        "readPoint": read_point(receipt.read_point),
        "bizTransactionList": transactions(
            ("desadv", receipt.notice, receipt.supplier), ("po", receipt.order, receipt.receiver)
        ),
        own("receipt"): receipt.check,
        own("decision"): receipt.decision,
        own("expected"): receipt.expected,
        own("read"): receipt.read,
        own("byHand"): receipt.by_hand,
        own("believed"): receipt.believed,
        own("lines"): [_line(each) for each in receipt.goods],
    }
    parties = {
        "sourceList": ("source", receipt.supplier),
        "destinationList": ("destination", receipt.receiver),
    }
    for name, (key, who) in parties.items():
        if is_gln(who):
            event[name] = [{"type": "owning_party", key: party(who)}]
    return {name: value for name, value in event.items() if value != []}


def _quantity(goods: Goods) -> dict[str, Any]:
    return {"epcClass": article(goods.gtin, goods.batch.lot), "quantity": goods.found}


def _line(goods: Goods) -> dict[str, Any]:
    """Return what the standard's list cannot hold: advised, and how the rest is known."""
    return {
        own("epcClass"): article(goods.gtin, goods.batch.lot),
        own("advised"): goods.advised,
        own("read"): goods.read,
        own("byHand"): goods.by_hand,
        own("believed"): goods.believed,
    }
