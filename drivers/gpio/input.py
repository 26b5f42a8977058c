"""Contacts on GPIO lines: door, light, tamper, beam, ignition.

Each change is a reading at the moment that the kernel noted it. The state is said again every
`interval`, as a door that says nothing for a day may be a cable that broke; a light beam tells of
changes only, as each break counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

from drivers.driver import Host
from drivers.gpio import causes
from drivers.gpio.means import ACTIVE, BEAM, INPUTS, is_active
from drivers.links import gpio_uapi
from drivers.links.gpio import GpioLine, OpenLine
from drivers.links.gpio_uapi import Edge
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from foundation.options import OptionValue, option, options_of, settings_of

KIND = "input"
KINDS = (KIND,)
CAUSES = causes.INPUT

MOST_LINES = 1024  # of one chip; expanders have 8 to 40
FOREVER = 86_400.0  # s that a beam is waited for at once

BIASES = {
    "up": gpio_uapi.BIAS_UP,
    "down": gpio_uapi.BIAS_DOWN,
    "off": gpio_uapi.BIAS_OFF,
    "as-is": 0,
}
MICROSECONDS = 1000  # in a ms


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one input."""

    line: int = option(
        int, "number of the line on its chip; on a Pi the GPIO's", None, 0, MOST_LINES
    )
    chip: str = option(str, "the GPIO chip", "/dev/gpiochip0")
    means: str = option(str, "what is wired to it", "door", choices=tuple(INPUTS))
    active: str = option(
        str, "level at which the door is open, the beam broken and so on", "high", choices=ACTIVE
    )
    bias: str = option(
        str, "pull of the chip: up for a contact to ground", "up", choices=tuple(BIASES)
    )
    debounce_ms: int = option(int, "time for which a level must last to count", 10, 0, 10_000, "ms")
    interval: float = option(
        float, "time after which the state is said again; not of a beam", 300.0, 0.05, 3600.0, "s"
    )


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> GpioInput:
    """Make the driver; opens nothing."""
    return GpioInput(name, settings_of(Settings, options), host)


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return the seconds between readings; None for a beam, whose silence means nothing."""
    settings = settings_of(Settings, options)
    return None if settings.means == BEAM else settings.interval


class GpioInput(ReopeningDriver):
    """One input line."""

    def __init__(
        self, name: str, settings: Settings, host: Host, open_line: OpenLine = GpioLine.open
    ) -> None:
        super().__init__(name, host)
        self._settings = settings
        self._open_line = open_line
        self._level = 0
        self._serial = 0

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Tell the state, then each change, for as long as the chip is there."""
        line = await self._open()
        try:
            self._serial = 0
            yield self._now(line)
            due = self._next_due()
            while True:
                for reading in self._told(await self._edges(line, due), line):
                    yield reading
                if self.asked or self.timing.monotonic() >= due:
                    due = self._next_due()
                    yield self._now(line)
        finally:
            line.close()

    def no_answer(self) -> Reading | None:
        """Return a reading without a state; nothing of a beam."""
        if self._settings.means == BEAM:
            return None
        fields = {"state": None, "level": None}
        return Reading(self.name, KIND, fields, self.timing.monotonic(), Quality.NO_ANSWER)

    async def _open(self) -> GpioLine:
        settings = self._settings
        flags = gpio_uapi.INPUT | gpio_uapi.EDGE_RISING | gpio_uapi.EDGE_FALLING
        debounce = gpio_uapi.DEBOUNCE, settings.debounce_ms * MICROSECONDS
        return await self._open_line(
            settings.chip,
            settings.line,
            flags | BIASES[settings.bias],
            debounce if settings.debounce_ms else None,
        )

    def _next_due(self) -> float:
        wait = FOREVER if self._settings.means == BEAM else self._settings.interval
        return self.timing.monotonic() + wait

    async def _edges(self, line: GpioLine, due: float) -> list[Edge]:
        """Return the next changes; none once the state is due, or somebody asks for it."""
        left = max(0.0, due - self.timing.monotonic())
        edges = asyncio.ensure_future(line.edges(left))
        wanted = asyncio.ensure_future(self._wanted.wait())
        try:
            await asyncio.wait({edges, wanted}, return_when=asyncio.FIRST_COMPLETED)
            return edges.result() if edges.done() else []
        finally:
            edges.cancel()
            wanted.cancel()

    def _told(self, edges: list[Edge], line: GpioLine) -> Iterator[Reading]:
        """Yield a reading for each change; where the kernel kept too few, the state of now."""
        for edge in edges:
            missed = edge.serial - self._serial - 1
            self._serial = edge.serial
            if missed > 0:
                self.health.count("lost edges", missed)
                self.running(f"{missed} changes were lost", causes.CHATTER)
            else:
                self.running()
            if edge.level != self._level:
                self._level = edge.level
                yield self._reading(edge.at)
        if edges and line.level() != self._level:
            yield self._now(line)

    def _now(self, line: GpioLine) -> Reading:
        self._level = line.level()
        self.running()
        return self._reading(self.timing.monotonic())

    def _reading(self, at: float) -> Reading:
        settings = self._settings
        idle, active = INPUTS[settings.means]
        state = active if is_active(self._level, settings.active) else idle
        return Reading(self.name, KIND, {"state": state, "level": self._level}, at)
