"""A file that people change while the node runs: it is read again when it is another file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from foundation.errors import Fatal

T = TypeVar("T")
_Look = tuple[int, int, int]

_log = logging.getLogger(__name__)


class WatchedFile(Generic[T]):
    """What `read` makes of a file. A file that can no longer be read leaves the last good state.

    Whoever writes the file replaces it (os.replace), so that a change always shows in its inode.
    """

    def __init__(self, path: Path, read: Callable[[Path], T]) -> None:
        self._path = path
        self._read = read
        self._look = self._look_now()
        self._value = read(path)
        self.fault = ""

    def current(self) -> T:
        """Return the file's state; costs one stat(2) while nothing changes."""
        look = self._look_now()
        if look != self._look:
            self._look = look
            self._read_again()
        return self._value

    def _read_again(self) -> None:
        try:
            self._value = self._read(self._path)
            self.fault = ""
            _log.info("%s changed and was read again", self._path.name)
        except Fatal as error:
            self.fault = str(error)
            _log.error("%s; going on with the last good list (%s)", error, error.advice)

    def _look_now(self) -> _Look | None:
        try:
            state = self._path.stat()
        except OSError:
            return None
        return state.st_ino, state.st_mtime_ns, state.st_size
