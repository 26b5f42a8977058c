"""Driver of barcode scanners on a serial port, USB CDC included (kind `barcode.serial`).

It only listens. Reading kind `barcode`; its fields are those of `drivers.barcode.scan`.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.barcode.fnc1 import Fnc1
from drivers.barcode.framing import Framer, RawScan
from drivers.barcode.scan import decoded
from drivers.barcode.scanner import DEBOUNCE, FNC1, GAP, KINDS, Scanner, interval
from drivers.driver import Host, Option, OptionValue
from drivers.links.link import Connect
from drivers.links.serial import BAUD_RATES, SerialLink
from drivers.reading import Reading

__all__ = ["KINDS", "OPTIONS", "build", "interval"]

NO_SUFFIX = "none"

OPTIONS = (
    Option("port", str, "path of the serial port, best one of /dev/serial/by-id"),
    Option("baudrate", int, "bits per second", 9600, choices=BAUD_RATES),
    Option(
        "suffix", str, "what the scanner sends after a scan", "cr-lf", choices=("cr-lf", NO_SUFFIX)
    ),
    GAP,
    DEBOUNCE,
    FNC1,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of one scanner; see OPTIONS."""

    port: str
    baudrate: int
    suffix: str
    gap: float
    debounce: float
    fnc1: str


def settings(options: dict[str, OptionValue]) -> Settings:
    """Return checked options as settings."""
    return Settings(
        port=str(options["port"]),
        baudrate=int(options["baudrate"]),
        suffix=str(options["suffix"]),
        gap=float(options["gap"]),
        debounce=float(options["debounce"]),
        fnc1=str(options["fnc1"]),
    )


def build(name: str, options: dict[str, OptionValue], host: Host) -> SerialScanner:
    """Make the driver of one scanner; see `DriverModule.build`."""
    chosen = settings(options)
    return SerialScanner(name, chosen, host, lambda: SerialLink.open(chosen.port, chosen.baudrate))


class SerialScanner(Scanner[RawScan]):
    """One scanner, read through the links that `connect` opens."""

    advice = "check that the scanner's baud rate and parity are those of the configuration"

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
