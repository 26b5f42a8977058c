"""A receipt of before as its records tell it, in plain values: for papers and pages. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from agent.observe.presence import text
from evidence.leaf import Record, RecordValue


def plain(values: Mapping[str, RecordValue]) -> dict[str, int | str]:
    """Return a record's fields fit for JSON, bytes as hexadecimal."""
    return {
        name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()
    }


def receipt_json(check: str, records: Iterable[Record]) -> dict[str, Any]:
    """Return a receipt of before, as its records say; `receipt` is empty where they are gone."""
    told: dict[str, Any] = {
        "check": check, "receipt": {}, "delivery": {}, "decided_ms": 0, "number": 0,
    }  # fmt: skip
    signed: Mapping[str, RecordValue] = {}
    lists: dict[str, list[dict[str, Any]]] = {"dock-goods": [], "dock-difference": []}
    for record in records:
        if text(record, "check") != check:
            continue
        if record.kind in lists:
            lists[record.kind].append(plain(record.values))
        elif record.kind == "dock-check":
            told |= {"receipt": plain(record.values), "decided_ms": record.wall_ms}
            told["number"] = record.number
            signed = signed or record.values
        elif record.kind == "delivery":
            told["delivery"] = plain(record.values)
            signed = record.values
    document = signed.get("document")
    if isinstance(document, bytes):
        told["sha256"] = hashlib.sha256(document).hexdigest()
    return told | {"goods": lists["dock-goods"], "differences": lists["dock-difference"]}
