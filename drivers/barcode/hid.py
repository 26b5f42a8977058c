"""Driver of barcode scanners that play a USB keyboard, read through evdev (kind `barcode.hid`).

The device is grabbed, so that scans do not type into a console. Reading kind `barcode`; its fields
are those of `drivers.barcode.scan`.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.barcode.keystrokes import KeyFramer, KeyScan, spelled, text_of
from drivers.barcode.layouts import LAYOUTS, Layout
from drivers.barcode.scanner import DEBOUNCE, GAP, KINDS, Scanner, interval
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
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one scanner; see OPTIONS. `layout` is None when it is to be found out."""

    port: str
    layout: Layout | None
    gap: float
    debounce: float


def settings(options: dict[str, OptionValue]) -> Settings:
    """Return checked options as settings."""
    return Settings(
        port=str(options["port"]),
        layout=LAYOUTS.get(str(options["layout"])),
        gap=float(options["gap"]),
        debounce=float(options["debounce"]),
    )


def build(name: str, options: dict[str, OptionValue], host: Host) -> HidScanner:
    """Make the driver of one scanner; see `DriverModule.build`."""
    chosen = settings(options)
    return HidScanner(name, chosen, host, lambda: EvdevLink.open(chosen.port))


class HidScanner(Scanner[KeyScan]):
    """One scanner, read through the links that `connect` opens."""

    advice = "set `layout` to the scanner's keyboard, and let it send AIM identifiers"

    def __init__(self, name: str, settings: Settings, host: Host, connect: Connect) -> None:
        super().__init__(name, host, connect, settings.debounce, settings.gap)
        self._layout = settings.layout
        self._found: Layout | None = None  # the only one that made sense of a code

    def framer(self) -> KeyFramer:
        """See Scanner."""
        return KeyFramer()

    def reading_of(self, scan: KeyScan) -> Reading | None:
        """See Scanner."""
        if self._layout is not None:
            return self.scanned(text_of(scan.presses, self._layout), scan.at, scan.problem)
        spelling = spelled(scan.presses, self._found)
        self._found = spelling.layout
        return self.scanned(spelling.text, scan.at, scan.problem, spelling.doubt)
