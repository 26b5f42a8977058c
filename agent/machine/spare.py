"""Space kept back for a start on a full disk: a file that goes when it is needed, and comes back.

A running agent needs no new space to take records, as the ring has its own. A start does: SQLite's
side files and the boot count. Without spare space a gateway that was switched off on a full card
would not start again, and record no alarm.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FILE_NAME = "spare"
BYTES = 4 << 20  # SQLite's log takes 1 MB before it is copied back, its index 32 KiB
SCARCE = BYTES // 4
PLENTY = 2 * BYTES


def free_bytes(folder: Path) -> int:
    """Return what may still be written to the disk of `folder`; OSError passes through."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def give_up_if_full(folder: Path) -> bool:
    """Free the spare space where nearly none is left; tell whether it was there."""
    with suppress(OSError):  # no such file, or a disk that takes no change: the start will tell
        if free_bytes(folder) < SCARCE:
            (folder / FILE_NAME).unlink()
            return True
    return False


def keep(folder: Path) -> bool:
    """Set the space aside, where there is plenty and it is not; tell whether it was."""
    path = folder / FILE_NAME
    try:
        if path.exists() or free_bytes(folder) < PLENTY:
            return False
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(fd, 0, BYTES)
        finally:
            os.close(fd)
    except OSError:
        path.unlink(missing_ok=True)
        return False
    return True
