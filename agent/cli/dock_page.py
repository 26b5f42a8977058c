"""How a check at the dock stands, as lines for a console of 80 columns and 24 lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agent.cli.dock_language import DIFFERENCE, ENGLISH, JOURNEY, NOTICE, Words
from agent.cli.dock_receipt import numbers
from agent.dock.differences import CODE_TEXTS, Code
from agent.dock.line_differences import kilograms
from foundation.console import HEIGHT, cut, folded

KEY_LINES = 3  # that follow the view on its screen
ROOM = HEIGHT - KEY_LINES
"""Lines of a view; the head with its counts and the keys below stay on the screen."""

_GTIN = re.compile(r"\(01\)([0-9]{14})")
BAR = 10  # characters
LONGEST_AWAY = 3  # lines of where goods belong


def page(view: dict[str, Any], room: int | None = ROOM, words: Words = ENGLISH) -> list[str]:
    """Return a check as at most `room` lines of at most 80 columns; None for all of it."""
    return _Page(view, words).lines(room)


def heading(code: str, words: Words = ENGLISH) -> str:
    """Return what a RECADV code means."""
    return words.word("code", code) if CODE_TEXTS.get(Code(code)) else ""


class _Page:
    """A check's view, told in one language."""

    def __init__(self, view: dict[str, Any], words: Words) -> None:
        self._view = view
        self._words = words
        self._names: Mapping[str, str] = view["names"]

    def lines(self, room: int | None) -> list[str]:
        differences = self._view["differences"]
        head = [*self._head(), *self._notes()]
        away = [*self._weights(), *self._put_away()]
        if room is None:
            rows = [line for each in differences for line in self._difference(each)]
            return [*head, *rows, *self._left(0), *self._complete(), *away]
        head, away = head[:room], away[:LONGEST_AWAY]
        rows, shown = self._fitting(room - len(head) - len(away) - 1)
        left = self._left(len(differences) - shown)
        return [*head, *rows, *left, *self._complete(), *away]

    def _head(self) -> Iterator[str]:
        view, words = self._view, self._words
        done = BAR * view["found"] // view["expected"] if view["expected"] else BAR
        counts = {name: view[name] for name in ("read_point", "found", "expected", "unexpected")}
        bar = "#" * done + "." * (BAR - done)
        yield cut(words("page.head", bar=bar, **counts) + self._since())
        why = words("page.believed-why") if view["believed"] else ""
        yield cut(f"  {numbers(view, words)}{why}")

    def _since(self) -> str:
        """Say how long ago something new was seen."""
        last_ms = self._view["last_ms"]
        if last_ms is None:
            return ""
        seconds = max(0, self._view["now_ms"] - last_ms) // 1000
        return self._words("page.since", seconds=seconds)

    def _fitting(self, free: int) -> tuple[list[str], int]:
        """Return lines of as many differences as there is room for, and how many those are."""
        rows: list[str] = []
        for index, each in enumerate(self._view["differences"]):
            lines = list(self._difference(each))
            if len(rows) + len(lines) > free:
                return rows, index
            rows += lines
        return rows, len(self._view["differences"])

    def _left(self, hidden: int) -> Iterator[str]:
        left = hidden + self._view["more"]
        if left:
            yield f"  {self._words('page.more', count=left)}"

    def _complete(self) -> Iterator[str]:
        """Say in words how complete a check without differences is."""
        view, words = self._view, self._words
        if view["differences"]:
            return
        if view["state"] == "nothing":
            yield f"  {words('page.nothing-back')}"
        elif view["believed"]:
            yield cut(f"  {words('page.complete-believed', count=view['believed'])}")
        else:
            yield f"  {words('page.complete')}"

    def _weights(self) -> Iterator[str]:
        for each in self._view["weights"]:
            told = self._words(
                "page.by-weight",
                article=self._called(f"(01){each['gtin']}"),
                seen=kilograms(each["weighed_g"]),
                advised=kilograms(each["weight_g"]),
                count=each["read"] + each["by_hand"],
            )
            about = self._words("page.about", count=each["about"]) if each.get("about") else ""
            yield from folded(f"  {told}{about}", 4)

    def _put_away(self) -> Iterator[str]:
        for each in self._view["put_away"]:
            told = self._words(
                "page.put-away",
                quantity=each["quantity"],
                article=self._called(f"(01){each['gtin']}"),
                where=self._words("talk.or").join(each["shelves"]),
            )
            yield cut(f"  {told}")

    def _difference(self, each: dict[str, Any]) -> Iterator[str]:
        """Yield one difference: what it is, why, and a hint where there is one."""
        words, code = self._words, each["code"]
        batch = f", {words.told(DIFFERENCE, each['batch'])}" if each["batch"] else ""
        yield cut(f"  {code:3} {heading(code, words)}: {self._called(self._what(each))}{batch}")
        if each["text"] not in heading(code):
            own = each["number"] >= 0  # a person's words stay as they are
            yield cut(f"      {each['text'] if own else words.told(DIFFERENCE, each['text'])}")
        if each["hint"]:
            hint = words("page.hint", hint=words.told(DIFFERENCE, each["hint"]))
            yield from folded(f"      {hint}", 8)

    def _called(self, what: str) -> str:
        """Return what something is, with the name of its article behind it."""
        found = _GTIN.search(what)
        name = self._names.get(found[1], "") if found else ""
        return f"{what} {name}".rstrip()

    def _what(self, each: dict[str, Any]) -> str:
        """Say what a difference is about; pieces in a unit are not so many units."""
        words = self._words
        what = each["what"] or words("page.whole")
        if each["weight_g"]:
            return words("page.weight-of", weight=kilograms(each["weight_g"]), what=what)
        if each["quantity"] <= 1:
            return str(what)
        if what.startswith("(00)"):
            return words("page.with-pieces", what=what, count=each["quantity"])
        return f"{each['quantity']} x {what}"

    def _notes(self) -> Iterator[str]:
        """Yield what is special about a check."""
        view, words = self._view, self._words
        if view["not_reading"]:
            yield from folded(words("page.not-reading", devices=", ".join(view["not_reading"])), 2)
        if view["receipt_before"]:
            yield cut(words("page.received-before", receipt=view["receipt_before"]))
        if view["together"]:
            yield from folded(self._together(view["together"]), 2)
        if view["returns"]:
            yield cut(self._returned())
        for remark in view["remarks"]:
            yield from folded(words("page.notice-says", remark=words.told(NOTICE, remark)), 2)
        if view["trip"]:
            yield from folded(words("page.journey", trip=words.told(JOURNEY, view["trip"])), 2)
        if view["manual"]:
            yield words("page.by-hand-only", count=view["manual"])
        yield from self._scans()

    def _scans(self) -> Iterator[str]:
        """Yield what became of scans that are no pieces."""
        view, words = self._view, self._words
        if view["doubtful"]:
            yield cut(words("page.doubtful", count=view["doubtful"]))
        for gtin, count in view["doubled"].items():
            yield cut(words("page.doubled", count=count, gtin=gtin))
        if view["repeats"]:
            yield cut(words("page.repeats", count=view["repeats"]))

    def _together(self, told: dict[str, Any]) -> str:
        """Say how much of a notice came on all its checks."""
        others = ", ".join(f"{each['check']} ({each['read_point']})" for each in told["checks"])
        key = "page.together-order" if told["order"] else "page.together"
        counts = {name: told[name] for name in ("order", "found", "expected")}
        return self._words(key, others=others, **counts)

    def _returned(self) -> str:
        """Say what the goods that come back are held against."""
        if self._view["delivered_by"]:
            return self._words("page.returns", receipt=self._view["delivered_by"])
        return self._words("page.returns-of-nothing")
