"""Barcode scanners on a serial port or as a USB serial device.

The driver only listens. Reading kind `barcode`; its fields are those of `drivers.barcode.scan`.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.barcode import causes
from drivers.barcode.fnc1 import Fnc1
from drivers.barcode.framing import Framer, RawScan
from drivers.barcode.scan import decoded
from drivers.barcode.scanner import KIND, Scanner, debounce_option, fnc1_option, gap_option
from drivers.driver import Host
from drivers.links.link import Connect
from drivers.links.serial import SerialLink, baudrate_option, port_option
from drivers.reading import Reading
from foundation.options import OptionValue, option, options_of, settings_of

NO_SUFFIX = "none"

KINDS = (KIND,)
CAUSES = causes.ON_A_PORT


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one scanner."""

    port: str = port_option()
    baudrate: int = baudrate_option(9600)
    suffix: str = option(
        str, "what the scanner sends after a scan", "cr-lf", choices=("cr-lf", NO_SUFFIX)
    )
    gap: float = gap_option()
    debounce: float = debounce_option()
    fnc1: str = fnc1_option()


OPTIONS = options_of(Settings)


def build(name: str, options: dict[str, OptionValue], host: Host) -> SerialScanner:
    """Make the driver of one scanner; see `DriverModule.build`."""
    chosen = settings_of(Settings, options)
    return SerialScanner(name, chosen, host, lambda: SerialLink.open(chosen.port, chosen.baudrate))


def interval(options: dict[str, OptionValue]) -> float | None:
    """Return None: nobody scans all the time."""
    return None


class SerialScanner(Scanner[RawScan]):
    """One scanner, read through the links that `connect` opens."""

    cause = causes.SETTINGS

    def __init__(self, name: str, settings: Settings, host: Host, connect: Connect) -> None:
        super().__init__(name, host, connect, settings.debounce, settings.gap, Fnc1(settings.fnc1))
        self._by_gap = settings.suffix == NO_SUFFIX

    def framer(self) -> Framer:
        """See Scanner."""
        return Framer(by_gap=self._by_gap)

    def reading_of(self, scan: RawScan) -> Reading | None:
        """See Scanner."""
        text, problem = decoded(scan.data)
        return self.scanned(text, scan.at, scan.problem or problem)
