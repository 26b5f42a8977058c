"""What a probe does where the product runs: it notes, once a test, that it was reached.

It stands in the product's own processes, also in those that tests start. So it imports nothing of
ours, and calls what no test has put its own in the place of.
"""

from __future__ import annotations

import os
from contextlib import suppress
from posix import O_APPEND, O_CREAT, O_WRONLY, close, write
from posix import open as open_fd

FOLDER = "TALLYMAN_REACHED"
"""The variable that names the folder of notes; without it, nothing is noted."""

NO_TEST = "(none)"

_noted: set[tuple[str, str]] = set()


def reached(mark: str) -> None:
    """Note the mark and the test that runs, or that started this process."""
    note = (mark, os.environ.get("PYTEST_CURRENT_TEST", NO_TEST))
    if note in _noted or not (folder := os.environ.get(FOLDER)):
        return
    _noted.add(note)
    with suppress(OSError):  # a process that may write nowhere is one without notes
        _append(f"{folder}/{os.getpid()}", ("\t".join(note) + "\n").encode())


def _append(path: str, line: bytes) -> None:
    fd = open_fd(path, O_WRONLY | O_APPEND | O_CREAT, 0o666)
    try:
        write(fd, line)
    finally:
        close(fd)
