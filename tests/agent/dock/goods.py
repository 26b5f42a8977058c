"""Articles, units and notices for tests."""

from __future__ import annotations

import json
from typing import Any

from agent.dock.forms import read_notice
from agent.dock.goods_identity import Identity, check_digit
from agent.dock.notice import Notice

APPLE, PEAR, PLUM = "04012345111118", "04012345222227", "04012345333336"


def sscc(number: int) -> str:
    body = f"34012345{number:09d}"
    return body + check_digit(body)


P1, P2, P9 = sscc(1), sscc(2), sscc(9)


def item(gtin: str = APPLE, quantity: int = 0, **more: Any) -> dict[str, Any]:
    return {"gtin": gtin} | ({"quantity": quantity} if quantity else {}) | more


def plan(*units: tuple[str, list[dict[str, Any]]], **more: Any) -> bytes:
    tree = {"notice": "ASN1099", "units": [{"sscc": s, "items": items} for s, items in units]}
    return json.dumps(tree | more).encode()


def notice(*units: tuple[str, list[dict[str, Any]]], **more: Any) -> Notice:
    return read_notice(plan(*units, **more))


def unit(number: str) -> Identity:
    return Identity(sscc=number)


def piece(gtin: str, serial: str) -> Identity:
    return Identity(gtin=gtin, serial=serial)
