"""What serial and HID scanners have in common: options, debounce, counters, quality."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from drivers.barcode import fnc1
from drivers.barcode.causes import FNC1, LABEL
from drivers.barcode.fnc1 import Fnc1
from drivers.barcode.scan import Debounce, reading
from drivers.cause import DeviceCause
from drivers.driver import Host
from drivers.errors import DriverError
from drivers.links.link import Connect
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from foundation.options import option

IDLE = 60.0  # s; a scanner is silent for hours, and an unplug is told at once
LISTENING = "listening"

KIND = "barcode"


def gap_option() -> float:
    """Declare what ends a scan."""
    return option(float, "silence that ends a scan without its suffix", 0.1, 0.01, 5, "s")


def debounce_option() -> float:
    """Declare what makes two scans one."""
    return option(float, "time in which repeats of a code count as one", 1.0, 0, 60, "s")


def fnc1_option() -> str:
    """Declare how the scanner sends FNC1."""
    return option(str, fnc1.HELP, fnc1.AUTO, form=fnc1.FORM)


S = TypeVar("S")


class Framing(Protocol):
    """Finds the ends of scans in what a device sends; see `framing` and `keystrokes`."""

    @property
    def pending(self) -> bool:
        """Whether a scan has begun and not ended."""
        ...

    def feed(self, data: bytes, now: float) -> Sequence[Any]:
        """Return the scans that `data` ends; no data is silence."""
        ...

    def finish(self) -> Sequence[Any]:
        """Return what a device that vanished leaves behind."""
        ...


class Scanner(ReopeningDriver, Generic[S]):
    """Base of scanners: turns scans into readings and says what is wrong with the last one."""

    cause: DeviceCause  # when what comes is no text, or text of another keyboard

    def __init__(
        self, name: str, host: Host, connect: Connect, debounce: float, gap: float, fnc1: Fnc1
    ) -> None:
        super().__init__(name, host)
        self._connect = connect
        self._gap = gap
        self._debounce = Debounce(debounce)
        self._fnc1 = fnc1

    @abstractmethod
    def framer(self) -> Framing:
        """Return what finds the scans of one session."""

    @abstractmethod
    def reading_of(self, scan: S) -> Reading | None:
        """Return the reading of one scan; None for one that is not to be told."""

    async def session(self) -> AsyncGenerator[Reading, None]:
        """Listen until the device vanishes."""
        link = await self._connect()
        self.running(LISTENING)
        framer = self.framer()
        try:
            while True:
                data = await link.read(self._gap if framer.pending else IDLE)
                for found in map(self.reading_of, framer.feed(data, self.timing.monotonic())):
                    if found is not None:
                        yield found
        except DriverError:
            for found in map(self.reading_of, framer.finish()):
                if found is not None:
                    yield found
            raise
        finally:
            link.close()

    def scanned(self, text: str, at: float, problem: str, doubt: str = "") -> Reading | None:
        """Return the reading of a scan, or None when it is the last one again."""
        self.health.count("scans")
        if self._debounce.repeated(text, at):
            self.health.count("repeats")
            return None
        made = reading(self.name, text, at, problem, doubt, self._fnc1)
        if made.quality is Quality.OK:
            self.running(LISTENING)
        else:
            self.health.count(f"{made.quality} scans")
            told = f"last scan doubtful: {made.fields['problem']!s}"
            self.running(told, self._cause_of(made, doubt))
        return made

    def _cause_of(self, made: Reading, doubt: str) -> DeviceCause:
        if made.quality is Quality.CORRUPT or doubt:
            return self.cause
        return FNC1 if self._fnc1.missed else LABEL
