"""How a check at the dock stands, as lines for a console of 80 columns and 24 lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agent.cli.dock_receipt import numbers
from agent.dock.differences import CODE_TEXTS, Code
from agent.dock.line_differences import kilograms
from foundation.console import HEIGHT, cut, folded
from foundation.counting import counted

KEY_LINES = 3  # that follow the view on its screen
ROOM = HEIGHT - KEY_LINES
"""Lines of a view; the head with its counts and the keys below stay on the screen."""

_GTIN = re.compile(r"\(01\)([0-9]{14})")
BAR = 10  # characters
WHOLE = "the delivery as a whole"  # what a remark without a label is about
LONGEST_AWAY = 3  # lines of where goods belong


def page(view: dict[str, Any], room: int | None = ROOM) -> list[str]:
    """Return a check as at most `room` lines of at most 80 columns; None for all of it."""
    head = [*_head(view), *notes(view)]
    away = [*_weights(view), *_put_away(view)]
    if room is None:
        rows = [line for each in view["differences"] for line in difference(each, view["names"])]
        return [*head, *rows, *_left(view, 0), *_complete(view), *away]
    head, away = head[:room], away[:LONGEST_AWAY]
    free = room - len(head) - len(away) - 1
    rows, shown = _fitting(view, free)
    return [*head, *rows, *_left(view, len(view["differences"]) - shown), *_complete(view), *away]


def _head(view: dict[str, Any]) -> Iterator[str]:
    done = BAR * view["found"] // view["expected"] if view["expected"] else BAR
    bar = "#" * done + "." * (BAR - done)
    yield cut(
        f"{view['read_point']}  [{bar}] {view['found']}/{view['expected']} expected, "
        f"{view['unexpected']} unexpected{since(view)}"
    )
    why = " as a label of their unit was read" if view["believed"] else ""
    yield f"  {numbers(view)}{why}"


def _fitting(view: dict[str, Any], free: int) -> tuple[list[str], int]:
    """Return lines of as many differences as there is room for, and how many those are."""
    rows: list[str] = []
    for index, each in enumerate(view["differences"]):
        lines = list(difference(each, view["names"]))
        if len(rows) + len(lines) > free:
            return rows, index
        rows += lines
    return rows, len(view["differences"])


def _left(view: dict[str, Any], hidden: int) -> Iterator[str]:
    left = hidden + view["more"]
    if left:
        yield f"  and {left} more"


def _complete(view: dict[str, Any]) -> Iterator[str]:
    """Say in words how complete a check without differences is."""
    if view["differences"]:
        return
    if view["state"] == "nothing":
        yield "  nothing came back yet"
    elif view["believed"]:
        yield f"  complete, as far as labels of units tell: nobody saw {view['believed']} of it"
    else:
        yield "  complete: all of it was seen"


def _weights(view: dict[str, Any]) -> Iterator[str]:
    for each in view["weights"]:
        seen, of = kilograms(each["weighed_g"]), kilograms(each["weight_g"])
        pieces = counted(each["read"] + each["by_hand"], "label")
        article = _called(f"(01){each['gtin']}", view["names"])
        yield cut(f"  {article} by weight: {seen} of {of}, on {pieces}")


def _put_away(view: dict[str, Any]) -> Iterator[str]:
    for each in view["put_away"]:
        where = " or ".join(each["shelves"])
        article = _called(f"(01){each['gtin']}", view["names"])
        yield cut(f"  put away: {each['quantity']} x {article} on {where}")


def difference(each: dict[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """Yield one difference: what it is, why, and a hint where there is one."""
    code = each["code"]
    batch = f", {each['batch']}" if each["batch"] else ""
    yield cut(f"  {code:3} {heading(code)}: {_called(_what(each), names)}{batch}")
    if each["text"] not in heading(code):
        yield cut(f"      {each['text']}")
    if each["hint"]:
        yield cut(f"      hint: {each['hint']}")


def _called(what: str, names: Mapping[str, str]) -> str:
    """Return what something is, with the name of its article behind it."""
    found = _GTIN.search(what)
    name = names.get(found[1], "") if found else ""
    return f"{what} {name}".rstrip()


def _what(each: dict[str, Any]) -> str:
    """Say what a difference is about; pieces in a unit are not so many units."""
    what = each["what"] or WHOLE
    if each["weight_g"]:
        return f"{kilograms(each['weight_g'])} of {what}"
    if each["quantity"] <= 1:
        return what
    if what.startswith("(00)"):
        return f"{what} with {each['quantity']} pieces"
    return f"{each['quantity']} x {what}"


def notes(view: dict[str, Any]) -> Iterator[str]:
    """Yield what is special about a check."""
    if view["not_reading"]:
        away = ", ".join(view["not_reading"])
        yield from folded(f"NOT READING: {away}; wait, or see: tallyman devices", 2)
    if view["receipt_before"]:
        yield f"ALREADY RECEIVED: see receipt {view['receipt_before']}"
    if view["together"]:
        yield from folded(together(view["together"]), 2)
    if view["returns"]:
        yield returned(view)
    for remark in view["remarks"]:
        yield cut(f"the notice: {remark}")
    if view["trip"]:
        yield from folded(f"journey: {view['trip']}", 2)
    if view["manual"]:
        yield f"{view['manual']} entered by hand only"
    yield from _scans(view)


def _scans(view: dict[str, Any]) -> Iterator[str]:
    """Yield what became of scans that are no pieces."""
    if view["doubtful"]:
        yield f"{counted(view['doubtful'], 'doubtful scan')}: scan again, or type the label"
    for gtin, count in view["doubled"].items():
        scans = counted(count, "scan")
        yield cut(f"{scans} of (01){gtin} taken for tagged boxes; m LABEL counts one more")
    if view["repeats"]:
        yield f"{counted(view['repeats'], 'scan')} ignored: the same code again within the pause"


def together(told: dict[str, Any]) -> str:
    """Say how much of a notice came on all its checks."""
    order = f"order {told['order']}" if told["order"] else "the notice"
    others = ", ".join(f"{each['check']} ({each['read_point']})" for each in told["checks"])
    return f"of {order}: {told['found']} of {told['expected']} with {others}"


def returned(view: dict[str, Any]) -> str:
    """Say what the goods that come back are held against."""
    if view["delivered_by"]:
        return f"returns, against receipt {view['delivered_by']}"
    return "returns; no hand-over of this notice on record here: only its numbers count"


def heading(code: str) -> str:
    """Return what a RECADV code means."""
    return CODE_TEXTS.get(Code(code), "")


def since(view: dict[str, Any]) -> str:
    """Return how long ago something new was seen."""
    if view["last_ms"] is None:
        return ""
    return f", {max(0, view['now_ms'] - view['last_ms']) // 1000} s since the last"
