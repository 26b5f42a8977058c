"""`tallyman run` with a chatty reader and an alarm: `python -m tests.scenarios.sick_disk_agent CONFIG`.

The reader yields `tag` readings of a kilobyte, numbered from 0, the alarm a `shock` a quarter of a
second. Both keep in files how many were yielded and how many acknowledged, and end once the file
`stop` lies beside.
"""

from __future__ import annotations

import os
import sys

from drivers.driver import Driver, Host
from drivers.reading import Reading
from foundation.options import OptionValue
from hil.made_up.agent import run_agent
from hil.made_up.devices import OneKind
from tests.scenarios.counting_agent import CountingModule, CountingReader

BULK = "x" * 1000
"""Fills a ring of 4 MiB in seconds, where a thermometer takes an hour."""


class NotingReader(CountingReader):
    """Keeps in a file how many readings it yielded."""

    def __init__(self, name: str, options: dict[str, OptionValue], host: Host) -> None:
        super().__init__(name, options, host)
        self._file = os.open(self.folder / f"yielded.{name}", os.O_CREAT | os.O_WRONLY, 0o600)

    def note(self, yielded: int) -> None:
        os.pwrite(self._file, b"%012d" % yielded, 0)


class ChattyReader(NotingReader):
    """Says much."""

    def _reading(self, number: int) -> Reading:
        self.note(number + 1)
        fields = {"uri": BULK, "count": number}
        return Reading(self.name, "tag", fields, self.timing.monotonic())


class Alarm(NotingReader):
    """A shock, again and again."""

    def _reading(self, number: int) -> Reading:
        self.note(number + 1)
        fields = {"peak": 50.0, "samples": number}
        return Reading(self.name, "shock", fields, self.timing.monotonic())


class Module(CountingModule):
    KINDS = ("tag", "shock")

    def build(self, name: str, options: dict[str, OptionValue], host: Host) -> Driver:
        return Alarm(name, options, host) if name == "alarm" else ChattyReader(name, options, host)


if __name__ == "__main__":
    sys.exit(run_agent(OneKind("test.sick", Module())))
