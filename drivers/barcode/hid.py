"""Driver of barcode scanners that play a USB keyboard, read through evdev (kind `barcode.hid`).

The device is grabbed, so that scans do not type into a console. Reading kind `barcode`; its fields
are those of `drivers.barcode.scan`.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.barcode.fnc1 import Fnc1
from drivers.barcode.keystrokes import KeyFramer, KeyScan, text_of
from drivers.barcode.layouts import LAYOUTS, Layout
from drivers.barcode.scanner import DEBOUNCE, FNC1, GAP, KINDS, Scanner, interval
from drivers.barcode.spelling import EVERY, spelled
from drivers.driver import Host, Option, OptionValue
from drivers.links.evdev import EvdevLink
from drivers.links.link import Connect
from drivers.reading import Reading

__all__ = ["KINDS", "OPTIONS", "build", "interval"]

AUTO = "auto"

OPTIONS = (
    Option("port", str, "path of the input device, best one of /dev/input/by-id"),
    Option(
        "layout",
        str,
        "keyboard that the scanner plays; auto: the one that makes sense of a code",
        AUTO,
        choices=(AUTO, *LAYOUTS),
    ),
    GAP,
    DEBOUNCE,
    FNC1,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one scanner; see OPTIONS. `layout` is None when it is to be found out."""

    port: str
    layout: Layout | None
    gap: float
    debounce: float
    fnc1: str


def settings(options: dict[str, OptionValue]) -> Settings:
    """Return checked options as settings."""
    return Settings(
        port=str(options["port"]),
        layout=LAYOUTS.get(str(options["layout"])),
        gap=float(options["gap"]),
        debounce=float(options["debounce"]),
        fnc1=str(options["fnc1"]),
    )


def build(name: str, options: dict[str, OptionValue], host: Host) -> HidScanner:
    """Make the driver of one scanner; see `DriverModule.build`."""
    chosen = settings(options)
    return HidScanner(name, chosen, host, lambda: EvdevLink.open(chosen.port))


class HidScanner(Scanner[KeyScan]):
    """One scanner, read through the links that `connect` opens."""

    advice = "set `layout` to the scanner's keyboard, and let it send AIM identifiers"

    def __init__(self, name: str, settings: Settings, host: Host, connect: Connect) -> None:
        super().__init__(name, host, connect, settings.debounce, settings.gap, Fnc1(settings.fnc1))
        self._layout = settings.layout
        self._left = EVERY  # the layouts that all GS1 codes so far made sense on

    def framer(self) -> KeyFramer:
        """See Scanner."""
        return KeyFramer()

    def reading_of(self, scan: KeyScan) -> Reading | None:
        """See Scanner."""
        if self._layout is not None:
            return self.scanned(text_of(scan.presses, self._layout), scan.at, scan.problem)
        spelling = spelled(scan.presses, self._left, self._fnc1)
        self._left = spelling.layouts
        return self.scanned(spelling.text, scan.at, scan.problem, spelling.doubt)
