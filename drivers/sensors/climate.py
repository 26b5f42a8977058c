"""What sensors have in common that are asked for the climate over I2C, again and again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from drivers.driver import Host, State
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from drivers.sensors.causes import STANDS_STILL, WIRES
from drivers.sensors.standstill import MOST_EQUAL, Standstill
from foundation.options import option

KIND = "temperature"  # whatever else a sensor measures of the air is a field of it


class Settings(Protocol):
    """The options that all of them have; `address` differs by chip."""

    @property
    def bus(self) -> str:
        """Path of the bus."""
        ...

    @property
    def address(self) -> int:
        """The chip's seven bits."""
        ...

    @property
    def interval(self) -> float:
        """Seconds."""
        ...


def bus_option() -> str:
    """Declare where the bus is."""
    return option(str, "the I2C bus, such as /dev/i2c-1")


def interval_option() -> float:
    """Declare how often to measure."""
    return option(float, "time between measurements", 10.0, 0.5, 3600.0, "s")


class ClimateSensor(ReopeningDriver):
    """One sensor, read every `interval` seconds; `fields` are those of its readings.

    What fails the sensor's own check is yielded as `corrupt`.
    """

    fields: tuple[str, ...] = ("temperature",)

    def __init__(self, name: str, settings: Settings, host: Host) -> None:
        super().__init__(name, host)
        self._bus = host.i2c(settings.bus)
        self._address = settings.address
        self._interval = settings.interval
        self._standstill = Standstill()

    @abstractmethod
    async def start(self) -> None:
        """Bring the chip to a known state; WrongDevice when it does not behave as one."""

    @abstractmethod
    async def measure(self) -> Reading:
        """Return one reading, `ok`, `out-of-range` or `corrupt`; DriverError without an answer."""

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Start the chip, then measure for as long as it answers."""
        await self._bus.claim(self._address)
        self._standstill = Standstill()
        await self.start()
        due = self.timing.monotonic()
        while True:
            yield await self.measure()
            due = max(due + self._interval, self.timing.monotonic())
            await self.pause(due - self.timing.monotonic())

    def no_answer(self) -> Reading:
        """Return a reading without values."""
        return self.reading(dict.fromkeys(self.fields), Quality.NO_ANSWER)

    @property
    def place(self) -> str:
        """Where the chip is, for people."""
        return f"{self._address:#04x} on {self._bus.path}"

    def stands_still(self, words: Sequence[int]) -> bool:
        """Tell whether a measurement's `words`, in the order of `fields`, move no more.

        For parts whose noise is larger than their steps. What stands still is in the health.
        """
        found = [
            f"the {field} of {self.place} is the same {times} times in a row"
            for field, times in zip(self.fields, self._standstill.seen(words), strict=True)
            if times >= MOST_EQUAL
        ]
        if found:
            self.running("; ".join(found), STANDS_STILL)
        return bool(found)

    def note_corrupt(self, what: str) -> None:
        """Count a value that failed its check, and say so in the health."""
        self.health.count("bad frames")
        self.health.enter(State.FAULTY, self.timing.monotonic(), what, WIRES)

    def reading(self, fields: dict[str, float | None], quality: Quality) -> Reading:
        """Return a reading of this moment."""
        return Reading(self.name, KIND, fields, self.timing.monotonic(), quality)
