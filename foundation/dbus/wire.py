"""D-Bus messages: a method call to bytes, and what a bus answers back to values. Pure.

D-Bus Specification 0.43, "Type System" and "Message Protocol". Only what a reader of properties
needs: calls whose arguments are texts, in little endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CALL, RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SIGNATURE = 1, 2, 3, 4, 5, 6, 8
VERSION = 1
FIXED = 16  # bytes before the header fields: with the length of their array
MOST_BYTES = 1 << 20  # of a message; the specification has 2^27, a modem's properties 20 kB
DEEPEST = 64  # containers in one another, as the specification has it

_ALIGN = {**dict.fromkeys("ygv", 1), **dict.fromkeys("nq", 2), **dict.fromkeys("biusoah", 4),
          **dict.fromkeys("xtd({", 8)}  # fmt: skip
_PLAIN = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "h": "I", "x": "q", "t": "Q", "d": "d"}
_ORDERS = {ord("l"): "<", ord("B"): ">"}


class BadMessage(ValueError):
    """What came is no message of D-Bus."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `replies_to` is the serial number of the call that it answers."""

    kind: int
    replies_to: int | None
    error: str
    body: tuple[Any, ...]


def call(serial: int, destination: str, path: str, name: str, *texts: str) -> bytes:
    """Return a call of the method `name`, `INTERFACE.MEMBER`, with texts as its arguments."""
    interface, _, member = name.rpartition(".")
    body = b""
    for text in texts:
        body = _padded(body, 4) + _text(text)
    fields = [(PATH, "o", path), (INTERFACE, "s", interface), (MEMBER, "s", member),
              (DESTINATION, "s", destination)]  # fmt: skip
    if texts:
        fields.append((SIGNATURE, "g", "s" * len(texts)))
    array = b""
    for code, kind, value in fields:
        array = _padded(array, 8) + struct.pack("<BB", code, 1) + kind.encode() + b"\0"
        array += _signature(value) if kind == "g" else _text(value)
    head = struct.pack("<BBBBIII", ord("l"), CALL, 0, VERSION, len(body), serial, len(array))
    return _padded(head + array, 8) + body


def take(data: bytes) -> tuple[Message, bytes] | None:
    """Return the first message and what follows it, None while it is not whole; BadMessage."""
    if len(data) < FIXED:
        return None
    order = _ORDERS.get(data[0])
    if order is None or data[3] != VERSION:
        raise BadMessage("no message of D-Bus 1 begins like that")
    body_bytes, _, array_bytes = struct.unpack_from(f"{order}III", data, 4)
    begin = FIXED + array_bytes + -array_bytes % 8
    end = begin + body_bytes
    if end > MOST_BYTES:
        raise BadMessage(f"a message of {end} bytes")
    if len(data) < end:
        return None
    fields = dict(_Reader(order, data[: FIXED + array_bytes], FIXED - 4).values("a(yv)")[0])
    signature = fields.get(SIGNATURE, "")
    body = _Reader(order, data[begin:end], 0).values(signature) if signature else []
    message = Message(
        data[1], fields.get(REPLY_SERIAL), str(fields.get(ERROR_NAME, "")), tuple(body)
    )
    return message, data[end:]


class _Reader:
    """Reads values of a signature; `data` begins where alignment counts from."""

    def __init__(self, order: str, data: bytes, at: int) -> None:
        self._order, self._data, self._at = order, data, at

    def values(self, signature: str) -> list[Any]:
        """Return all values that a signature names."""
        try:
            return [self._value(each, 0) for each in _split(signature)]
        except (struct.error, LookupError, UnicodeDecodeError, TypeError) as error:
            raise BadMessage(f"a value that is none: {error}") from None

    def _value(self, kind: str, depth: int) -> Any:
        if depth > DEEPEST:
            raise BadMessage("containers too deep in one another")
        first = kind[:1]
        if first not in _ALIGN:
            raise BadMessage(f"no type {first!r}")
        self._at += -self._at % _ALIGN[first]
        if first == "v":
            types = _split(self._signature())
            if len(types) != 1:
                raise BadMessage("a variant of several types, or of none")
            return self._value(types[0], depth + 1)
        if first == "a":
            return self._array(kind[1:], depth + 1)
        if first == "(":
            return tuple(self._value(each, depth + 1) for each in _split(kind[1:-1]))
        return self._plain(first)

    def _plain(self, kind: str) -> Any:
        if kind in "so":
            return self._bytes(self._number("I"), 1).decode()
        if kind == "g":
            return self._signature()
        if kind == "b":
            return bool(self._number("I"))
        return self._number(_PLAIN[kind])

    def _array(self, inner: str, depth: int) -> Any:
        size = self._number("I")
        self._at += -self._at % _ALIGN[inner[:1]]
        end = self._at + size
        if end > len(self._data):
            raise BadMessage("an array beyond its message's end")
        pairs, found = inner.startswith("{"), list[Any]()
        while self._at < end:
            kind = f"({inner[1:-1]})" if pairs else inner
            before = self._at
            found.append(self._value(kind, depth))
            if self._at == before:
                raise BadMessage("an array of nothing")
        return dict(found) if pairs else found

    def _signature(self) -> str:
        size = self._data[self._at]
        self._at += 1
        return self._bytes(size, 1).decode("ascii")

    def _number(self, code: str) -> Any:
        size = struct.calcsize(f"={code}")
        (found,) = struct.unpack(self._order + code, self._bytes(size, 0))
        return found

    def _bytes(self, size: int, after: int) -> bytes:
        """Return so many bytes; `after` more end a text."""
        end = self._at + size
        if end + after > len(self._data):
            raise BadMessage("a value beyond its message's end")
        found = self._data[self._at : end]
        self._at = end + after
        return found


def _split(signature: str) -> list[str]:
    """Return the single complete types of a signature."""
    found, at = list[str](), 0
    while at < len(signature):
        end = _end(signature, at)
        found.append(signature[at:end])
        at = end
    return found


def _end(signature: str, at: int) -> int:
    """Return where the complete type that begins at `at` ends."""
    while signature[at : at + 1] == "a":
        at += 1
    if at >= len(signature):
        raise BadMessage("an array of no type")
    closing = {"(": ")", "{": "}"}.get(signature[at])
    if closing is None:
        return at + 1
    depth = 0
    for index in range(at, len(signature)):
        depth += (signature[index] in "({") - (signature[index] in ")}")
        if depth == 0:
            return index + 1
    raise BadMessage(f"{closing!r} is missing in a signature")


def _padded(data: bytes, to: int) -> bytes:
    return data + bytes(-len(data) % to)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<I", len(raw)) + raw + b"\0"


def _signature(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("ascii") + b"\0"


Properties = Mapping[str, Any]
Objects = Mapping[str, Mapping[str, Properties]]
"""What a service shows: by path and interface, each property by name."""
