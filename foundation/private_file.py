"""Files that hold a secret: used only while nobody but their owner can read them, as ssh does."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from foundation.errors import Fatal

PRIVATE_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class OpenToOthers(Fatal):
    """Others may read a secret, or put another in its place: it may be no secret any more."""


def read_private_file(path: Path) -> bytes:
    """Return a secret's file; OpenToOthers where others may read it, OSError where we cannot.

    The file that is read is the one whose mode was looked at.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise OpenToOthers(f"others may read the key {path}", advice=f"chmod 600 {path}")
        return file.read()
