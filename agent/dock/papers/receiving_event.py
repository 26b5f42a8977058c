"""Receipt → EPCIS 2.0 document with one ObjectEvent of receiving, in JSON-LD. Pure."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from agent.dock.papers.receipt import Goods, Receipt

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN = "tallyman"
OWN_NAMES = "urn:tallyman:epcis:"
LINK = "https://id.gs1.org"
GLN_DIGITS = 13


def receiving_event(receipt: Receipt) -> bytes:
    """Return the document; how pieces are known is told in an extension of our own."""
    document = {
        "@context": [CONTEXT, {OWN: OWN_NAMES}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _time(receipt),
        "epcisBody": {"eventList": [_event(receipt)]},
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _time(receipt: Receipt) -> str:
    return f"{receipt.decided:%Y-%m-%dT%H:%M:%S}.{receipt.decided.microsecond // 1000:03d}Z"


def _event(receipt: Receipt) -> dict[str, Any]:
    event = {
        "type": "ObjectEvent",
        "eventTime": _time(receipt),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": receipt.disposition,
        "epcList": [f"{LINK}/00/{sscc}" for sscc in receipt.units],
        "quantityList": [_quantity(each) for each in receipt.goods if each.found],
        "readPoint": {"id": f"urn:tallyman:readpoint:{quote(receipt.read_point, safe='')}"},
        "bizTransactionList": list(_transactions(receipt)),
        f"{OWN}:receipt": receipt.check,
        f"{OWN}:decision": receipt.decision,
        f"{OWN}:expected": receipt.expected,
        f"{OWN}:read": receipt.read,
        f"{OWN}:byHand": receipt.by_hand,
        f"{OWN}:believed": receipt.believed,
        f"{OWN}:lines": [_line(each) for each in receipt.goods],
    }
    parties = {
        "sourceList": ("source", receipt.supplier),
        "destinationList": ("destination", receipt.receiver),
    }
    for name, (key, party) in parties.items():
        if _is_gln(party):
            event[name] = [{"type": "owning_party", key: f"{LINK}/417/{party}"}]
    return {name: value for name, value in event.items() if value != []}


def _class(goods: Goods) -> str:
    lot = f"/10/{quote(goods.batch.lot, safe='')}" if goods.batch.lot else ""
    return f"{LINK}/01/{goods.gtin}{lot}"


def _quantity(goods: Goods) -> dict[str, Any]:
    return {"epcClass": _class(goods), "quantity": goods.found}


def _line(goods: Goods) -> dict[str, Any]:
    """Return what the standard's list cannot hold: advised, and how the rest is known."""
    return {
        f"{OWN}:epcClass": _class(goods),
        f"{OWN}:advised": goods.advised,
        f"{OWN}:read": goods.read,
        f"{OWN}:byHand": goods.by_hand,
        f"{OWN}:believed": goods.believed,
    }


def _transactions(receipt: Receipt) -> list[dict[str, str]]:
    said = [("desadv", receipt.notice, receipt.supplier), ("po", receipt.order, receipt.receiver)]
    return [
        {"type": kind, "bizTransaction": _transaction(number, party)}
        for kind, number, party in said
        if number
    ]


def _transaction(number: str, party: str) -> str:
    """Return a number as a URI: that of CBV where its owner has a GLN, else one of our own."""
    if number.startswith("urn:"):
        return number
    if _is_gln(party):
        return f"urn:epcglobal:cbv:bt:{party}:{quote(number, safe='')}"
    return f"urn:tallyman:transaction:{quote(number, safe='')}"


def _is_gln(party: str) -> bool:
    return party.isascii() and party.isdigit() and len(party) == GLN_DIGITS
