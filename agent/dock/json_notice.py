"""Notices as JSON. Pure.

JSON is the one form written out: `{"notice": …, "due": …, "units": [{"sscc": …, "items": [{"gtin":
…, "quantity": …, "lot": …, "expiry": …, "best_before": …, "serials": […]}]}]}`; several are a list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from agent.dock import written
from agent.dock.articles import NONE as NO_ARTICLES
from agent.dock.articles import Articles
from agent.dock.builder import Builder
from agent.dock.measures import KILOGRAM, UNSAID, Measure
from agent.dock.notice import Notice, NoticeError
from agent.dock.several import Reading

NOTICE_KEYS = ("notice", "supplier", "receiver", "order", "due", "basis", "ordered", "units")
UNIT_KEYS = ("sscc", "items")
ITEM_KEYS = (
    "gtin", "quantity", "lot", "expiry", "best_before", "serials", "package", "content", "weight",
    "number",
)  # fmt: skip
BASES = ("notice", "order")


def json_tree(text: str) -> Any:
    """Return what a JSON text holds; NoticeError where it is none, or names a key twice."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise NoticeError(f"line {error.lineno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, NoticeError):
            raise
        raise NoticeError("the JSON nests too deep, or a number is too long") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; NoticeError where two values of one key may each be meant."""
    tree = dict(pairs)
    if len(tree) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NoticeError(f"key {twice[:40]!r} is there twice: which of the two is meant?")
    return tree


def from_json(tree: Any, digest: bytes, articles: Articles = NO_ARTICLES) -> list[Reading]:
    """Read a JSON notice, or a list of them; NoticeError names the line, or the unit and item."""
    trees = tree if isinstance(tree, list) else [tree]
    found = []
    for index, each in enumerate(trees, 1):
        if not isinstance(each, dict):
            raise NoticeError("the JSON holds no object: a notice is {…}, with a key 'notice'")
        place, builder = f"notice {index}", Builder("json", digest, articles)
        number = str(each.get("notice", ""))
        found.append(Reading.of(place, number, partial(_notice, builder, each)))
    return found


def _notice(builder: Builder, tree: dict[str, Any]) -> Notice:
    _check_keys(tree, NOTICE_KEYS, "the notice")
    builder.number = _text(tree, "notice", "notice")
    for name in ("supplier", "receiver", "order"):
        setattr(builder, name, _text(tree, name, name))
    if tree.get("due"):
        builder.due_on(written.iso(_text(tree, "due", "due"), "due"), "due")
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
    builder.other_number("number", _text(item, "number", place), place)
    if item.get("quantity") is not None:
        package = _text(item, "package", place)
        unit = Measure(package=package) if package else UNSAID
        builder.quantity(written.number(str(item["quantity"]), place), place, unit)
    if item.get("content") is not None:
        builder.content(str(item["content"]), place)
    if item.get("weight") is not None:
        builder.quantity(str(item["weight"]), place, KILOGRAM)
    builder.lot(_text(item, "lot", place), place)
    builder.expiry(written.iso(_text(item, "expiry", place), place), place)
    builder.best_before(written.iso(_text(item, "best_before", place), place), place)
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
    """Return a text; "" for what is not there, or null."""
    value = tree.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NoticeError(f'{place}: {name} must be text, in "quotes"')
    return value


def _list(tree: Mapping[str, Any], name: str, place: str) -> list[Any]:
    value = tree.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise NoticeError(f"{place}: {name} must be a list")
    return value
