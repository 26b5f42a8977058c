"""A receipt on a console: who decided what, in three numbers, with its QR code beside it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from agent.cli.qr import drawn
from agent.cli.times import format_time
from foundation.console import WIDTH, cut, folded

QR_WIDTH = 37  # columns of the code of a receipt (agent/cli/qr.py)
GAP = 2


def lines(receipt: dict[str, Any], signed: str, width: int = WIDTH) -> Iterator[str]:
    """Yield what a receipt says, as lines of at most `width` columns."""
    for line in _lines(receipt, signed, width):
        yield cut(line, width)  # a word may be wider: the number of a notice


def _lines(receipt: dict[str, Any], signed: str, width: int) -> Iterator[str]:
    head = f"receipt {receipt['check']}: notice {receipt['notice']} {receipt['decision']}"
    yield from folded(head, 2, width)
    codes = f", {receipt['codes']}" if receipt.get("codes") else ""
    yield from folded(f"  {receipt['found']} of {receipt['expected']} pieces{codes}", 4, width)
    if "read" in receipt:
        yield f"  {numbers(receipt)}"
    if receipt.get("receipts"):
        order = f" of order {receipt['order']}" if receipt.get("order") else ""
        told = f"  {receipt['together']} of {receipt['expected']}{order} with {receipt['receipts']}"
        yield from folded(told, 4, width)
    if receipt.get("verdict_ms") is not None:
        yield f"  {receipt['verdict_ms'] / 1000:.1f} s after the last new item"
    yield "  SHA-256 of notice and receipt:"
    for digest in (receipt["digest"], receipt["sha256"]):
        yield from _cut(digest, width - 2)
    yield from folded(f"  {signed}", 2, width)
    yield from folded("  it is sealed now, sent when there is a network", 2, width)


def _cut(digest: str, width: int) -> Iterator[str]:
    half = len(digest) if len(digest) <= width else len(digest) // 2
    for at in range(0, len(digest), half):
        yield f"  {digest[at : at + half]}"


def numbers(receipt: dict[str, Any]) -> str:
    """Return the three numbers of what was found, by how it is known."""
    return f"{receipt['read']} read, {receipt['by_hand']} by hand, {receipt['believed']} believed"


def with_code(receipt: dict[str, Any], signed: str) -> Iterator[str]:
    """Yield the receipt's lines with its QR code on their right, together on one screen."""
    left = WIDTH - QR_WIDTH - GAP
    told = list(lines(receipt, signed, left))
    for line, code in zip_longest(told, drawn(code_text(receipt)), fillvalue=""):
        yield f"{line:{left + GAP}}{code}".rstrip()


def code_text(receipt: dict[str, Any]) -> str:
    """Return what the QR code of a receipt says, in the characters that QR codes pack best."""
    return f"TALLYMAN:{receipt['check']}:{receipt['sha256']}".upper()


def again(told: dict[str, Any], *, utc: bool) -> Iterator[str]:
    """Yield a receipt of before, as its records say it."""
    receipt, delivery = told["receipt"], told["delivery"]
    if not receipt:
        yield f"receipt {told['check']}: its records are gone from this gateway"
        return
    whole = {"verdict_ms": None, "sha256": "not signed here"} | receipt
    whole["sha256"] = told.get("sha256", "not signed")
    signed = f"delivery: {delivery['state']}" if delivery else f"signed: {receipt['signed']}"
    yield from lines(whole, signed)
    yield f"  decided {format_time(told['decided_ms'], utc=utc)} at {receipt['read_point']}"
    for each in told["differences"]:
        yield from folded(f"  {difference(each)}", 6)


def difference(values: dict[str, Any]) -> str:
    """Return a difference of a receipt in one sentence."""
    named = [
        f"({ai}){values[name]}"
        for ai, name in (("00", "sscc"), ("01", "gtin"), ("21", "serial"))
        if name in values
    ]
    batch = f", batch {values['lot']}" if "lot" in values else ""
    what = "".join(named) or "the delivery"
    return (
        f"{values.get('code', '')} {values['text']}: {values['quantity']} x {what}{batch}".strip()
    )
