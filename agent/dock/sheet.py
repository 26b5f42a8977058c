"""What spreadsheets leave in a table that they write as CSV. Pure."""

from __future__ import annotations

import re

ROUNDED = ": a spreadsheet rounded it; make the column text, and export again"

_TEXT_MARK = "'"  # what makes a spreadsheet leave a number as it is, and some exports leave in
_ROUNDED = re.compile(r"[0-9][.,]?[0-9]*E\+[0-9]+", re.IGNORECASE)


def plain(text: str) -> tuple[int, str]:
    """Return a table with line feeds alone, without the line that names its separator, `sep=;`.

    The number is how many lines were cut.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    names_it = len(first) == len("sep=;") and first.lower().startswith("sep=")
    return (1, rest) if names_it else (0, text)


def cell(value: str | None) -> str:
    """Return what a cell says, without blanks around it and the mark of text before it."""
    return (value or "").strip().removeprefix(_TEXT_MARK).strip()


def is_rounded(text: str) -> bool:
    """Tell whether a number lost its last digits: 4,7E+11 may be any of many."""
    return _ROUNDED.fullmatch(text) is not None


def fault(error: Exception, read: int) -> str:
    """Say where a table breaks of which `read` lines could be read, and what to look at."""
    return f"line {read + 1}: {error}: close each quote, and write one in a text twice"
