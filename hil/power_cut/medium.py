"""A conservative model of files on a medium: what may be left of them when the power goes.

POSIX's promises and no more: data is there after a flush of its file, names after a flush of the
folder. Since the last flush each 512-byte sector of each write is on the medium or not, in any
combination and order. Names change in their order, as in any journalling file system, so a
beginning of the changes is there. A file grows only as far as its sectors that made it.

Not modelled: devices that lie about a flush, damage to what was flushed, and the favours that ext4
does beyond POSIX.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hil.power_cut.disk_log import Entry, Operation

SECTOR_BYTES = 512


@dataclass(slots=True)
class _File:
    """A file's flushed content, and the changes since: bytes at an offset, or a new size."""

    flushed: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def flush(self) -> None:
        for offset, data in self.pending:
            _apply(self.flushed, offset, data)
        self.pending = []

    def after_cut(self, rng: random.Random, kept: float) -> bytes:
        content = bytearray(self.flushed)
        for offset, data in self.pending:
            if data is None:
                if rng.random() < kept:
                    _apply(content, offset, None)
                continue
            for at in range(0, len(data), SECTOR_BYTES):
                if rng.random() < kept:
                    _apply(content, offset + at, data[at : at + SECTOR_BYTES])
        return bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    end = offset + len(data or b"")
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset:end] = data


class Medium:
    """Takes the entries of a log one by one; at any time the power may go."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._names: dict[str, _File] = {}
        self._flushed: dict[str, _File] = {}
        self._changes: list[Callable[[dict[str, _File]], object]] = []
        self._open: dict[int, _File | None] = {}

    def take(self, entry: Entry) -> None:
        """Go on by one call."""
        match entry.operation:
            case Operation.OPEN:
                self._opened(entry)
            case Operation.UNLINK:
                (name,) = entry.names
                self._rename(lambda names: names.pop(name, None))
            case Operation.RENAME:
                old, new = entry.names
                self._rename(lambda names: names.update({new: names.pop(old)}))
            case Operation.SYNC:
                self._sync(self._open[entry.fd])
            case Operation.TRUNCATE:
                self._file(entry.fd).pending.append((entry.offset, None))
            case Operation.WRITE:
                self._file(entry.fd).pending.append((entry.offset, entry.data))

    def _rename(self, change: Callable[[dict[str, _File]], object]) -> None:
        change(self._names)
        self._changes.append(change)

    def _opened(self, entry: Entry) -> None:
        (name,) = entry.names
        if entry.data.decode() == self._folder:
            self._open[entry.fd] = None
            return
        if name not in self._names:
            made = _File()
            self._rename(lambda names: names.update({name: made}))
        self._open[entry.fd] = self._names[name]
        if entry.offset & os.O_TRUNC:
            self._names[name].pending.append((0, None))

    def _file(self, fd: int) -> _File:
        file = self._open[fd]
        assert file is not None, "a folder takes no bytes"
        return file

    def _sync(self, file: _File | None) -> None:
        if file is not None:
            file.flush()
            return
        self._flushed = dict(self._names)
        self._changes = []

    def cut_power(self, rng: random.Random, target: Path) -> None:
        """Write into the empty folder `target` what the medium holds when the power goes now."""
        names = dict(self._flushed)
        for change in self._changes[: rng.randint(0, len(self._changes))]:
            change(names)
        kept = rng.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for name, file in names.items():
            (target / name).write_bytes(file.after_cut(rng, kept))
