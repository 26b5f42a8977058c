"""`tallyman run` with a chatty reader and an alarm: `python -m tests.scenarios.sick_disk_agent CONFIG`.

The reader yields `tag` readings of a kilobyte, numbered from 0, the alarm a `shock` a quarter of a
second. Both keep in files how many were yielded and how many acknowledged, and end once the file
`stop` lies beside.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import ClassVar

from agent.assembly import World, run
from agent.cli.main import report
from agent.cli.run import arm_last_exit, configure_log
from agent.config import load
from agent.errors import AgentError
from drivers.driver import Driver, Host, OptionValue
from drivers.reading import Reading
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


class Catalog:
    DEVICES: ClassVar = {"test.sick": "sick"}

    def module(self, kind: str) -> Module:
        return Module()


def main() -> int:
    configure_log(verbose=False)
    catalog = Catalog()
    try:
        config = load(Path(sys.argv[1]), catalog)
        failure = asyncio.run(run(config, World(catalog=catalog), arm_last_exit))
    except AgentError as error:
        return report(error)
    return 0 if failure is None else report(failure)


if __name__ == "__main__":
    sys.exit(main())
