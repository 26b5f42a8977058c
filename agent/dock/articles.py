"""A table of articles: what they are called, in what they count, and what each weighs. Pure.

As CSV it has a head line: `gtin`, and any other of COLUMNS. One GTIN a line; a number stands for
one GTIN only, and what two rows say of one GTIN must agree.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from agent.dock import goods_identity, sheet, utf_16
from agent.dock.goods_identity import IdentityError
from agent.dock.notice import NoticeError
from foundation.dataclass import dataclass

if TYPE_CHECKING:  # a start without a table does without what reads one
    from agent.dock.measures import Measure

COLUMNS = ("gtin", "number", "supplier_number", "name", "content", "unit", "weight")
"""`number` is one's own, `content` how many pieces are in a package, `unit` what the GTIN stands
for and a quantity counts, `weight` the net weight of one such, in kg."""

NUMBERS = ("number", "supplier_number")
DELIMITERS = ",;\t"
MOST_BYTES = 8 << 20  # 100,000 articles of 80 bytes
MOST_NAME = 60  # characters: a line has 80
MOST_DIGITS = 6  # of the pieces in a package
UNITS = "piece, carton, case, box, package, pallet, dozen, kg, g, lb"
"""Of the words in WRITTEN those that a mistake is answered with."""

_ZERO = re.compile(r"0+([.,]0+)?")  # with which an export says that it knows none

Row = Mapping[str, str]
"""A value for each of COLUMNS, empty where there is none."""

V = TypeVar("V")


class BadTable(ValueError):
    """The table cannot be used; the text names the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Articles:
    """What a table says: `gtins` by number; `names`, `contents`, `units`, `weights` (g) by GTIN."""

    gtins: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, Measure] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)


NONE = Articles()


def read_articles(data: bytes) -> Articles:
    """Read a table; BadTable names the line."""
    table = Table()
    table.read(data)
    return table.articles


class Table:
    """Articles while their rows come in, from a file or one by one."""

    def __init__(self) -> None:
        self._gtins: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._contents: dict[str, int] = {}
        self._units: dict[str, Measure] = {}
        self._weights: dict[str, int] = {}

    @property
    def articles(self) -> Articles:
        """What all rows say."""
        return Articles(self._gtins, self._names, self._contents, self._units, self._weights)

    def read(self, data: bytes) -> None:
        """Take all rows of a CSV file; BadTable names the line."""
        import csv  # noqa: PLC0415  few gateways have a table

        if len(data) > MOST_BYTES:
            raise BadTable(f"more than {MOST_BYTES >> 20} MiB")
        try:
            text = utf_16.decoded(data) if utf_16.is_utf_16(data) else data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadTable(f"line {data[: error.start].count(10) + 1}: save it as UTF-8") from error
        above, text = sheet.plain(text)
        delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
        rows = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        try:
            rows.fieldnames = _columns(rows.fieldnames or ())
            for row in rows:
                self._take_line(row, f"line {rows.line_num + above}")
        except csv.Error as error:
            raise BadTable(sheet.fault(error, rows.line_num + above)) from error

    def _take_line(self, given: Mapping[str | Any, str | Any], place: str) -> None:
        if None in given:  # as of 1,25 where commas part the columns
            raise BadTable(f"{place}: more fields than line 1 names: put quotes around a comma")
        row = {name: sheet.cell(given.get(name)) for name in COLUMNS}
        if not any(row.values()):
            return  # a row that a spreadsheet keeps though it is empty
        try:
            self.take(row)
        except BadTable as error:
            raise BadTable(f"{place}: {error}") from error

    def take(self, row: Row) -> None:
        """Take one row; BadTable says what is wrong with it."""
        try:
            gtin = goods_identity.gtin(row["gtin"])
        except IdentityError as error:
            raise BadTable(str(error)) from error
        for number in filter(None, (row[name] for name in NUMBERS)):
            if sheet.is_rounded(number):
                raise BadTable(f"number {number[:40]!r}{sheet.ROUNDED}")
            if self._gtins.setdefault(number, gtin) != gtin:
                raise BadTable(f"number {number[:40]!r} is that of (01){self._gtins[number]}, too")
        if row["name"]:
            name = " ".join(row["name"].split())  # a cell may have lines
            self._names[gtin] = "".join(filter(str.isprintable, name))[:MOST_NAME]
        if row["content"] and not _ZERO.fullmatch(row["content"]):
            _say(self._contents, gtin, "content", _content(row["content"]))
        if row["unit"]:
            _say(self._units, gtin, "unit", _unit(row["unit"]))
        if row["weight"] and not _ZERO.fullmatch(row["weight"]):
            _say(self._weights, gtin, "weight", _weight(row["weight"]))


def _columns(head: Iterable[str]) -> list[str]:
    """Return the head line as COLUMNS spell it; BadTable where it says too little or too much."""
    found = [name.strip().lower() for name in head]
    if "gtin" not in found:
        raise BadTable(f"line 1: no column 'gtin': choose from {', '.join(COLUMNS)}")
    twice = next((name for name in COLUMNS if found.count(name) > 1), "")
    if twice:
        raise BadTable(f"line 1: the column {twice!r} is there twice: delete one")
    return found


def _say(column: dict[str, V], gtin: str, name: str, value: V) -> None:
    if column.setdefault(gtin, value) != value:
        raise BadTable(f"another {name} of (01){gtin} than in a row before: which one is right?")


def _content(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS:
        raise BadTable(f"content {text[:20]!r} is not a whole number of pieces in a package")
    return int(text)


def _unit(text: str) -> Measure:
    from agent.dock.measures import WRITTEN  # noqa: PLC0415  as above

    found = WRITTEN.get(text.lower())
    if found is None:
        raise BadTable(f"unit {text[:20]!r} is not known: write one of {UNITS}")
    return found


def _weight(text: str) -> int:
    from agent.dock import written  # noqa: PLC0415  as above
    from agent.dock.measures import KILOGRAM  # noqa: PLC0415  as above
    from agent.dock.values import grams  # noqa: PLC0415  as above

    try:
        return grams(written.number(text, "weight"), KILOGRAM, "in kg")
    except NoticeError as error:
        raise BadTable(str(error)) from error
