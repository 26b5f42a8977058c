"""`tallyman dock NOTICE --preview`: what a notice says, without an agent and without a check."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.cli.place import config_path
from agent.config.dock import load_articles
from agent.dock.articles import NONE, Articles
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
    articles = _articles(args)
    try:
        notice = read_notice(data, args.number, articles)
    except NoticeError as error:
        raise Mistake(
            f"{args.notice}: {error}", advice="correct it, or ask the supplier"
        ) from error
    if args.json:
        say_json(asdict(notice) | {"digest": notice.digest.hex()})
    else:
        say_each(map(cut, told(notice, articles.names)))
    return 0


def _articles(args: argparse.Namespace) -> Articles:
    """Return this gateway's table; an empty one where no gateway is set up, as in an office."""
    path = config_path(args)
    found = load_articles(path) if args.config or os.access(path, os.R_OK) else None
    return found or NONE


def told(notice: Notice, names: Mapping[str, str] = NONE.names) -> Iterator[str]:
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
            yield f"    {_line(item)} {names.get(item.gtin, '')}".rstrip()


def _line(item: Item) -> str:
    count = kilograms(item.weight_g) if not item.quantity else str(item.quantity)
    package = f" {item.package}" if item.package else ""
    content = f" of {item.content}" if item.content else ""
    about = f" (about {item.about})" if item.about else ""
    batch = f", {item.batch}" if str(item.batch) else ""
    shown = ", ".join(item.serials[:MOST_SERIALS])
    more = len(item.serials) - MOST_SERIALS
    serials = f", serial {shown}" if shown else ""
    rest = f" and {counted(more, 'other')}" if more > 0 else ""
    return f"{count}{about}{package}{content} x (01){item.gtin}{batch}{serials}{rest}"
