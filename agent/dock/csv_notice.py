"""Notices as CSV: a head line with some of COLUMNS, and a line for an article or a serial. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from agent.dock import sheet, written
from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.builder import Builder
from agent.dock.goods_identity import IdentityError, sscc
from agent.dock.measures import KILOGRAM, UNSAID, WRITTEN, Measure, measure
from agent.dock.notice import NoticeError
from agent.dock.several import Reading
from agent.dock.values import plain_sscc

COLUMNS = (
    "notice", "sscc", "gtin", "quantity", "lot", "expiry", "serial", "due", "order", "best_before",
    "package", "content", "weight", "number", "unit",
)  # fmt: skip
OTHER_NAMES = {
    "asn": "notice", "asn number": "notice", "delivery note": "notice", "lieferschein": "notice",
    "lieferscheinnummer": "notice", "ddt": "notice", "nve": "sscc", "ean": "gtin", "upc": "gtin",
    "barcode": "gtin", "menge": "quantity", "qty": "quantity", "quantità": "quantity",
    "batch": "lot", "charge": "lot", "lotto": "lot", "use by": "expiry", "verfallsdatum": "expiry",
    "scadenza": "expiry", "best before": "best_before", "mhd": "best_before", "tmc": "best_before",
    "seriennummer": "serial", "serial number": "serial", "bestellung": "order",
    "bestellnummer": "order", "po": "order", "ordine": "order", "artikelnummer": "number",
    "sku": "number", "item number": "number", "lot number": "lot", "batch number": "lot",
    "chargennummer": "lot", "expiry date": "expiry", "expiration date": "expiry",
    "exp date": "expiry", "best before date": "best_before", "uom": "unit",
    "unit of measure": "unit", "einheit": "unit", "mengeneinheit": "unit", "me": "unit",
    "um": "unit", "u.m.": "unit", "jm": "unit", "po number": "order",
}  # fmt: skip
"""What the columns are called in exports; the gateway's own names come first."""

MOST_TITLES = 20  # lines in which a head line is looked for
FEWEST_COLUMNS = 2
DELIMITERS = ",;\t|"
"""A spreadsheet takes the one of its country."""

Row = Mapping[str, str]


def from_csv(text: str, digest: bytes, articles: Articles = NO_ARTICLES) -> list[Reading]:
    """Read CSV notices, apart by their number; NoticeError names the line."""
    above, text = sheet.plain(text)
    rows = csv.DictReader(io.StringIO(text), strict=True, delimiter=_delimiter(text))
    try:
        ignored = _check_columns(rows, text)
        by_number = _rows_by_notice(rows, above, ignored)
    except csv.Error as error:
        raise NoticeError(sheet.fault(error, rows.line_num + above)) from error
    found = []
    for number, lines in by_number.items():
        table = _Table(Builder("csv", digest, articles), ignored)
        found.append(table.reading(number, lines))
    return found or [_Table(Builder("csv", digest, articles), ignored).reading("", [])]


def _delimiter(text: str) -> str:
    return max(DELIMITERS, key=text.partition("\n")[0].count)


def _check_columns(rows: csv.DictReader[str], text: str) -> list[str]:
    """Spell the columns as COLUMNS does; return those that are not read; NoticeError for none."""
    said = [name.strip().lower() for name in rows.fieldnames or ()]
    columns = [name if name in COLUMNS else OTHER_NAMES.get(name, name) for name in said]
    for index, name in enumerate(columns):
        if name != said[index] and columns.count(name) > 1:
            columns[index] = said[index]  # a column of ours goes before one that is only like it
    rows.fieldnames = columns
    twice = next((name for name in columns if name in COLUMNS and columns.count(name) > 1), "")
    if twice:
        raise NoticeError(f"line 1: the column {twice!r} is there twice: delete one")
    ignored = sorted(set(columns) - set(COLUMNS))
    if len(ignored) == len(set(columns)):
        if below := _head_below(text):
            raise NoticeError(
                f"line 1: the columns are named in line {below}: delete what is above"
            )
        raise NoticeError(
            "line 1: the file is not a notice: neither JSON, XML, EDIFACT or X12, nor CSV with the "
            f"columns {', '.join(COLUMNS)}"
        )
    if "gtin" not in columns and "number" not in columns:
        raise NoticeError(f"line 1: no column 'gtin': choose from {', '.join(COLUMNS)}")
    return ignored


def _head_below(text: str) -> int:
    """Return the line that names columns of ours, where titles stand above it; 0 for none."""
    for number, line in enumerate(text.split("\n")[1:MOST_TITLES], 2):
        names = {name.strip().strip('"').lower() for name in line.split(_delimiter(line))}
        if len(names & (set(COLUMNS) | OTHER_NAMES.keys())) >= FEWEST_COLUMNS:
            return number
    return 0


def _rows_by_notice(
    rows: csv.DictReader[str], above: int, ignored: Iterable[str]
) -> dict[str, list[tuple[str, Row]]]:
    """Return the rows of each notice with their places; a row without a number goes on."""
    found: dict[str, list[tuple[str, Row]]] = {}
    number = ""
    units_named = "sscc" in (rows.fieldnames or ())
    for row in rows:
        place = f"line {rows.line_num + above}"
        if None in row:
            raise NoticeError(f"{place}: more fields than line 1 names")
        values = {name: sheet.cell(row.get(name)) for name in COLUMNS}
        if not any(values.values()):
            continue  # a row that a spreadsheet keeps though it is empty
        _check_ignored({} if units_named else {name: sheet.cell(row.get(name)) for name in ignored})
        number = values["notice"] or number
        found.setdefault(number, []).append((place, values))
    return found


def _check_ignored(values: Row) -> None:
    """Refuse to pass over a column that holds the labels of units."""
    for name, value in values.items():
        try:
            sscc(plain_sscc(value))
        except IdentityError:
            continue
        known = ", ".join(COLUMNS)
        raise NoticeError(
            f"line 1: unknown column {name!r}, which holds SSCCs: choose from {known}"
        )


class _Table:
    """The rows of one notice."""

    def __init__(self, builder: Builder, ignored: Iterable[str]) -> None:
        self._builder = builder
        self._unit: str | None = None
        self._before: tuple[str, ...] | None = None
        names = ", ".join(ignored)
        if names:
            builder.remark(f"columns that are not read: {names[:200]}")

    def reading(self, number: str, rows: list[tuple[str, Row]]) -> Reading:
        """Return the notice that the rows are."""
        place = rows[0][0] if rows else "line 1"
        try:
            for each, values in rows:
                self._row(values, each)
        except NoticeError as error:
            return Reading(place, number, error=error)
        return Reading.of(place, number, self._builder.notice)

    def _row(self, values: Row, place: str) -> None:
        """Add one line; those that differ in their serial number only are one item."""
        builder = self._builder
        builder.number = builder.number or values["notice"]
        builder.order = builder.order or values["order"]
        if values["due"]:
            builder.due_on(written.iso(values["due"], place), place)
        if values["sscc"] != self._unit:
            self._unit, self._before = values["sscc"], None
            builder.return_to_unit(self._unit, place)
        article = tuple(values[name] for name in ("gtin", "number", "lot", "expiry", "best_before"))
        if not values["serial"] or article != self._before:
            self._begin_line(values, place)
        if values["serial"]:
            if values["quantity"] and written.number(values["quantity"], place) not in _ONE:
                raise NoticeError(
                    f"{place}: quantity {values['quantity'][:20]} beside one serial number: "
                    "a row for each serial number, please"
                )
            builder.serial(_one_serial(values["serial"], place), place)
        self._before = article

    def _begin_line(self, values: Row, place: str) -> None:
        builder = self._builder
        builder.begin_line(values["gtin"], place)
        builder.other_number("number", values["number"], place)
        builder.lot(values["lot"], place)
        builder.expiry(written.iso(values["expiry"], place), place)
        builder.best_before(written.iso(values["best_before"], place), place)
        if values["weight"]:
            builder.quantity(written.number(values["weight"], place), place, KILOGRAM)
        if values["content"]:
            builder.content(values["content"], place)
        if not values["serial"] and (values["quantity"] or not values["weight"]):
            builder.quantity(written.number(values["quantity"], place), place, _unit(values, place))


def _unit(values: Row, place: str) -> Measure:
    """Return what a row's quantity counts: what its unit or its package says, if any."""
    if values["unit"]:
        return measure(values["unit"].lower(), WRITTEN, place)
    return Measure(package=values["package"].lower()) if values["package"] else UNSAID


def _one_serial(text: str, place: str) -> str:
    """Return a serial number; NoticeError where several stand in one cell."""
    if any(mark in text for mark in _BETWEEN_SERIALS):
        raise NoticeError(f"{place}: serial {text[:40]!r}: a row for each serial number, please")
    return text


_BETWEEN_SERIALS = " ,"  # a blank is in none (General Specifications, 7.11), a comma hardly ever
_ONE = ("1", "1.0", "1.00")
