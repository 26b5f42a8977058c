"""A table of articles: their names, and the GTINs of numbers that others use for them. Pure.

CSV with a head line: `gtin`, and any of `number` (one's own), `supplier_number`, `name`, `content`
(pieces in a package). One GTIN a line; a number stands for one GTIN only.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import field

from agent.dock import goods_identity
from agent.dock.goods_identity import IdentityError
from foundation.dataclass import dataclass

COLUMNS = ("gtin", "number", "supplier_number", "name", "content")
NUMBERS = ("number", "supplier_number")
DELIMITERS = ",;\t"
MOST_BYTES = 8 << 20  # 100,000 articles of 80 bytes
MOST_NAME = 60  # characters: a line has 80


class BadTable(ValueError):
    """The table cannot be used; the text names the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Articles:
    """What a table says: `gtins` by number, `names` and `contents` by GTIN."""

    gtins: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, int] = field(default_factory=dict)


NONE = Articles()


def read_articles(data: bytes) -> Articles:
    """Read a table; BadTable names the line."""
    import csv  # noqa: PLC0415  few gateways have a table

    if len(data) > MOST_BYTES:
        raise BadTable(f"more than {MOST_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable(f"line {data[: error.start].count(10) + 1}: save it as UTF-8") from error
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    gtins: dict[str, str] = {}
    names: dict[str, str] = {}
    contents: dict[str, int] = {}
    try:
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
        if "gtin" not in rows.fieldnames:
            raise BadTable(f"line 1: no column 'gtin': choose from {', '.join(COLUMNS)}")
        for row in rows:
            values = {name: (row.get(name) or "").strip() for name in COLUMNS}
            if any(values.values()):
                _take(values, f"line {rows.line_num}", gtins, names, contents)
    except csv.Error as error:
        raise BadTable(f"line {max(1, rows.line_num)}: {error}") from error
    return Articles(gtins, names, contents)


def _take(
    values: Mapping[str, str],
    place: str,
    gtins: dict[str, str],
    names: dict[str, str],
    contents: dict[str, int],
) -> None:
    try:
        gtin = goods_identity.gtin(values["gtin"])
    except IdentityError as error:
        raise BadTable(f"{place}: {error}") from error
    for number in filter(None, (values[name] for name in NUMBERS)):
        if gtins.setdefault(number, gtin) != gtin:
            raise BadTable(f"{place}: number {number[:40]!r} is that of (01){gtins[number]}, too")
    if values["name"]:
        names[gtin] = "".join(filter(str.isprintable, values["name"]))[:MOST_NAME]
    if values["content"]:
        if not values["content"].isdecimal():
            raise BadTable(f"{place}: content {values['content'][:20]!r} is not a whole number")
        contents[gtin] = int(values["content"])
