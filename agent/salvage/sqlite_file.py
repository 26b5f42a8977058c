"""Rows of a database and of its write-ahead log, whatever of them is left.

A page may stand in the file, and in several versions in the log. Which one holds is decided by what
the rows prove, so each leaf is offered with the overflow pages of the log, then with those of the
file alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from agent.journal.batches import PAGE_BYTES
from agent.salvage.blocks import Blocks
from agent.salvage.sqlite_pages import MAGIC, Row, rows_of

_WAL_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24  # SQLite file format, 4.1 "WAL File Format"
_NUMBER = struct.Struct(">I")
_FRAME = struct.Struct(">II8s")  # page number, size of the database, salt


def rows(file: Blocks | None, log: Blocks | None, start: int = 0, end: int = 0) -> Iterator[Row]:
    """Yield every row found in the database at `start` to `end` of `file`, and in its log."""
    end = end or (file.size if file else 0)
    frames = _frames(log) if log else {}

    def stored(number: int) -> bytes:
        at = start + (number - 1) * PAGE_BYTES
        return file.read(at, PAGE_BYTES) if file and number > 0 and at < end else b""

    def newest(number: int) -> bytes:
        if log and number in frames:
            return log.read(frames[number][-1], PAGE_BYTES)
        return stored(number)

    for number, versions in frames.items():
        assert log is not None, "frames come out of a log"
        for at in reversed(versions):
            yield from rows_of(log.read(at, PAGE_BYTES), number, newest)
    for number in range(1, (end - start) // PAGE_BYTES + 1):
        page = stored(number)
        yield from rows_of(page, number, stored)
        if frames:
            yield from rows_of(page, number, newest)


def _frames(log: Blocks) -> dict[int, list[int]]:
    """Return by page number where its versions lie in the log, oldest first.

    Frames of an earlier round, whose salt is another one, are in the file already. Checksums are
    not asked: a frame that no transaction completed proves itself by its rows, or proves nothing.
    """
    found: dict[int, list[int]] = {}
    step = _FRAME_HEADER_BYTES + PAGE_BYTES
    salt = b""
    for at in range(_WAL_HEADER_BYTES, log.size - step + 1, step):
        number, _, *salts = _FRAME.unpack(log.read(at, _FRAME.size))
        if number and salts[0] == (salt := salt or salts[0]):
            found.setdefault(number, []).append(at + _FRAME_HEADER_BYTES)
    return found


def databases(raw: Blocks) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each database in an image whose file system cannot be read.

    A file is taken to lie in one piece; where it does not, its later pages prove nothing.
    """
    for base, data in raw.chunks(overlap=len(MAGIC)):
        at = data.find(MAGIC)
        while at >= 0:
            begin = base + at
            (pages,) = _NUMBER.unpack(raw.read(begin + 28, _NUMBER.size))  # 1.3.8, in-header size
            yield begin, min(raw.size, begin + pages * PAGE_BYTES)
            at = data.find(MAGIC, at + 1)
