"""A receipt as its records tell it, for the papers that go back to who sent the goods. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from agent.dock.history import unpacked
from agent.dock.notice import Batch
from foundation.dataclass import dataclass

CONTROL_DIGITS = 9  # of an interchange's number in X12; EDIFACT takes 14 characters


class NoPaper(ValueError):
    """Of this receipt no paper can be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Goods:
    """One article of one batch: advised, and what came by how it is known; weights in grams."""

    gtin: str
    batch: Batch
    advised: int
    read: int
    by_hand: int
    believed: int
    package: str = ""
    weight_g: int = 0
    weighed_g: int = 0

    @property
    def found(self) -> int:
        """All that came."""
        return self.read + self.by_hand + self.believed

    @property
    def numbers(self) -> str:
        """The three numbers, in words."""
        return f"{self.read} read, {self.by_hand} by hand, {self.believed} believed"


@dataclass(frozen=True, slots=True)
class Differs:
    """One difference; `weight_g` of goods that are advised by weight alone."""

    code: str
    sscc: str
    gtin: str
    serial: str
    batch: Batch
    quantity: int
    text: str
    rejected: bool
    weight_g: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """All of it. `number` is that of its record, `decided` in UTC."""

    check: str
    number: int
    notice: str
    order: str
    supplier: str
    receiver: str
    read_point: str
    decision: str
    disposition: str
    returns: bool
    decided: dt.datetime
    expected: int
    found: int
    read: int
    by_hand: int
    believed: int
    units: tuple[str, ...]
    goods: tuple[Goods, ...]
    differences: tuple[Differs, ...]
    sha256: str = ""

    @property
    def control(self) -> str:
        """The number by which an interchange is known: that of the receipt's record."""
        return str(self.number % 10**CONTROL_DIGITS)


def receipt_of(told: Mapping[str, Any]) -> Receipt:
    """Return the receipt in what the control socket tells of one; NoPaper where it cannot be."""
    receipt = told["receipt"]
    if not receipt:
        raise NoPaper(f"the records of receipt {told['check']} are gone from this gateway")
    if "read" not in receipt:
        raise NoPaper(
            f"receipt {told['check']} is of an older version, which did not keep how pieces were "
            "known: no paper can be made of it"
        )
    goods = [each for each in told["goods"] if "read" in each]
    return Receipt(
        check=told["check"],
        number=int(told["number"]),
        notice=receipt["notice"],
        order=receipt.get("order", ""),
        supplier=receipt.get("supplier", ""),
        receiver=next((each["receiver"] for each in goods if "receiver" in each), ""),
        read_point=receipt["read_point"],
        decision=receipt["decision"],
        disposition=receipt["disposition"],
        returns="purpose" in receipt,
        decided=dt.datetime.fromtimestamp(told["decided_ms"] / 1000, dt.UTC),
        expected=receipt["expected"],
        found=receipt["found"],
        read=receipt["read"],
        by_hand=receipt["by_hand"],
        believed=receipt["believed"],
        units=tuple(unpacked(bytes.fromhex(receipt.get("units", "")))),
        goods=tuple(map(_goods, goods)),
        differences=tuple(map(_differs, told["differences"])),
        sha256=told.get("sha256", ""),
    )


def _batch(values: Mapping[str, Any]) -> Batch:
    return Batch(*(values.get(name, "") for name in Batch._fields))


def _goods(values: Mapping[str, Any]) -> Goods:
    return Goods(
        values["gtin"],
        _batch(values),
        values["quantity"],
        values["read"],
        values["by_hand"],
        values["believed"],
        values.get("package", ""),
        values.get("weight", 0),
        values.get("weighed", 0),
    )


def _differs(values: Mapping[str, Any]) -> Differs:
    return Differs(
        values.get("code", ""),
        values.get("sscc", ""),
        values.get("gtin", ""),
        values.get("serial", ""),
        _batch(values),
        values["quantity"],
        values["text"],
        bool(values.get("rejected")),
        values.get("weight", 0),
    )


def rejected(receipt: Receipt, goods: Goods) -> int:
    """Return how many pieces of a line are not accepted, by what people said of its article.

    A remark names no batch: it is of the article's first line that has so many.
    """
    if receipt.decision == "rejected":
        return goods.found
    lines = [each for each in receipt.goods if each.gtin == goods.gtin]
    refused = sum(
        each.quantity for each in receipt.differences if each.rejected and each.gtin == goods.gtin
    )
    for line in lines:
        taken = min(refused, line.found)
        if line == goods:
            return taken
        refused -= taken
    return 0
