"""What all EPCIS documents of ours share: context, names of our own, moments, GS1 keys. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN = "tallyman"
OWN_NAMES = "urn:tallyman:epcis:"
NAMES: Mapping[str, str] = {OWN: OWN_NAMES}
LINK = "https://id.gs1.org"
GLN_DIGITS = 13
EPCIS_VERSION = "2.0"
UTC_OFFSET = "+00:00"

Event = dict[str, Any]


def document(events: Iterable[Event], created: dt.datetime) -> dict[str, Any]:
    """Return the document of `events`; `created` is a moment of UTC."""
    return {
        "@context": [CONTEXT, dict(NAMES)],
        "type": "EPCISDocument",
        "schemaVersion": EPCIS_VERSION,
        "creationDate": moment(created),
        "epcisBody": {"eventList": list(events)},
    }


def to_bytes(told: Mapping[str, Any]) -> bytes:
    """Return a document as a file."""
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def moment(when: dt.datetime) -> str:
    """Return a moment of UTC as events have it."""
    return when.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def own(name: str) -> str:
    """Return the name of a field of ours."""
    return f"{OWN}:{name}"


def urn(what: str, *names: str) -> str:
    """Return a URI of ours for what has no GS1 key: urn:tallyman:readpoint:door%201."""
    return ":".join(("urn:tallyman", what, *(quote(name, safe="") for name in names)))


def read_point(name: str) -> dict[str, str]:
    """Return a read point, which is known by the name in the gateway's configuration."""
    return {"id": urn("readpoint", name)}


def article(gtin: str, lot: str = "") -> str:
    """Return an article, or a batch of it."""
    return f"{LINK}/01/{gtin}" + (f"/10/{quote(lot, safe='')}" if lot else "")


def piece(gtin: str, serial: str) -> str:
    """Return one piece of an article."""
    return f"{LINK}/01/{gtin}/21/{quote(serial, safe='')}"


def logistic_unit(sscc: str) -> str:
    """Return a logistic unit."""
    return f"{LINK}/00/{sscc}"


def party(gln: str) -> str:
    """Return a party by its GLN."""
    return f"{LINK}/417/{gln}"


def place(name: str) -> str:
    """Return a place by its GLN, or by the name that people give it."""
    return f"{LINK}/414/{name}" if is_gln(name) else urn("place", name)


def transactions(*said: tuple[str, str, str]) -> list[dict[str, str]]:
    """Return business transactions of (type, number, GLN or name of whose number it is)."""
    return [
        {"type": kind, "bizTransaction": _transaction(number, owner)}
        for kind, number, owner in said
        if number
    ]


def _transaction(number: str, owner: str) -> str:
    """Return a number as a URI: that of CBV where its owner has a GLN, else one of our own."""
    if number.startswith("urn:"):
        return number
    if is_gln(owner):
        return f"urn:epcglobal:cbv:bt:{owner}:{quote(number, safe='')}"
    return urn("transaction", number)


def is_gln(text: str) -> bool:
    """Whether a party is named by its GLN."""
    return text.isascii() and text.isdigit() and len(text) == GLN_DIGITS
