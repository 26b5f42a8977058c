"""Deliveries made up carton by carton, and what a check of each must say, counted from the cartons.

Nothing here uses what it is to judge: the cartons are the truth, and the expectation walks over
them one by one.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from agent.dock.goods_identity import check_digit

MODES = "ABCDE"
"""Every carton tagged; barcodes without serial number; tagged, one in ten dead and typed in; labels
of pallets alone; articles of both sorts."""


def gtin(number: int) -> str:
    body = f"0950600{number:06d}"
    return body + check_digit(body)


def sscc(number: int) -> str:
    body = f"3950600{number:010d}"
    return body + check_digit(body)


STRANGE_UNIT, STRANGE_ARTICLE = sscc(999), gtin(999)


@dataclass(frozen=True)
class Carton:
    """One carton on the truck, and how it can be seen: by a tag, a barcode, or typed in."""

    article: str
    serial: str
    way: str  # tag, barcode, manual
    label_has_serial: bool


@dataclass
class Delivery:
    """What was advised by unit, which labels of units were read, and what cartons came."""

    units: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    read_units: list[str] = field(default_factory=list)
    cartons: list[Carton] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)

    def lines(self, units=None):
        for name, items in self.units.items():
            if units is None or name in units:
                for item in items:
                    yield name, item


def make(mode: str, dice: random.Random) -> Delivery:
    """Return a delivery in which something may be missing, too much, or strange."""
    made = Delivery()
    articles = [gtin(n) for n in range(1, 7)]
    by_serial = {each for each in articles if mode in "ACDE" and dice.random() < 0.5}
    scanned = {each for each in articles if mode == "E" and dice.random() < 0.5}
    by_serial -= scanned
    number = 0
    loaded: dict[str, list[Carton]] = {}
    for n in range(dice.randint(1, 4)):
        unit, items = sscc(n + 1), []
        loaded[unit] = []
        for article in dice.sample(articles, dice.randint(1, 4)):
            count = dice.randint(1, 6)
            serials = []
            for _ in range(count):
                number += 1
                serials.append(str(number))
                loaded[unit].append(carton(mode, article, str(number), scanned, by_serial, dice))
            named = {"serials": serials} if article in by_serial else {}
            items.append({"gtin": article, "quantity": count} | named)
        made.units[unit] = items
    for unit, cartons in loaded.items():
        if dice.random() < 0.1:
            continue  # the whole pallet stayed behind
        made.read_units.append(unit)
        stolen = dice.choice(articles) if dice.random() < 0.15 else ""
        lost = 0.1 if dice.random() < 0.5 else 0.0
        made.cartons += [c for c in cartons if c.article != stolen and dice.random() >= lost]
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        number += 1
        article = dice.choice([*articles, STRANGE_ARTICLE])
        made.cartons.append(carton(mode, article, str(number), scanned, by_serial, dice))
    if dice.random() < 0.1:
        made.read_units.append(STRANGE_UNIT)
    if mode == "D":
        made.cartons = []
    return made


def carton(mode, article, serial, scanned, by_serial, dice) -> Carton:
    way = "barcode" if mode == "B" or article in scanned else "tag"
    if mode in "CE" and dice.random() < 0.1:
        way = "manual"
    return Carton(article, serial, way, way == "tag" or article in by_serial)


@dataclass
class Expected:
    """What a check must say of a delivery."""

    expected: int = 0
    read: int = 0
    by_hand: int = 0
    believed: int = 0
    unexpected: int = 0
    codes: set[str] = field(default_factory=set)
    missing: Counter[str] = field(default_factory=Counter)  # by article, or by unit
    missing_serials: set[tuple[str, str]] = field(default_factory=set)
    over: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)


def expectation(made: Delivery) -> Expected:
    """Count it, carton by carton."""
    out = Expected()
    came_articles = {each.article for each in made.cartons}
    looked_at: list[dict[str, Any]] = []
    for unit, items in made.units.items():
        pieces = sum(item["quantity"] for item in items)
        out.expected += pieces
        nothing_of_it = not any(item["gtin"] in came_articles for item in items)
        if nothing_of_it and unit not in made.read_units:
            out.missing[unit] += pieces
        elif nothing_of_it and not any("serials" in item for item in items):
            out.believed += pieces
        else:
            looked_at += items
    advised = {item["gtin"] for _, item in made.lines()}
    for article in advised:
        _article(out, made, article, [item for item in looked_at if item["gtin"] == article])
    strangers = [each for each in made.cartons if each.article not in advised]
    strange_units = [each for each in made.read_units if each not in made.units]
    out.unexpected += len(strangers) + len(strange_units)
    if strangers or strange_units:
        out.codes.add("AE")
    unread = [unit for unit in made.units if unit not in made.read_units]
    if out.missing or out.missing_serials:
        out.codes.add("X34")
    out.unread = unread
    return out


def _article(out: Expected, made: Delivery, article: str, items: list[dict[str, Any]]) -> None:
    wanted = {serial for item in items for serial in item.get("serials", ())}
    room = sum(item["quantity"] for item in items if "serials" not in item)
    there: set[str] = set()
    spare = []
    for each in made.cartons:
        if each.article != article:
            continue
        if each.label_has_serial and each.serial in wanted:
            there.add(each.serial)
            out.read += each.way != "manual"
            out.by_hand += each.way == "manual"
        else:
            spare.append(each)
    spare.sort(key=lambda each: each.way == "manual")
    for each in spare[:room]:
        out.read += each.way != "manual"
        out.by_hand += each.way == "manual"
    out.missing[article] += max(0, room - len(spare))
    out.missing += Counter()  # drops zeros
    out.missing_serials |= {(article, serial) for serial in wanted - there}
    extra = spare[room:]
    out.unexpected += len(extra)
    if extra:
        out.over[article] += len(extra)
        out.codes.add("AE" if wanted - there else "AC")
