"""Reading a medium that is partly unreadable: what the device refuses is zeros, and is listed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

BLOCK_BYTES = 4096
"""What is given up at once: the page of Linux, below which no read of a device is tried."""

CHUNK_BYTES = 256 * BLOCK_BYTES

Pread = Callable[[int, int, int], bytes]
"""`os.pread`, or a medium with bad blocks in tests."""


class Blocks:
    """One file or device, opened for reading only. `bad` are the offsets of unreadable blocks."""

    def __init__(self, path: Path, pread: Pread = os.pread) -> None:
        """Open it; OSError where that is refused."""
        self.path = path
        self._pread = pread
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.lseek(self._fd, 0, os.SEEK_END)
        self.bad: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes there, zeros for what cannot be read; fewer only at the end."""
        length = max(0, min(length, self.size - offset))
        try:
            data = self._pread(self._fd, length, offset)
        except OSError:
            data = b"".join(self._pieces(offset, length))
        return data.ljust(length, b"\0")

    def _pieces(self, offset: int, length: int) -> Iterator[bytes]:
        at, end = offset, offset + length
        while at < end:
            block = at // BLOCK_BYTES * BLOCK_BYTES
            size = min(end, block + BLOCK_BYTES) - at
            try:
                yield self._pread(self._fd, size, at).ljust(size, b"\0")
            except OSError:
                self.bad.add(block)
                yield bytes(size)
            at += size

    def chunks(self, overlap: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield the whole of it, piece by piece with its offset; each shows `overlap` more."""
        for at in range(0, self.size, CHUNK_BYTES):
            yield at, self.read(at, CHUNK_BYTES + overlap)
