"""The rows of a damaged SQLite file, from its table leaves alone. Pure.

SQLite itself gives up at the first damaged page of a tree, and writes beside what it opens. Here
each leaf stands for itself (SQLite file format, 1.6 "B-tree Pages", 2.1 "Record Format"), and a row
whose overflow pages are gone is just not found. Whoever asks checks what a row holds: a page that
was overwritten yields rows that nobody signed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

TABLE_LEAF = 0x0D
FILE_HEADER_BYTES = 100  # before the first page's own header
MAGIC = b"SQLite format 3\0"

MAX_PAYLOAD = 2 * 1024 * 1024
"""A batch's body has 1 MiB at most; a length beyond this is damage."""

_LEAF_HEADER = struct.Struct(">BHHHB")
_POINTER = struct.Struct(">I")
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)  # by serial type 1 to 6
_REAL, _ZERO, _ONE, _BLOB = 7, 8, 9, 12
_VARINT_BYTES = 9

Page = Callable[[int], bytes]
"""Returns page number n, from 1; empty where there is none."""

Value = int | bytes | str | None
Row = tuple[int, list[Value]]


class Damaged(Exception):
    """This cell holds no row."""


def rows_of(page: bytes, number: int, others: Page) -> Iterator[Row]:
    """Yield rowid and values of each row on a page that is a table's leaf; nothing of others."""
    start = FILE_HEADER_BYTES if number == 1 else 0
    if len(page) <= start + _LEAF_HEADER.size or page[start] != TABLE_LEAF:
        return
    _, _, cells, _, _ = _LEAF_HEADER.unpack_from(page, start)
    for cell in range(cells):
        at = start + _LEAF_HEADER.size + 2 * cell
        try:
            yield _row(page, int.from_bytes(page[at : at + 2], "big"), others)
        except Damaged:
            continue


def _row(page: bytes, at: int, others: Page) -> Row:
    size, at = _varint(page, at)
    rowid, at = _varint(page, at)
    if not 0 < size <= MAX_PAYLOAD:
        raise Damaged
    local = _local_bytes(size, len(page))
    payload = page[at : at + local]
    if local < size:
        pointer = page[at + local : at + local + _POINTER.size]
        payload += _overflow(pointer, size - local, others)
    if len(payload) != size:
        raise Damaged
    return rowid, _values(payload)


def _local_bytes(size: int, usable: int) -> int:
    """Return how much of a payload stands on the leaf (1.6, "Cell Format")."""
    most, least = usable - 35, (usable - 12) * 32 // 255 - 23
    if size <= most:
        return size
    local = least + (size - least) % (usable - _POINTER.size)
    return local if local <= most else least


def _overflow(pointer: bytes, left: int, others: Page) -> bytes:
    found = []
    while left > 0:
        if len(pointer) != _POINTER.size:
            raise Damaged
        page = others(_POINTER.unpack(pointer)[0])
        pointer, content = page[: _POINTER.size], page[_POINTER.size :][:left]
        if not content:
            raise Damaged
        found.append(content)
        left -= len(content)
    return b"".join(found)


def _values(payload: bytes) -> list[Value]:
    length, at = _varint(payload, 0)
    body, values = length, list[Value]()
    while at < length:
        type_, at = _varint(payload, at)
        size = _size(type_)
        if body + size > len(payload):
            raise Damaged
        values.append(_value(type_, payload[body : body + size]))
        body += size
    return values


def _size(type_: int) -> int:
    if type_ >= _BLOB:
        return (type_ - _BLOB) // 2
    if type_ == _REAL:
        return 8
    return _INTEGER_BYTES[type_] if type_ < len(_INTEGER_BYTES) else 0


def _value(type_: int, data: bytes) -> Value:
    if type_ >= _BLOB:
        return data.decode("utf-8", "replace") if type_ % 2 else data
    if type_ in (_ZERO, _ONE):
        return type_ - _ZERO
    if type_ == 0 or type_ >= _REAL:
        return None  # a real number occurs in none of our tables
    return int.from_bytes(data, "big", signed=True)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(1, _VARINT_BYTES + 1):
        if at >= len(data):
            raise Damaged
        byte = data[at]
        at += 1
        if count == _VARINT_BYTES:
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004  the top bit says that another byte follows
            return value, at
    raise AssertionError("a varint has nine bytes at most")
