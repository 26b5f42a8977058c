"""Receipts of the dock: who decided what, in three numbers, with what differed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.dock.papers.told import receipt_json
from agent.renderer.catalogue import Words
from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, joined, said
from agent.renderer.table import listed, table
from agent.renderer.zone import Zone, stamp
from agent.report.case import SHOWN_ROWS, Case
from agent.report.signatures import checked

KIND = "dock-check"
ROLES = ("driver", "receiver")
NUMBERS = ("read", "by_hand", "believed")
GOODS = ("gtin", "lot", "expiry", "quantity", *NUMBERS)
DIFFERENCES = ("code", "text", "quantity", "sscc", "gtin", "serial", "lot")

Told = Mapping[str, Any]
"""A receipt as `agent.dock.papers.told.receipt_json` tells it."""


def receipts(case: Case) -> Html:
    """Return all receipts shown; nothing where there is none."""
    checks = [str(each.values.get("check", "")) for each in case.records if each.kind == KIND]
    if not checks:
        return NOTHING
    told = (receipt_json(check, case.records) for check in dict.fromkeys(checks))
    cards = [card(each, case.words, case.zone) for each in told]
    return section(case.words("receipt.title"), *cards)


def card(told: Told, words: Words, zone: Zone) -> Html:
    """Return one receipt: what was decided, the three numbers, goods and differences."""
    receipt = told["receipt"]
    return element(
        "article",
        element("h3", words("receipt.number", check=said(str(told["check"])))),
        listed(_sentences(told, words, zone)),
        _numbers(receipt, words),
        _rows(words, "goods", GOODS, told["goods"]),
        _rows(words, "differences", DIFFERENCES, told["differences"]),
    )


def _sentences(told: Told, words: Words, zone: Zone) -> Iterator[Html]:
    receipt = told["receipt"]
    yield words(
        "receipt.decided",
        notice=_of(words, receipt, "notice"),
        decision=words.known("state", str(receipt.get("decision", ""))),
        at=stamp(zone, told["decided_ms"], words("unknown")),
        place=_of(words, receipt, "read_point"),
        operator=_of(words, receipt, "operator"),
    )
    if "supplier" in receipt:
        yield words("receipt.supplier", supplier=said(str(receipt["supplier"])))
    if receipt.get("receipts"):
        yield words(
            "receipt.together",
            together=receipt.get("together", 0),
            expected=receipt.get("expected", 0),
            receipts=said(str(receipt["receipts"])),
        )
    yield words(f"receipt.signed.{checked(receipt)}")
    if told["delivery"]:
        delivery = told["delivery"]
        yield words(
            "receipt.delivery",
            driver=_of(words, delivery, "driver"),
            receiver=_of(words, delivery, "receiver"),
            state=words.known("state", str(delivery.get("state", ""))),
        )
        for role in ROLES:
            who = _of(words, delivery, role)
            yield words(f"receipt.party.{checked(delivery, role)}", who=who)
    if told.get("sha256"):
        yield words("receipt.digest", digest=element("code", told["sha256"]))


def _of(words: Words, values: Told, name: str) -> Html:
    return said(str(values[name])) if name in values else words("unknown")


def _numbers(receipt: Told, words: Words) -> Html:
    """Return how many pieces came, and how that is known: an older receipt did not keep it."""
    heads = [words(f"receipt.{name}") for name in ("expected", "found", *NUMBERS, "unexpected")]
    names = ("expected", "found", *NUMBERS, "unexpected")
    cells = [_count(receipt.get(name), words) for name in names]
    return joined(
        (
            table(words("receipt.numbers"), heads, [cells]),
            element("p", words("receipt.believed-text"), class_="soft"),
        )
    )


def _count(value: object, words: Words) -> Html:
    return words.number(value, 0) if isinstance(value, int) else words("unknown")


def _rows(words: Words, name: str, fields: tuple[str, ...], found: list[Told]) -> Html:
    heads = [words(f"receipt.{field}") for field in fields]
    rows = (
        [said(str(each[field])) if field in each else NOTHING for field in fields]
        for each in found[:SHOWN_ROWS]
    )
    more = len(found) - SHOWN_ROWS
    shown = table(words(f"receipt.{name}"), heads, rows)
    return joined((shown, element("p", words("more", n=more)) if more > 0 else NOTHING))
