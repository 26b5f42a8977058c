"""Deterministic CBOR, read strictly (PROTOCOL.md, "Conventions")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from tests.independent.reasons import Refused

MAX_DEPTH = 15
MAX_ITEMS = 4_194_304
MAX_ARRAYS, MAX_MAPS_AND_TEXTS = 786_432, 65_536
MAX_BYTES = 64 * 1024 * 1024
SIGN1 = 18


@dataclass(frozen=True)
class Tag:
    """A tag that its place allows, and what it stands around."""

    number: int
    item: Item


Key = int | str
Item = Union[None, bool, int, bytes, str, list["Item"], dict[Key, "Item"], Tag]  # noqa: UP007  it names itself


def decode(data: bytes, tags: tuple[int, ...] = ()) -> Item:
    """Return the only item of `data`."""
    item, end = decode_first(data, 0, tags)
    if end != len(data):
        raise Refused("cbor-trailing")
    return item


def decode_first(data: bytes, start: int, tags: tuple[int, ...] = ()) -> tuple[Item, int]:
    """Return the item at `start` and where it ends."""
    if len(data) > MAX_BYTES:
        raise Refused("cbor-size")
    reader = _Reader(data, start, tags)
    return reader.item(0), reader.at


class _Reader:
    def __init__(self, data: bytes, at: int, tags: tuple[int, ...]) -> None:
        self.data, self.at, self.tags = data, at, tags
        self.items = self.arrays = self.maps_and_texts = 0

    def item(self, depth: int) -> Item:
        major, argument = self.head()
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            self.count_one()
            return _text(self.take(argument))
        if major == 7:
            return {20: False, 21: True, 22: None}[argument]
        return self.container(major, argument, depth + 1)

    def container(self, major: int, argument: int, depth: int) -> Item:
        if depth > MAX_DEPTH:
            raise Refused("cbor-depth")
        if major == 6 and argument not in self.tags:
            raise Refused("cbor-tag")
        if major == 6:
            return Tag(argument, self.item(depth))
        wanted = argument if major == 4 else 2 * argument
        if wanted > len(self.data) - self.at:
            raise Refused("cbor-truncated")
        self.items += wanted
        self.arrays += major == 4
        if self.items > MAX_ITEMS or self.arrays > MAX_ARRAYS:
            raise Refused("cbor-items")
        if major == 5:
            self.count_one()
        if major == 4:
            return [self.item(depth) for _ in range(argument)]
        return self.map(argument, depth)

    def count_one(self) -> None:
        """Count a map or a text."""
        self.maps_and_texts += 1
        if self.maps_and_texts > MAX_MAPS_AND_TEXTS:
            raise Refused("cbor-items")

    def map(self, pairs: int, depth: int) -> dict[Key, Item]:
        found: dict[Key, Item] = {}
        before = b""
        for _ in range(pairs):
            start = self.at
            key = self.item(depth)
            encoded = self.data[start : self.at]
            if encoded <= before:
                raise Refused("cbor-order")
            if not isinstance(key, (int, str)) or isinstance(key, bool):
                raise Refused("cbor-key")
            before = encoded
            found[key] = self.item(depth)
        return found

    def head(self) -> tuple[int, int]:
        first = self.take(1)[0]
        major, short = first >> 5, first & 31
        if major == 7:
            if short not in (20, 21, 22):
                raise Refused("cbor-simple")
            return major, short
        if short < 24:
            return major, short
        if short > 27:
            raise Refused("cbor-indefinite")
        size = 1 << (short - 24)
        value = int.from_bytes(self.take(size), "big")
        if value < (24, 1 << 8, 1 << 16, 1 << 32)[short - 24]:
            raise Refused("cbor-minimal")
        return major, value

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise Refused("cbor-truncated")
        self.at += size
        return self.data[self.at - size : self.at]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("cbor-utf8") from None


def item_head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes([major << 5 | value])
    for short, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << (8 * size):
            return bytes([major << 5 | short]) + value.to_bytes(size, "big")
    raise ValueError("beyond 64 bits")


def encode(item: Item) -> bytes:  # noqa: PLR0911  a case for each type
    """Return the deterministic encoding; only of what this program makes itself."""
    if item is None or isinstance(item, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[item]
    if isinstance(item, int):
        return item_head(0, item) if item >= 0 else item_head(1, -1 - item)
    if isinstance(item, bytes):
        return item_head(2, len(item)) + item
    if isinstance(item, str):
        data = item.encode("utf-8")
        return item_head(3, len(data)) + data
    if isinstance(item, list):
        return item_head(4, len(item)) + b"".join(map(encode, item))
    if isinstance(item, Tag):
        return item_head(6, item.number) + encode(item.item)
    pairs = sorted((encode(key), encode(value)) for key, value in item.items())
    return item_head(5, len(pairs)) + b"".join(key + value for key, value in pairs)


def diagnostic(item: Item) -> str:  # noqa: PLR0911  a case for each type
    """Return the diagnostic notation (RFC 8949, section 8)."""
    if item is None or isinstance(item, bool):
        return {False: "false", True: "true", None: "null"}[item]
    if isinstance(item, int):
        return str(item)
    if isinstance(item, bytes):
        return f"h'{item.hex()}'"
    if isinstance(item, str):
        return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(item, list):
        return "[" + ", ".join(map(diagnostic, item)) + "]"
    if isinstance(item, Tag):
        return f"{item.number}({diagnostic(item.item)})"
    return "{" + ", ".join(f"{diagnostic(k)}: {diagnostic(v)}" for k, v in item.items()) + "}"
