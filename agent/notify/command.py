"""A command hook: a program of the user's is run for each event, and 0 says that it is done."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from agent.desks.notify_causes import COMMAND
from agent.notify.channel import Undelivered
from agent.notify.event import Event, Sender
from evidence.leaf import Record

WITHIN = 30.0  # s; then it is ended, and run again later


class Command:
    """Runs the program `path` with the event on its standard input; what it prints is our log."""

    name = "command"
    kinds: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, sender: Sender) -> bool:
        """Look whether it is there: better now than with the first alarm."""
        del sender
        if not self._path.is_file():
            raise Undelivered(f"{self._path}: there is no such file", cause=COMMAND)
        if not os.access(self._path, os.X_OK):
            text = f"{self._path}: it is not executable for this user"
            raise Undelivered(text, cause=COMMAND)
        return False

    def show(self, record: Record) -> None:
        """Show nothing: a command gets events only."""

    def trouble(self) -> None:
        """Tell of nothing: what is wrong shows with the next event."""

    def deliver(self, event: Event) -> None:
        """See `Channel`."""
        try:
            done = subprocess.run(  # noqa: S603  the user's own program
                [self._path], input=event.to_json(), timeout=WITHIN, check=False
            )
        except subprocess.TimeoutExpired:
            text = f"{self._path}: not done within {WITHIN:g} s"
            raise Undelivered(text, cause=COMMAND) from None
        except OSError as error:
            text = f"{self._path}: {os.strerror(error.errno or 0)}"
            raise Undelivered(text, cause=COMMAND) from error
        if done.returncode:
            raise Undelivered(f"{self._path}: {_ended(done.returncode)}", cause=COMMAND)


def _ended(code: int) -> str:
    return f"it ended with {code}" if code > 0 else f"signal {-code} ended it"
