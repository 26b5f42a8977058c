"""`tallyman dock NOTICE --preview`: what a notice says, without an agent and without a check."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.dock.forms import read_notice
from agent.dock.line_differences import kilograms
from agent.dock.notice import MOST_BYTES, Item, Notice, NoticeError
from foundation.console import cut
from foundation.counting import counted
from foundation.printing import say_each, say_json

MOST_SERIALS = 3  # shown of a line


def preview(args: argparse.Namespace) -> int:
    """Print a notice; Mistake where it cannot be used."""
    data = contents(args.notice, MOST_BYTES, "name the notice's file")
    try:
        notice = read_notice(data, args.number)
    except NoticeError as error:
        raise Mistake(
            f"{args.notice}: {error}", advice="correct it, or ask the supplier"
        ) from error
    if args.json:
        say_json(asdict(notice) | {"digest": notice.digest.hex()})
    else:
        say_each(map(cut, told(notice)))
    return 0


def told(notice: Notice) -> Iterator[str]:
    """Yield what a notice says, line by line."""
    yield f"notice {notice.number} ({notice.form})"
    for label, value in (
        ("from", notice.supplier),
        ("to", notice.receiver),
        ("order", notice.order),
        ("due", notice.due),
    ):
        if value:
            yield f"  {label} {value}"
    for remark in notice.remarks:
        yield f"  the notice: {remark}"
    for unit in notice.units:
        yield f"  (00){unit.sscc}" if unit.sscc else "  in no unit that is named"
        for item in unit.items:
            yield f"    {_line(item)}"


def _line(item: Item) -> str:
    count = kilograms(item.weight_g) if not item.quantity else str(item.quantity)
    package = f" {item.package}" if item.package else ""
    content = f" of {item.content}" if item.content else ""
    batch = f", {item.batch}" if str(item.batch) else ""
    shown = ", ".join(item.serials[:MOST_SERIALS])
    more = len(item.serials) - MOST_SERIALS
    serials = f", serial {shown}" if shown else ""
    rest = f" and {counted(more, 'other')}" if more > 0 else ""
    return f"{count}{package}{content} x (01){item.gtin}{batch}{serials}{rest}"
