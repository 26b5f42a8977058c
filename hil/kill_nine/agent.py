"""`tallyman run` with fast thermometers of no hardware: `python -m hil.kill_nine.agent CONFIG`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from drivers.cause import DeviceCause
from drivers.driver import Driver, Host
from drivers.reading import Quality, Reading
from foundation.options import Option, OptionValue
from hil.made_up.agent import run_agent
from hil.made_up.devices import Interval, OneKind

KIND = "bench.thermometer"


class FastThermometer(Interval):
    """Reads a number that counts up."""

    def __init__(self, name: str, options: dict[str, OptionValue], host: Host) -> None:
        super().__init__(name, options, host)
        self._count = 0

    async def read_once(self) -> Reading:
        """Return the next reading."""
        self._count += 1
        value = self._count % 10_000 / 100
        now = self.timing.monotonic()
        return Reading(self.name, "temperature", {"temperature": value}, now, Quality.OK)


class FastModule:
    """The module of `KIND`, as `drivers.catalog` would import it."""

    OPTIONS: Sequence[Option] = (
        Option("interval", float, "between readings", 0.01, 0.001, 3600.0, "s"),
    )
    KINDS: Sequence[str] = ("temperature",)
    CAUSES: Sequence[DeviceCause] = ()

    def build(self, name: str, options: dict[str, OptionValue], host: Host) -> Driver:
        """Return the driver."""
        return FastThermometer(name, options, host)

    def interval(self, options: dict[str, OptionValue]) -> float | None:
        """Return how often it reads."""
        return float(options["interval"])


if __name__ == "__main__":
    sys.exit(run_agent(OneKind(KIND, FastModule())))
