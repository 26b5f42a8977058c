"""`tallyman run` with fast thermometers of no hardware: `python -m hil.kill_nine.agent CONFIG`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.assembly import World, run
from agent.cli.main import report
from agent.cli.run import arm_last_exit, configure_log
from agent.config import load
from agent.errors import AgentError
from drivers.driver import Driver, DriverModule, Health, Host, Option, OptionValue, State
from drivers.reading import Quality, Reading

KIND = "bench.thermometer"


class FastThermometer:
    """Reads a number that counts up, every `interval` seconds."""

    def __init__(self, name: str, options: dict[str, OptionValue], host: Host) -> None:
        self.name = name
        self.health = Health(since=host.timing.monotonic())
        self._interval = float(options["interval"])
        self._timing = host.timing
        self._count = 0

    async def readings(self) -> AsyncIterator[Reading]:
        """Yield for ever."""
        self.health.enter(State.RUNNING, self._timing.monotonic())
        while True:
            yield await self.read_once()
            await self._timing.sleep(self._interval)

    async def read_once(self) -> Reading:
        """Return the next reading."""
        self._count += 1
        value = self._count % 10_000 / 100
        now = self._timing.monotonic()
        return Reading(self.name, "temperature", {"temperature": value}, now, Quality.OK)

    def committed(self, count: int) -> None:
        """Learn how many readings are durable."""
        self.health.counters["committed"] = count

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.health.enter(State.CLOSED, self._timing.monotonic())


class FastModule:
    """The module of `KIND`, as `drivers.catalog` would import it."""

    OPTIONS: Sequence[Option] = (
        Option("interval", float, "between readings", 0.01, 0.001, 3600.0, "s"),
    )
    KINDS: Sequence[str] = ("temperature",)

    def build(self, name: str, options: dict[str, OptionValue], host: Host) -> Driver:
        """Return the driver."""
        return FastThermometer(name, options, host)

    def interval(self, options: dict[str, OptionValue]) -> float | None:
        """Return how often it reads."""
        return float(options["interval"])


class FastCatalog:
    """A catalogue with the fast thermometer alone."""

    DEVICES: Mapping[str, str] = {KIND: __name__}

    @property
    def module(self) -> Callable[[str], DriverModule]:
        """Return the module of a kind."""
        return lambda _: FastModule()


def main() -> int:
    """Run the agent of the configuration that is the one argument."""
    configure_log(verbose=False)
    catalog = FastCatalog()
    try:
        config = load(Path(sys.argv[1]), catalog)
        failure = asyncio.run(run(config, World(catalog=catalog), arm_last_exit))
    except AgentError as error:
        return report(error)
    return 0 if failure is None else report(failure)


if __name__ == "__main__":
    sys.exit(main())
