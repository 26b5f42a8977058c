"""Lamps and buzzers on GPIO lines, which the gateway's alarms switch.

Each switching is a reading that names what switched it. When the agent ends, the line is given back
and floats: wire it so that it is off then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from drivers.driver import Host
from drivers.errors import DeviceFault
from drivers.gpio import causes
from drivers.gpio.input import MOST_LINES
from drivers.gpio.means import ACTIVE, level_for
from drivers.links import gpio_uapi
from drivers.links.errands import ErrandDriver
from drivers.links.gpio import GpioLine, OpenLine
from drivers.reading import Quality, Reading
from foundation.options import OptionValue, option, options_of, settings_of

KIND = "output"
KINDS = (KIND,)
CAUSES = causes.OUTPUT

SHOWS = ("alarm", "critical", "nothing")
START = "the gateway's start"
LONG_ENOUGH = "the longest time that it may be on"
MOST_CAUSE = 200  # characters of what switched it


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one output."""

    line: int = option(
        int, "number of the line on its chip; on a Pi the GPIO's", None, 0, MOST_LINES
    )
    chip: str = option(str, "the GPIO chip", "/dev/gpiochip0")
    active: str = option(str, "level at which it is on", "high", choices=ACTIVE)
    shows: str = option(
        str, "when it is on: while there is an alarm, or a critical one", "alarm", choices=SHOWS
    )
    longest: float = option(
        float, "a buzzer's longest time on for one alarm; 0: as long as the alarm", 0.0, 0.0,
        86_400.0, "s",
    )  # fmt: skip
    interval: float = option(
        float, "time after which its state is said again", 300.0, 0.05, 3600.0, "s"
    )


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> GpioOutput:
    """Make the driver; opens nothing."""
    return GpioOutput(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings."""
    return settings_of(Settings, options).interval


class GpioOutput(ErrandDriver[GpioLine]):
    """One output line; what was ordered while the chip was away holds once it is back."""

    def __init__(
        self, name: str, settings: Settings, host: Host, open_line: OpenLine = GpioLine.open
    ) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._open_line = open_line
        self._on = False
        self._cause = START
        self._off_at: float | None = None
        self._news: deque[Reading] = deque()

    async def switch(self, *, on: bool, cause: str) -> None:
        """Switch it, for a cause; DriverError where the line cannot be had now."""
        self._order(on=on, cause=cause)
        await self.errand(self._obey)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[GpioLine]:
        """Take the line, at the level that it is to have."""
        level = level_for(self._settings.active, on=self._on)
        line = await self._open_line(
            self._settings.chip,
            self._settings.line,
            gpio_uapi.OUTPUT,
            (gpio_uapi.OUTPUT_VALUES, level),
        )
        try:
            yield line
        finally:
            line.close()

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Tell the state, then each switching, for as long as the chip is there."""
        async with self.opened() as line:
            self._news.clear()
            yield self._now(line)
            due = self.timing.monotonic() + self._settings.interval
            while True:
                await self._until(due)
                await self.do_errands(line)
                await self._end_in_time(line)
                while self._news:
                    yield self._news.popleft()
                if self.asked or self.timing.monotonic() >= due:
                    due = self.timing.monotonic() + self._settings.interval
                    yield self._now(line)

    def no_answer(self) -> Reading:
        """Return a reading without a state."""
        now = self.timing.monotonic()
        fields = {"state": None, "level": None, "cause": None}
        return Reading(self.name, KIND, fields, now, Quality.NO_ANSWER)

    def _order(self, *, on: bool, cause: str) -> None:
        self._on, self._cause = on, cause[:MOST_CAUSE]
        limited = on and self._settings.longest > 0.0
        self._off_at = self.timing.monotonic() + self._settings.longest if limited else None

    async def _obey(self, line: GpioLine) -> None:
        line.drive(level_for(self._settings.active, on=self._on))
        self._news.append(self._now(line))

    async def _end_in_time(self, line: GpioLine) -> None:
        if self._off_at is not None and self.timing.monotonic() >= self._off_at:
            self._order(on=False, cause=LONG_ENOUGH)
            await self._obey(line)

    async def _until(self, due: float) -> None:
        """Wait until the state is due, must change, or somebody wants something."""
        next_ = due if self._off_at is None else min(due, self._off_at)
        await self.pause(max(0.0, next_ - self.timing.monotonic()))

    def _now(self, line: GpioLine) -> Reading:
        """Return the state as the pin has it; DeviceFault where it is not what was ordered."""
        level = line.level()
        if level != level_for(self._settings.active, on=self._on):
            raise DeviceFault(
                f"line {self._settings.line} of {self._settings.chip} stays {ACTIVE[level]}",
                cause=causes.STUCK,
            )
        self.running()
        fields = {"state": "on" if self._on else "off", "level": level, "cause": self._cause}
        return Reading(self.name, KIND, fields, self.timing.monotonic())
