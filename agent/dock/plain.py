"""Notices as JSON and CSV. Pure.

JSON is the one form written out: `{"notice": …, "due": …, "units": [{"sscc": …, "items": [{"gtin":
…, "quantity": …, "lot": …, "expiry": …, "serials": […]}]}]}`. CSV has a head line with some of
COLUMNS, and one line for an article, or for each of its serial numbers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.dock.builder import Builder
from agent.dock.notice import Notice, NoticeError

NOTICE_KEYS = ("notice", "supplier", "receiver", "order", "due", "basis", "ordered", "units")
UNIT_KEYS = ("sscc", "items")
ITEM_KEYS = ("gtin", "quantity", "lot", "expiry", "serials")
COLUMNS = ("notice", "sscc", "gtin", "quantity", "lot", "expiry", "serial", "due", "order")
BASES = ("notice", "order")
DELIMITERS = ",;\t"
"""A spreadsheet takes the one of its country."""


def from_json(text: str, digest: bytes) -> Notice:
    """Read a JSON notice; NoticeError names the line, or the unit and item."""
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise NoticeError(f"line {error.lineno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise NoticeError("the JSON nests too deep, or a number is too long") from error
    if not isinstance(tree, dict):
        raise NoticeError("the JSON holds no object")
    _check_keys(tree, NOTICE_KEYS, "the notice")
    builder = Builder("json", digest)
    builder.number = _text(tree, "notice", "notice")
    for name in ("supplier", "receiver", "order"):
        setattr(builder, name, _text(tree, name, name))
    if tree.get("due"):
        builder.due_on(_text(tree, "due", "due"), "due")
    builder.basis = _text(tree, "basis", "basis") or BASES[0]
    if builder.basis not in BASES:
        raise NoticeError(f"basis must be one of {', '.join(BASES)}")
    builder.ordered = [str(each) for each in _list(tree, "ordered", "ordered")]
    for index, unit in enumerate(_list(tree, "units", "units"), 1):
        _unit(builder, unit, f"unit {index}")
    return builder.notice()


def _unit(builder: Builder, unit: Any, place: str) -> None:
    if not isinstance(unit, dict):
        raise NoticeError(f"{place} is not an object")
    _check_keys(unit, UNIT_KEYS, place)
    builder.begin_unit(_text(unit, "sscc", place), place)
    for index, item in enumerate(_list(unit, "items", place), 1):
        _item(builder, item, f"{place}, item {index}")


def _item(builder: Builder, item: Any, place: str) -> None:
    if not isinstance(item, dict):
        raise NoticeError(f"{place} is not an object")
    _check_keys(item, ITEM_KEYS, place)
    builder.begin_line(_text(item, "gtin", place), place)
    if "quantity" in item:
        builder.quantity(str(item["quantity"]), place)
    builder.lot(_text(item, "lot", place), place)
    builder.expiry(_text(item, "expiry", place), place)
    for serial in _list(item, "serials", place):
        builder.serial(str(serial), place)


def _check_keys(tree: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """Raise NoticeError for a key that would be passed over, and what it says lost."""
    unknown = sorted(set(tree) - set(known))
    if unknown:
        raise NoticeError(
            f"{place}: unknown key {unknown[0][:40]!r}: choose from {', '.join(known)}",
        )


def _text(tree: Mapping[str, Any], name: str, place: str) -> str:
    value = tree.get(name, "")
    if not isinstance(value, str):
        raise NoticeError(f"{place}: {name} must be text")
    return value


def _list(tree: Mapping[str, Any], name: str, place: str) -> list[Any]:
    value = tree.get(name, [])
    if not isinstance(value, list):
        raise NoticeError(f"{place}: {name} must be a list")
    return value


def from_csv(text: str, digest: bytes) -> Notice:
    """Read a CSV notice; NoticeError names the line."""
    builder = Builder("csv", digest)
    above, text = _without_separator_line(text)
    rows = csv.DictReader(io.StringIO(text), strict=True, delimiter=_delimiter(text))
    try:
        _check_columns(rows)
        _take_rows(builder, rows, above)
    except csv.Error as error:
        raise NoticeError(f"line {max(1, rows.line_num + above)}: {error}") from error
    return builder.notice()


def _without_separator_line(text: str) -> tuple[int, str]:
    """Cut the line in which a spreadsheet names its separator, `sep=;`; count what was cut."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    names_it = len(first) == len("sep=;") and first.lower().startswith("sep=")
    return (1, rest) if names_it else (0, text)


def _delimiter(text: str) -> str:
    return max(DELIMITERS, key=text.partition("\n")[0].count)


def _check_columns(rows: csv.DictReader[str]) -> None:
    """Spell the columns as COLUMNS does; NoticeError for others."""
    columns = rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    unknown = sorted(set(columns) - set(COLUMNS))
    if len(unknown) == len(set(columns)):
        raise NoticeError(
            "line 1: the file is not a notice: neither JSON, XML, EDIFACT or X12, nor CSV with the "
            f"columns {', '.join(COLUMNS)}"
        )
    if unknown or "gtin" not in columns:
        named = f"unknown column {unknown[0]!r}" if unknown else "no column 'gtin'"
        raise NoticeError(f"line 1: {named}: choose from {', '.join(COLUMNS)}")


def _take_rows(builder: Builder, rows: csv.DictReader[str], above: int) -> None:
    before: tuple[str, ...] | None = None
    unit: str | None = None
    for row in rows:
        place = f"line {rows.line_num + above}"
        if None in row:
            raise NoticeError(f"{place}: more fields than line 1 names")
        values = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not any(values.values()):
            continue  # a row that a spreadsheet keeps though it is empty
        _head(builder, values, place)
        if values["sscc"] != unit:
            unit, before = values["sscc"], None
            builder.begin_unit(unit, place)
        before = _row(builder, values, before, place)


def _head(builder: Builder, values: Mapping[str, str], place: str) -> None:
    if builder.number and values["notice"] not in ("", builder.number):
        raise NoticeError(f"{place}: notice {values['notice'][:40]!r}: one file, one notice")
    builder.number = builder.number or values["notice"]
    builder.order = builder.order or values["order"]
    if values["due"]:
        builder.due_on(values["due"], place)


def _row(
    builder: Builder, values: Mapping[str, str], before: tuple[str, ...] | None, place: str
) -> tuple[str, ...]:
    """Add one line; those that differ in their serial number only are one item."""
    article = (values["gtin"], values["lot"], values["expiry"])
    if not values["serial"] or article != before:
        builder.begin_line(values["gtin"], place)
        builder.lot(values["lot"], place)
        builder.expiry(values["expiry"], place)
        if not values["serial"]:
            builder.quantity(values["quantity"], place)
    if values["serial"]:
        builder.serial(values["serial"], place)
    return article
