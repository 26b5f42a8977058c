"""A receipt on a console: who decided what, in three numbers, with its QR code beside it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from agent.cli.dock_language import DIFFERENCE, ENGLISH, Words
from agent.cli.qr import drawn
from agent.cli.times import format_time
from foundation.columns import padded
from foundation.console import WIDTH, cut, folded

QR_WIDTH = 37  # columns of the code of a receipt (agent/cli/qr.py)
GAP = 2
DIGEST_DIGITS = 64  # of a SHA-256
TOGETHER = ("together", "expected", "order", "receipts")


def lines(
    receipt: dict[str, Any], signed: str, width: int = WIDTH, words: Words = ENGLISH
) -> Iterator[str]:
    """Yield what a receipt says, as lines of at most `width` columns."""
    for line in _lines(receipt, signed, width, words):
        yield cut(line, width)  # a word may be wider: the number of a notice


def _lines(receipt: dict[str, Any], signed: str, width: int, words: Words) -> Iterator[str]:
    decision = words.word("decision", receipt["decision"])
    head = words(
        "receipt.head", check=receipt["check"], notice=receipt["notice"], decision=decision
    )
    yield from folded(head, 2, width)
    codes = f", {receipt['codes']}" if receipt.get("codes") else ""
    found = words("receipt.found", found=receipt["found"], count=receipt["expected"])
    yield from folded(f"  {found}{codes}", 4, width)
    if "read" in receipt:
        yield from folded(f"  {numbers(receipt, words)}", 4, width)
    if receipt.get("receipts"):
        key = "receipt.together-order" if receipt.get("order") else "receipt.together"
        told = {name: receipt.get(name, "") for name in TOGETHER}
        yield from folded(f"  {words(key, **told)}", 4, width)
    if receipt.get("verdict_ms") is not None:
        seconds = f"{receipt['verdict_ms'] / 1000:.1f}"
        yield from folded(f"  {words('receipt.after-last', seconds=seconds)}", 4, width)
    yield from folded(f"  {words('receipt.hashes')}", 4, width)
    for digest in (receipt["digest"], receipt["sha256"]):
        yield from _cut(digest, width - 2)
    yield from _photos(receipt, width, words)
    yield from folded(f"  {signed}", 2, width)
    yield from folded(f"  {words('receipt.sealed')}", 2, width)


def _photos(receipt: dict[str, Any], width: int, words: Words) -> Iterator[str]:
    """Yield the pictures that are bound to the receipt; beside a code, how many there are."""
    if digests := photos(receipt):
        yield from folded(f"  {words('receipt.photos', count=len(digests))}", 4, width)
    if width == WIDTH:
        yield from (f"  {digest}" for digest in digests)


def photos(receipt: dict[str, Any]) -> list[str]:
    """Return the SHA-256 of each picture of a receipt, in hexadecimal."""
    packed = receipt.get("photos", "")
    return [packed[at : at + DIGEST_DIGITS] for at in range(0, len(packed), DIGEST_DIGITS)]


def _cut(digest: str, width: int) -> Iterator[str]:
    half = len(digest) if len(digest) <= width else len(digest) // 2
    for at in range(0, len(digest), half):
        yield f"  {digest[at : at + half]}"


def numbers(receipt: dict[str, Any], words: Words = ENGLISH) -> str:
    """Return the three numbers of what was found, by how it is known."""
    three = {name: receipt[name] for name in ("read", "by_hand", "believed")}
    return words("page.numbers", **three)


def with_code(receipt: dict[str, Any], signed: str, words: Words = ENGLISH) -> Iterator[str]:
    """Yield the receipt's lines with its QR code on their right, together on one screen."""
    left = WIDTH - QR_WIDTH - GAP
    told = list(lines(receipt, signed, left, words))
    for line, code in zip_longest(told, drawn(code_text(receipt)), fillvalue=""):
        yield f"{padded(line, left + GAP)}{code}".rstrip()


def code_text(receipt: dict[str, Any]) -> str:
    """Return what the QR code of a receipt says, in the characters that QR codes pack best."""
    return f"TALLYMAN:{receipt['check']}:{receipt['sha256']}".upper()


def again(told: dict[str, Any], *, utc: bool, words: Words = ENGLISH) -> Iterator[str]:
    """Yield a receipt of before, as its records say it."""
    receipt, delivery = told["receipt"], told["delivery"]
    if not receipt:
        yield cut(words("receipt.gone", check=told["check"]))
        return
    whole = {"verdict_ms": None} | receipt
    whole["sha256"] = told.get("sha256", words("receipt.not-signed"))
    yield from lines(whole, signature(receipt, delivery, words), words=words)
    when = format_time(told["decided_ms"], utc=utc)
    said = words("receipt.decided", when=when, read_point=receipt["read_point"])
    yield from folded(f"  {said}", 4)
    for each in told["differences"]:
        yield from folded(f"  {difference(each, words)}", 6)


def signature(receipt: dict[str, Any], delivery: dict[str, Any], words: Words = ENGLISH) -> str:
    """Say who signed: of a delivery, both parties or one or none."""
    if delivery:
        return words.word("delivery", delivery["state"])
    return words("receipt.signed", answer=words.word("answer", receipt["signed"]))


def difference(values: dict[str, Any], words: Words = ENGLISH) -> str:
    """Return a difference of a receipt in one sentence."""
    named = [
        f"({ai}){values[name]}"
        for ai, name in (("00", "sscc"), ("01", "gtin"), ("21", "serial"))
        if name in values
    ]
    batch = f", {words('difference.batch', lot=values['lot'])}" if "lot" in values else ""
    what = "".join(named) or words("receipt.delivery")
    text = words.told(DIFFERENCE, values["text"])
    photo = f", {words('receipt.photo', digest=values['photo'])}" if "photo" in values else ""
    return f"{values.get('code', '')} {text}: {values['quantity']} x {what}{batch}{photo}".strip()
