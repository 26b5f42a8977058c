"""What a program did to the files of one folder, as `disk_recorder.c` logged it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_ENTRY = struct.Struct("=B3xiQQ")


class Operation(IntEnum):
    """The calls that are logged."""

    OPEN = 1
    WRITE = 2
    SYNC = 3
    TRUNCATE = 4
    UNLINK = 5
    RENAME = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One call; `offset` is the flags of OPEN and the size of TRUNCATE; `data` names or bytes."""

    operation: Operation
    fd: int
    offset: int
    data: bytes

    @property
    def names(self) -> list[str]:
        """The names of files in OPEN, UNLINK and RENAME, without their folder."""
        return [Path(path).name for path in self.data.decode().split("\n")]


def read_log(path: Path) -> list[Entry]:
    """Return every entry of a log."""
    return list(_entries(path.read_bytes()))


def _entries(data: bytes) -> Iterator[Entry]:
    at = 0
    while at < len(data):
        operation, fd, offset, length = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size
        yield Entry(Operation(operation), fd, offset, data[at : at + length])
        at += length
