"""Deterministic CBOR (RFC 8949 §4.2.1): an encoder in bytewise key order and a strict decoder.

The decoder accepts exactly what the encoder can make: shortest integers and lengths, definite
lengths, sorted unique keys, no floats, no tag but those the caller allows, nothing behind the item.
So one value has one encoding, and a signature over bytes is a signature over the value.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import repeat

from evidence.errors import MalformedError
from foundation.dataclass import dataclass

MAX_DEPTH = 16
"""Deeper than anything we define (a receipt's proof is at depth 4); bounds the recursion."""

MAX_BYTES = 64 * 1024 * 1024
"""No item of ours is larger; a bundle is the largest."""

MAX_ITEMS = 4 * 1024 * 1024
"""A bundle of `MAX_BYTES` has fewer; bounds what small items can blow up to in memory."""

MAX_ARRAYS = 768 * 1024
"""As with items, and fewer: an array of one byte takes 64 in memory."""

MAX_MAPS_AND_TEXTS = 64 * 1024
"""Fewer still: a map of three bytes takes 230 in memory, a text of three 80, and few are needed."""

# RFC 8949 §3.1, major types
UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
FALSE, TRUE, NULL = 0xF4, 0xF5, 0xF6

DIRECT = 24
"""Arguments below this stand in the initial byte itself (RFC 8949 §3)."""

LONGEST = 27
"""Up to here an argument follows the initial byte; beyond are indefinite and reserved lengths."""

_ARGUMENTS = ((1, DIRECT), (2, 1 << 8), (4, 1 << 16), (8, 1 << 32))
"""Its bytes, and the least that needs so many."""

# What packs an initial byte and an argument of 1, 2, 4 or 8 bytes behind it
_pack1, _pack2, _pack4, _pack8 = (struct.Struct(">B" + form).pack for form in "BHIQ")

_SHORT = [bytes([first]) for first in range(256)]
_FALSE, _TRUE, _NULL = _SHORT[FALSE], _SHORT[TRUE], _SHORT[NULL]


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged item (RFC 8949 §3.4)."""

    number: int
    value: Value


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that already are one encoded item; written as they are."""

    encoded: bytes


Value = (
    int
    | bytes
    | str
    | bool
    | None
    | Tag
    | Raw
    | Sequence["Value"]
    | Mapping[int, "Value"]
    | Mapping[str, "Value"]
    | Mapping[int | str, "Value"]
)


def encode(value: Value) -> bytes:
    """Return the deterministic encoding of `value`; TypeError for what has none (floats)."""
    parts: list[bytes] = []
    _write(parts, value)
    return b"".join(parts)


def _write(parts: list[bytes], value: Value) -> None:  # noqa: C901  one branch per CBOR type
    if isinstance(value, str):
        parts.append(text(value))
    elif isinstance(value, bytes):
        parts.append(head(BYTES, len(value)) + value)
    elif isinstance(value, bool):
        parts.append(_TRUE if value else _FALSE)
    elif isinstance(value, int):
        parts.append(integer(value))
    elif value is None:
        parts.append(_NULL)
    elif isinstance(value, tuple | list):
        parts.append(head(ARRAY, len(value)))
        for item in value:
            _write(parts, item)
    elif isinstance(value, Mapping):
        parts.append(head(MAP, len(value)))
        for key, item in sorted([(_key(key), item) for key, item in value.items()], key=_first):
            parts.append(key)
            _write(parts, item)
    elif isinstance(value, Raw):
        parts.append(value.encoded)
    elif isinstance(value, Tag):
        parts.append(head(TAG, value.number))
        _write(parts, value.value)
    else:
        raise TypeError(f"{type(value).__name__} has no deterministic encoding here")


def _first(pair: tuple[bytes, Value]) -> bytes:
    return pair[0]


@lru_cache(maxsize=1024, typed=True)
def _key(key: int | str) -> bytes:
    # Labels and field names come again and again, and sorting wants them encoded.
    if isinstance(key, bool) or not isinstance(key, int | str):
        raise TypeError("map keys are integers or text")
    return encode(key)


def name(value: str) -> bytes:
    """Return the encoding of a name: a text that comes again and again, so it is remembered."""
    return _key(value)


def text(value: str) -> bytes:
    """Return the encoding of a text."""
    encoded = value.encode()
    return head(TEXT, len(encoded)) + encoded


def integer(value: int) -> bytes:
    """Return the encoding of an integer."""
    # First what most numbers of a record are: degrees and times, then speeds and temperatures.
    if value >= 1 << 16:
        if value < 1 << 32:
            return _pack4(26, value)
        if value < 1 << 64:
            return _pack8(27, value)
    elif value >= 1 << 8:
        return _pack2(25, value)
    return head(UINT, value) if value >= 0 else head(NINT, -1 - value)


def integers(values: Sequence[int]) -> list[bytes]:
    """Return the encodings of many integers, of one at least; quick where all are of one size."""
    low, high = min(values), max(values)
    if low >= 1 << 32:
        pack, first = _pack8, 27
    elif low >= 1 << 16 and high < 1 << 32:
        pack, first = _pack4, 26
    elif low >= 1 << 8 and high < 1 << 16:
        pack, first = _pack2, 25
    else:
        return [integer(value) for value in values]
    if high >= 1 << 64:
        raise TypeError(_TOO_LARGE)
    return list(map(pack, repeat(first), values))


def head(major: int, argument: int) -> bytes:
    """Return what stands before so many bytes or items of a `major` type, or is an integer."""
    # A chain of comparisons, as every number of every record passes here.
    first = major << 5
    if argument < DIRECT:
        return _SHORT[first | argument]
    if argument < 1 << 8:
        return _pack1(first | 24, argument)
    if argument < 1 << 16:
        return _pack2(first | 25, argument)
    if argument < 1 << 32:
        return _pack4(first | 26, argument)
    if argument < 1 << 64:
        return _pack8(first | 27, argument)
    raise TypeError(_TOO_LARGE)


_TOO_LARGE = "integers are bounded by 64 bits"


def decode(data: bytes, *, tags: frozenset[int] = frozenset()) -> Value:
    """Return the one item that `data` is.

    Arrays come as tuples and maps as dicts. Only tags in `tags` are accepted. MalformedError tells
    what is wrong and at which offset.
    """
    if len(data) > MAX_BYTES:
        raise MalformedError("cbor-size", f"{len(data)} bytes are more than {MAX_BYTES}")
    reader = _Reader(data, tags)
    item = reader.item(MAX_DEPTH)
    if reader.at != len(data):
        raise MalformedError("cbor-trailing", f"{len(data) - reader.at} bytes follow the item")
    return item


def end_of_first(data: bytes, start: int = 0) -> int:
    """Return where the item that starts at `start` ends; as strict as `decode`."""
    reader = _Reader(data, frozenset())
    reader.at = start
    reader.item(MAX_DEPTH)
    return reader.at


class _Reader:
    __slots__ = ("arrays", "at", "data", "items", "maps_and_texts", "tags")

    def __init__(self, data: bytes, tags: frozenset[int]) -> None:
        self.data = data
        self.tags = tags
        self.at = 0
        self.items = self.arrays = self.maps_and_texts = 0

    def fail(self, reason: str, what: str) -> MalformedError:
        return MalformedError(f"cbor-{reason}", f"CBOR: {what} at offset {self.at}")

    def take(self, count: int) -> bytes:
        start = self.at
        end = start + count
        if end > len(self.data):
            raise self.fail("truncated", f"{count} bytes wanted, {len(self.data) - start} left")
        self.at = end
        return self.data[start:end]

    def argument(self, info: int) -> int:
        """Read the argument behind an initial byte whose low five bits are `info`."""
        if info > LONGEST:
            raise self.fail("indefinite", "indefinite or reserved length")
        size, least = _ARGUMENTS[info - DIRECT]
        argument = int.from_bytes(self.take(size), "big")
        if argument < least:
            raise self.fail("minimal", f"{argument} in {size} bytes is not the shortest form")
        return argument

    def item(self, depth: int) -> Value:  # noqa: PLR0911  one return per CBOR type
        at = self.at
        if at >= len(self.data):
            raise self.fail("truncated", "an item wanted, nothing left")
        first = self.data[at]
        self.at = at + 1
        if first < DIRECT:  # small integers are half of what comes
            return first
        major, argument = first >> 5, first & 0x1F
        if major == SIMPLE:
            return self.simple(first)
        if argument >= DIRECT:
            argument = self.argument(argument)
        if major == TEXT:
            return self.text(argument)
        if major == UINT:
            return argument
        if major == BYTES:
            return self.take(argument)
        if major == NINT:
            return -1 - argument
        return self.nested(major, argument, depth - 1)

    def nested(self, major: int, argument: int, depth: int) -> Value:
        if depth == 0:
            raise self.fail("depth", "nested too deeply")
        if major == ARRAY:
            self.arrays += 1
            self.bound(argument)
            return tuple([self.item(depth) for _ in range(argument)])
        if major == MAP:
            return self.map(argument, depth)
        if argument not in self.tags:
            raise self.fail("tag", f"tag {argument} has no place here")
        return Tag(argument, self.item(depth))

    def bound(self, count: int) -> None:
        # Each item takes a byte at least: a larger count is a bomb, refused before any work.
        if count > len(self.data) - self.at:
            raise self.fail("truncated", f"{count} items wanted, {len(self.data) - self.at} left")
        self.items += count
        if self.items > MAX_ITEMS:
            raise self.fail("items", f"more than {MAX_ITEMS} items")
        if self.arrays > MAX_ARRAYS:
            raise self.fail("items", f"more than {MAX_ARRAYS} arrays")

    def spend(self) -> None:
        """Count a map or a text."""
        self.maps_and_texts += 1
        if self.maps_and_texts > MAX_MAPS_AND_TEXTS:
            raise self.fail("items", f"more than {MAX_MAPS_AND_TEXTS} maps and texts")

    def text(self, count: int) -> str:
        self.spend()
        try:
            return self.take(count).decode()
        except UnicodeDecodeError as error:
            raise self.fail("utf8", "text is not UTF-8") from error

    def map(self, count: int, depth: int) -> dict[int | str, Value]:
        self.bound(2 * count)
        self.spend()
        result: dict[int | str, Value] = {}
        previous = b""
        for _ in range(count):
            start = self.at
            key = self.item(depth)
            encoded = self.data[start : self.at]
            if encoded <= previous:
                raise self.fail("order", "map keys are not sorted or not unique")
            if type(key) is not int and type(key) is not str:
                raise self.fail("key", "map keys are integers or text")
            previous = encoded
            result[key] = self.item(depth)
        return result

    def simple(self, first: int) -> bool | None:
        if first == NULL:
            return None
        if first in (FALSE, TRUE):
            return first == TRUE
        raise self.fail("simple", "floats and other simple values have no place here")
