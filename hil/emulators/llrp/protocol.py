"""The wire of LLRP 1.0.1 from the reader's side; written from the standard's tables."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

VERSION = 1
HEADER = 10  # bytes
LONGEST = 1 << 20  # bytes of a message that are believed
TV_SIZES = {1: 2, 2: 8, 3: 8, 4: 8, 5: 8, 6: 1, 7: 2, 8: 2, 9: 4, 10: 2, 13: 12, 14: 2, 16: 4}
CUSTOM = 1023
IMPINJ = 25882
STATUS, PARAMETER_ERROR = 287, 289


@dataclass(frozen=True)
class Request:
    """One message from a client."""

    type: int
    id: int
    body: bytes


class NotLlrp(Exception):
    """What a client sends is no LLRP 1.0.1; a reader closes the connection."""


def message(type_: int, number: int, body: bytes = b"") -> bytes:
    """Return a whole message."""
    return struct.pack(">HII", VERSION << 10 | type_, HEADER + len(body), number) + body


def requests(data: bytes) -> tuple[list[Request], bytes]:
    """Return the whole messages in `data` and the bytes to keep."""
    found = []
    while len(data) >= HEADER:
        word, length, number = struct.unpack_from(">HII", data)
        if not HEADER <= length <= LONGEST:
            raise NotLlrp(f"a message of {length} bytes")
        if len(data) < length:
            break
        found.append(Request(word & 0x3FF, number, data[HEADER:length]))
        data = data[length:]
    return found, data


def tlv(type_: int, body: bytes = b"") -> bytes:
    """Return a parameter with a length."""
    return struct.pack(">HH", type_, 4 + len(body)) + body


def tv(type_: int, layout: str, *values: int) -> bytes:
    """Return a short parameter without one."""
    return bytes([0x80 | type_]) + struct.pack(">" + layout, *values)


def impinj(subtype: int, body: bytes = b"") -> bytes:
    """Return one of Impinj's custom parameters."""
    return tlv(CUSTOM, struct.pack(">II", IMPINJ, subtype) + body)


def utf8(text: str) -> bytes:
    """Return a counted string."""
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def status(code: int = 0, text: str = "", parameter: int = 0) -> bytes:
    """Return LLRPStatus, with the parameter that is to blame."""
    blame = tlv(PARAMETER_ERROR, struct.pack(">HH", parameter, code)) if parameter else b""
    return tlv(STATUS, struct.pack(">H", code) + utf8(text) + blame)


def parameters(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and body of the parameters that fill `data`; NotLlrp when they do not."""
    at = 0
    while at < len(data):
        if data[at] & 0x80:
            type_ = data[at] & 0x7F
            end = at + 1 + TV_SIZES.get(type_, len(data))
            start = at + 1
        elif at + 4 <= len(data):
            type_, length = struct.unpack_from(">HH", data, at)
            start, end = at + 4, at + length
        else:
            raise NotLlrp("a parameter's head is cut short")
        if not start <= end <= len(data):
            raise NotLlrp(f"parameter {type_} has an impossible length")
        yield type_ & 0x3FF, data[start:end]
        at = end


def child(data: bytes, type_: int) -> bytes | None:
    """Return the body of the first parameter of `type_` in `data`."""
    return next((body for found, body in parameters(data) if found == type_), None)


def custom(data: bytes, subtype: int) -> bytes | None:
    """Return the body of Impinj's parameter `subtype` in `data`, without vendor and subtype."""
    for type_, body in parameters(data):
        if type_ == CUSTOM and body[:8] == struct.pack(">II", IMPINJ, subtype):
            return body[8:]
    return None
