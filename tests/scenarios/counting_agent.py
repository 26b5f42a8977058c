"""`tallyman run` with readers that count: `python -m tests.scenarios.counting_agent CONFIG`.

A device yields `tag` readings numbered from 0 within one run of the agent, and keeps in a file how
many of them were acknowledged. It stops once the file `stop` lies beside.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from agent.assembly import World, run
from agent.cli.main import report
from agent.cli.run import arm_last_exit, configure_log
from agent.config import load
from agent.errors import AgentError
from drivers.driver import Driver, Health, Host, Option, OptionValue, State
from drivers.reading import Reading

PACE_S = 0.02


class CountingReader:
    """Yields `rate` readings a second; reading n of run r has EPC r and count n."""

    def __init__(self, name: str, options: dict[str, OptionValue], host: Host) -> None:
        self.name = name
        self.rate = float(options["rate"])
        self.folder = Path(str(options["folder"]))
        self.timing = host.timing
        self.health = Health(since=host.timing.monotonic())
        self.run = len(list(self.folder.glob(f"{name}.*")))
        self.acknowledged = self.folder / f"{name}.{self.run}"
        self.acknowledged.write_text("0")

    async def readings(self) -> AsyncIterator[Reading]:
        self.health.enter(State.RUNNING, self.timing.monotonic())
        started, number = self.timing.monotonic(), 0
        while not (self.folder / "stop").exists():
            due = (self.timing.monotonic() - started) * self.rate
            while number < due:
                yield self._reading(number)
                number += 1
            await self.timing.sleep(PACE_S)
        while True:
            await self.timing.sleep(3600)

    def _reading(self, number: int) -> Reading:
        fields = {"epc": f"{self.run:024X}", "count": number}
        return Reading(self.name, "tag", fields, self.timing.monotonic())

    async def read_once(self) -> Reading:
        return self._reading(0)

    def committed(self, count: int) -> None:
        self.acknowledged.write_text(str(count))

    async def __aenter__(self) -> CountingReader:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.health.enter(State.CLOSED, self.timing.monotonic())


class CountingModule:
    OPTIONS = (
        Option("rate", float, "how fast it reads", 300.0, 1.0, 10_000.0, "1/s"),
        Option("folder", str, "where it keeps what was acknowledged"),
    )
    KINDS = ("tag",)

    def build(self, name: str, options: dict[str, OptionValue], host: Host) -> Driver:
        return CountingReader(name, options, host)

    def interval(self, options: dict[str, OptionValue]) -> float | None:
        return None


class CountingCatalog:
    DEVICES: ClassVar = {"test.counter": "counter"}

    def module(self, kind: str) -> CountingModule:
        return CountingModule()


def main() -> int:
    configure_log(verbose=False)
    catalog = CountingCatalog()
    try:
        config = load(Path(sys.argv[1]), catalog)
        failure = asyncio.run(run(config, World(catalog=catalog), arm_last_exit))
    except AgentError as error:
        return report(error)
    return 0 if failure is None else report(failure)


if __name__ == "__main__":
    sys.exit(main())
