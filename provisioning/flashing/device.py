"""The open card: bytes at places, durable when asked, and read from the card, not from memory."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from types import TracebackType
from typing import Self

from flashing.errors import CardBad, TargetRefused
from flashing.target import Target

BLKFLSBUF = 0x1261
"""ioctl of linux/fs.h: forget what is cached of a block device, so that a read asks the card."""

MB, GB = 1e6, 1e9


class Device:
    """A card while it is open; every error is a CardBad that names the place."""

    def __init__(self, fd: int, size: int) -> None:
        self.size = size
        self._fd = fd

    @classmethod
    def open(cls, target: Target) -> Self:
        """Open a card for writing; O_EXCL has the kernel refuse a block device that is in use."""
        flags = os.O_RDWR | os.O_CLOEXEC
        if stat.S_ISBLK(target.path.stat().st_mode):
            flags |= os.O_EXCL
        try:
            return cls(os.open(target.path, flags), target.size)
        except OSError as error:
            advice = "; run it with sudo" if isinstance(error, PermissionError) else ""
            text = f"{target.path} cannot be opened: {error.strerror}{advice}"
            raise TargetRefused(text) from error

    def write(self, data: bytes, place: int) -> None:
        """Write all of `data`."""
        rest = memoryview(data)
        try:
            while rest:
                done = os.pwrite(self._fd, rest, place)
                rest, place = rest[done:], place + done
        except OSError as error:
            raise _bad(error, "written", place) from error

    def read(self, count: int, place: int) -> bytes:
        """Return `count` bytes, fewer only at the end of the card."""
        parts = []
        try:
            while count and (part := os.pread(self._fd, count, place)):
                parts.append(part)
                count, place = count - len(part), place + len(part)
        except OSError as error:
            raise _bad(error, "read", place) from error
        return b"".join(parts)

    def sync(self) -> None:
        """Make everything durable."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise _bad(error, "flushed", 0) from error

    def forget(self) -> None:
        """Make everything durable, and have the next read ask the card."""
        self.sync()
        os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)
        if stat.S_ISBLK(os.fstat(self._fd).st_mode):
            fcntl.ioctl(self._fd, BLKFLSBUF, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)


def _bad(error: OSError, what: str, place: int) -> CardBad:
    name = errno.errorcode.get(error.errno or 0, "error")
    return CardBad(f"cannot be {what} at {place / GB:.2f} GB ({name}): is it still in its slot?")
