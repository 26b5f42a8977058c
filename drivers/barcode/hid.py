"""Barcode scanners that act as a USB keyboard.

The device is grabbed, so that scans do not type into a console. Reading kind `barcode`; its fields
are those of `drivers.barcode.scan`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.barcode import causes
from drivers.barcode.fnc1 import Fnc1
from drivers.barcode.keystrokes import KeyFramer, KeyScan, text_of
from drivers.barcode.layouts import LAYOUTS, Layout
from drivers.barcode.scanner import KIND, Scanner, debounce_option, fnc1_option, gap_option
from drivers.barcode.spelling import EVERY, spelled
from drivers.driver import Host
from drivers.links.evdev import EvdevLink
from drivers.links.link import Connect
from drivers.reading import Reading
from foundation.options import OptionValue, option, options_of, settings_of

AUTO = "auto"

AIM = re.compile(r"\][A-Za-z][0-9]")
"""An AIM identifier (ISO/IEC 15424), which a scanner sends before the code."""

KINDS = (KIND,)
CAUSES = causes.AS_KEYBOARD


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one scanner; `layout` is None when it is to be found out."""

    port: str = option(str, "path of the input device, preferably one in /dev/input/by-id")
    layout: Layout | None = option(
        str,
        "keyboard that the scanner imitates; auto: the one that makes sense of a code",
        AUTO,
        choices=(AUTO, *LAYOUTS),
        parse=LAYOUTS.get,
    )
    gap: float = gap_option()
    debounce: float = debounce_option()
    fnc1: str = fnc1_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> HidScanner:
    """Make the driver of one scanner; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    return HidScanner(name, chosen, host, lambda: EvdevLink.open(chosen.port))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: nobody scans all the time."""
    return None


class HidScanner(Scanner[KeyScan]):
    """One scanner, read through the links that `connect` opens."""

    cause = causes.LAYOUT

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
            return self._read_as_configured(scan, self._layout)
        spelling = spelled(scan.presses, self._left, self._fnc1)
        self._left = spelling.layouts
        return self.scanned(spelling.text, scan.at, scan.problem, spelling.doubt)

    def _read_as_configured(self, scan: KeyScan, layout: Layout) -> Reading | None:
        """Return the reading on the configured keyboard; say where another fits better."""
        text = text_of(scan.presses, layout)
        made = self.scanned(text, scan.at, scan.problem)
        if made is not None and (better := better_keyboard(scan, text)):
            self.running(f"the last scan makes sense on a keyboard {better}", causes.LAYOUT)
        return made


def better_keyboard(scan: KeyScan, text: str) -> str:
    """Return a keyboard on which a scan begins with an AIM identifier; empty where `text` does."""
    if AIM.match(text):
        return ""
    fits = (name for name, each in LAYOUTS.items() if AIM.match(text_of(scan.presses, each)))
    return next(fits, "")
