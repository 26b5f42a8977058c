"""Tables for spreadsheets: CSV (RFC 4180) in UTF-8 with a mark, in which no text is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet computes cells that begin so; a stranger's text must not."""


def table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return the table; a row has the columns that it knows, the others stay empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writerow({name: _safe(name) for name in columns})
    for row in rows:
        writer.writerow({name: _safe(value) for name, value in row.items()})
    return out.getvalue().encode("utf-8-sig")


def _safe(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
