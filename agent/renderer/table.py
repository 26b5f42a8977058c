"""Tables that a phone shows as one card a row. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.renderer.markup import NOTHING, Html, element, joined

Row = Sequence[str]


def table(caption: str, heads: Sequence[str], rows: Iterable[Row]) -> Html:
    """Return a table; each row has a cell for each head. Nothing where there is no row."""
    lines = [_row(heads, row) for row in rows]
    if not lines:
        return NOTHING
    head = element("tr", *(element("th", each, scope="col") for each in heads))
    return element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", joined(lines)),
    )


def _row(heads: Sequence[str], row: Row) -> Html:
    cells = zip(heads, row, strict=True)
    return element("tr", *(element("td", cell, data_label=head) for head, cell in cells))


def listed(lines: Iterable[str]) -> Html:
    """Return lines as a list; nothing where there are none."""
    items = [element("li", line) for line in lines]
    return element("ul", *items) if items else NOTHING
