"""`tallyman run` with readers that count: `python -m tests.scenarios.counting_agent CONFIG`.

A device yields `tag` readings numbered from 0 within one run of the agent, and keeps in a file how
many of them were acknowledged. It stops once the file `stop` lies beside.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

from drivers.driver import Driver, Host, State
from drivers.reading import Reading
from foundation.options import Option, OptionValue
from hil.made_up.agent import run_agent
from hil.made_up.devices import MadeUpDevice, OneKind

PACE_S = 0.02


class CountingReader(MadeUpDevice):
    """Yields `rate` readings a second; reading n of run r has EPC r and count n."""

    def __init__(self, name: str, options: dict[str, OptionValue], host: Host) -> None:
        super().__init__(name, options, host)
        self.rate = float(options["rate"])
        self.folder = Path(str(options["folder"]))
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


if __name__ == "__main__":
    sys.exit(run_agent(OneKind("test.counter", CountingModule())))
