"""How far a channel has told people, durably: the journal itself is the queue."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from agent.notify.source import Beginning
from foundation.durable import WriteFailed, write_file

log = logging.getLogger(__name__)


class Cursor:
    """The number of the first record that its channel has not told yet, kept in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._gateway = ""
        self._saved: int | None = None
        self.next = 0

    def open(self, beginning: Beginning) -> None:
        """Go on where the run before was, on the first run with what the agent's run has made.

        With another journal than before, and where the file is damaged, it is the first record: to
        tell something twice does no harm, as its id is the same.
        """
        gateway, kept = self._read()
        self._gateway = beginning.sender.gateway
        if kept is None:
            self.next = beginning.first
        elif gateway != self._gateway or kept > beginning.next:
            log.warning("%s is of another journal: all of this one is told", self._path)
            self.next = 0
        else:
            self.next = kept
        self.save()

    def _read(self) -> tuple[str, int | None]:
        try:
            plain = json.loads(self._path.read_bytes())
            return str(plain["gateway"]), int(plain["next"])
        except FileNotFoundError:
            return "", None
        except (OSError, ValueError, KeyError, TypeError):
            return "", 0

    def save(self) -> None:
        """Make it durable; where the disk refuses, the same is told again after a restart."""
        number = self.next
        if number == self._saved:
            return
        data = json.dumps({"gateway": self._gateway, "next": number}).encode() + b"\n"
        try:
            write_file(self._path, data)
        except WriteFailed as error:
            log.warning("%s: events may be told again: %s", error, error.advice)
        else:
            self._saved = number
