"""How a check at the dock stands, as lines for a console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.dock.differences import CODE_TEXTS, Code
from foundation.console import cut, folded
from foundation.counting import counted

SHOWN = 12  # differences on a screen of 24 lines
BAR = 10  # characters
WHOLE = "the delivery as a whole"  # what a remark without a label is about


def page(view: dict[str, Any], most: int | None = SHOWN) -> Iterator[str]:
    """Yield a check as lines of at most 80 columns; `most` differences, None for all."""
    done = BAR * view["found"] // view["expected"] if view["expected"] else BAR
    bar = "#" * done + "." * (BAR - done)
    yield cut(
        f"{view['read_point']}  [{bar}] {view['found']}/{view['expected']} expected, "
        f"{view['unexpected']} unexpected{since(view)}"
    )
    yield from notes(view)
    shown = view["differences"][:most]
    for each in shown:
        yield from difference(each)
    left = len(view["differences"]) - len(shown) + view["more"]
    if left:
        yield f"  and {left} more"
    if not view["differences"]:
        yield f"  complete ({view['disposition']})"
    for each in view["put_away"]:
        where = " or ".join(each["shelves"])
        yield cut(f"  put away: {each['quantity']} x (01){each['gtin']} on {where}")


def difference(each: dict[str, Any]) -> Iterator[str]:
    """Yield one difference: what it is, why, and a hint where there is one."""
    code = each["code"]
    count = f"{each['quantity']} x " if each["quantity"] > 1 else ""
    yield cut(f"  {code:3} {heading(code)}: {count}{each['what'] or WHOLE}")
    if each["text"] not in heading(code):
        yield cut(f"      {each['text']}")
    if each["hint"]:
        yield cut(f"      hint: {each['hint']}")


def notes(view: dict[str, Any]) -> Iterator[str]:
    """Yield what is special about a check."""
    if view["not_reading"]:
        away = ", ".join(view["not_reading"])
        yield from folded(f"NOT READING: {away}; wait, or see: tallyman devices", 2)
    if view["receipt_before"]:
        yield f"ALREADY RECEIVED: see receipt {view['receipt_before']}"
    if view["returns"]:
        yield returned(view)
    if view["trip"]:
        yield from folded(f"journey: {view['trip']}", 2)
    if view["manual"]:
        yield f"{view['manual']} entered by hand only"
    if view["doubtful"]:
        yield f"{counted(view['doubtful'], 'doubtful scan')}: scan again, or type the label"


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
