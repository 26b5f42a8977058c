"""Types, lengths and ranges of the page's CDDL (PROTOCOL.md, "Conventions")."""

from __future__ import annotations

from tests.independent.cbor import Item, Key
from tests.independent.reasons import Refused

LIMIT = 2**63 - 1


def num(item: Item) -> int:
    """`num`: an integer of 63 bits and a sign; `true` is none."""
    if type(item) is not int or not -LIMIT <= item <= LIMIT:
        raise Refused("shape")
    return item


def count(item: Item) -> int:
    """`count`: a `num` that is not negative."""
    value = num(item)
    if value < 0:
        raise Refused("shape")
    return value


def count_or_null(item: Item) -> int | None:
    """`count / null`."""
    return None if item is None else count(item)


def blob(item: Item, size: int | None = None) -> bytes:
    """`bstr`, of `size` where one is given."""
    if not isinstance(item, bytes) or (size is not None and len(item) != size):
        raise Refused("shape")
    return item


def blob_or_null(item: Item, size: int | None = None) -> bytes | None:
    """`bstr / null`."""
    return None if item is None else blob(item, size)


def text(item: Item) -> str:
    """`tstr`."""
    if not isinstance(item, str):
        raise Refused("shape")
    return item


def array(item: Item, size: int | None = None) -> list[Item]:
    """An array, of `size` items where one is given."""
    if not isinstance(item, list) or (size is not None and len(item) != size):
        raise Refused("shape")
    return item


def any_map(item: Item) -> dict[Key, Item]:
    """A map, whatever its keys."""
    if not isinstance(item, dict):
        raise Refused("shape")
    return item


def exact_map(item: Item, keys: set[Key], optional: set[Key] | None = None) -> dict[Key, Item]:
    """A map of exactly `keys`, and some of `optional`."""
    found = any_map(item)
    have = set(found)
    if not keys <= have or not have <= keys | (optional or set()):
        raise Refused("shape")
    return found


def version(item: dict[Key, Item], key: Key, known: tuple[int, ...]) -> int:
    """The version of a map, which is looked at before its other keys ("Versions")."""
    if key not in item:
        raise Refused("shape")
    value = num(item[key])
    if value not in known:
        raise Refused("version")
    return value
