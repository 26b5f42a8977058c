"""What serial and HID scanners have in common: options, debounce, counters, quality."""

from __future__ import annotations

import asyncio

from drivers.barcode.scan import Debounce, reading
from drivers.driver import Host, Option, OptionValue
from drivers.gs1.element_strings import preload
from drivers.links.link import Connect, Link
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading

IDLE = 60.0  # s; a scanner is silent for hours, and an unplug is told at once
LISTENING = "listening"

KINDS = ("barcode",)

GAP = Option("gap", float, "silence that ends a scan without its suffix", 0.1, 0.01, 5, "s")
DEBOUNCE = Option("debounce", float, "time in which the same code again is one", 1.0, 0, 60, "s")


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: nobody scans all the time."""
    return None


class Scanner(ReopeningDriver):
    """Base of scanners: turns texts into readings and says what is wrong with the last one."""

    advice = ""  # the next step when scans are doubtful

    def __init__(self, name: str, host: Host, connect: Connect, debounce: float) -> None:
        super().__init__(name, host)
        self.connect = connect
        self._debounce = Debounce(debounce)

    async def open(self) -> Link:
        """Return the open device; what reads element strings is loaded beside the event loop."""
        await asyncio.to_thread(preload)
        link = await self.connect()
        self.running(LISTENING)
        return link

    def scanned(self, text: str, at: float, problem: str, doubt: str = "") -> Reading | None:
        """Return the reading of a scan, or None when it is the last one again."""
        self.health.count("scans")
        if self._debounce.repeated(text, at):
            self.health.count("repeats")
            self.health.last_frame = at
            return None
        made = reading(self.name, text, at, problem, doubt)
        if made.quality is Quality.OK:
            self.running(LISTENING)
        else:
            self.health.count(f"{made.quality} scans")
            self.running(f"last scan doubtful: {made.fields['problem']!s}", self.advice)
        return made
