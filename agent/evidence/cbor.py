"""Deterministic CBOR (RFC 8949 §4.2.1): an encoder in bytewise key order and a strict decoder.

The decoder accepts exactly what the encoder can make: shortest integers and lengths, definite
lengths, sorted unique keys, no floats, no tag but those the caller allows, nothing behind the item.
So one value has one encoding, and a signature over bytes is a signature over the value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.evidence.errors import MalformedError

MAX_DEPTH = 16
"""Deeper than anything we define (a receipt's proof is at depth 4); bounds the recursion."""

MAX_BYTES = 64 * 1024 * 1024
"""No item of ours is larger; a bundle is the largest."""

# RFC 8949 §3.1, major types
UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
FALSE, TRUE, NULL = 0xF4, 0xF5, 0xF6

DIRECT = 24
"""Arguments below this stand in the initial byte itself (RFC 8949 §3)."""

_ARGUMENT_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}


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
    out = bytearray()
    _write(out, value)
    return bytes(out)


def _write(out: bytearray, value: Value) -> None:  # noqa: C901  one branch per CBOR type
    if value is None:
        out.append(NULL)
    elif isinstance(value, bool):
        out.append(TRUE if value else FALSE)
    elif isinstance(value, int):
        _head(out, UINT, value) if value >= 0 else _head(out, NINT, -1 - value)
    elif isinstance(value, bytes):
        _head(out, BYTES, len(value))
        out += value
    elif isinstance(value, str):
        encoded = value.encode()
        _head(out, TEXT, len(encoded))
        out += encoded
    elif isinstance(value, Raw):
        out += value.encoded
    elif isinstance(value, Tag):
        _head(out, TAG, value.number)
        _write(out, value.value)
    elif isinstance(value, Mapping):
        _head(out, MAP, len(value))
        for key, item in sorted((encode(key), item) for key, item in value.items()):
            out += key
            _write(out, item)
    elif isinstance(value, Sequence):
        _head(out, ARRAY, len(value))
        for item in value:
            _write(out, item)
    else:
        raise TypeError(f"{type(value).__name__} has no deterministic encoding here")


def _head(out: bytearray, major: int, argument: int) -> None:
    if argument < DIRECT:
        out.append(major << 5 | argument)
        return
    for info, size in _ARGUMENT_SIZES.items():
        if argument < 1 << (8 * size):
            out.append(major << 5 | info)
            out += argument.to_bytes(size, "big")
            return
    raise TypeError("integers are bounded by 64 bits")


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
    def __init__(self, data: bytes, tags: frozenset[int]) -> None:
        self.data = data
        self.tags = tags
        self.at = 0

    def fail(self, reason: str, what: str) -> MalformedError:
        return MalformedError(f"cbor-{reason}", f"CBOR: {what} at offset {self.at}")

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise self.fail("truncated", f"{count} bytes wanted, {len(self.data) - self.at} left")
        self.at += count
        return self.data[self.at - count : self.at]

    def head(self) -> tuple[int, int]:
        first = self.take(1)[0]
        major, info = first >> 5, first & 0x1F
        if major == SIMPLE:
            return major, first
        if info < DIRECT:
            return major, info
        size = _ARGUMENT_SIZES.get(info)
        if size is None:
            raise self.fail("indefinite", "indefinite or reserved length")
        argument = int.from_bytes(self.take(size), "big")
        if argument < (DIRECT if size == 1 else 1 << (4 * size)):
            raise self.fail("minimal", f"{argument} in {size} bytes is not the shortest form")
        return major, argument

    def item(self, depth: int) -> Value:  # noqa: PLR0911  one return per CBOR type
        if depth == 0:
            raise self.fail("depth", "nested too deeply")
        major, argument = self.head()
        if major == UINT:
            return argument
        if major == NINT:
            return -1 - argument
        if major == BYTES:
            return self.take(argument)
        if major == TEXT:
            return self.text(argument)
        if major == ARRAY:
            self.bound(argument)
            return tuple(self.item(depth - 1) for _ in range(argument))
        if major == MAP:
            return self.map(argument, depth - 1)
        if major == TAG:
            if argument not in self.tags:
                raise self.fail("tag", f"tag {argument} has no place here")
            return Tag(argument, self.item(depth - 1))
        return self.simple(argument)

    def bound(self, count: int) -> None:
        # Each item takes a byte at least: a larger count is a bomb, refused before any work.
        if count > len(self.data) - self.at:
            raise self.fail("truncated", f"{count} items wanted, {len(self.data) - self.at} left")

    def text(self, count: int) -> str:
        try:
            return self.take(count).decode()
        except UnicodeDecodeError as error:
            raise self.fail("utf8", "text is not UTF-8") from error

    def map(self, count: int, depth: int) -> dict[int | str, Value]:
        self.bound(2 * count)
        result: dict[int | str, Value] = {}
        previous = b""
        for _ in range(count):
            start = self.at
            key = self.item(depth)
            encoded = self.data[start : self.at]
            if encoded <= previous:
                raise self.fail("order", "map keys are not sorted or not unique")
            if isinstance(key, bool) or not isinstance(key, int | str):
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
