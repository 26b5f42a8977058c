"""Where boxes pass one by one: scans that wait until the tags around them are known. Pure."""

from __future__ import annotations

from foundation.dataclass import dataclass

AROUND = 2.0
"""Seconds before and behind a scan in which its box's tag is read: a metre of a slow belt."""

MOST_WAITING = 1000  # scans; nobody scans so fast, a sick scanner may


@dataclass(frozen=True, slots=True)
class Scan:
    """One barcode at a read point: what it says, as a Digital Link, and when."""

    point: str
    device: str
    link: str
    at: float


class BoxWatch:
    """The scans that wait."""

    def __init__(self) -> None:
        self._waiting: list[Scan] = []

    def scan(self, scan: Scan) -> None:
        """Note a scan."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(scan)

    def due(self, now: float, late: float = 0.0) -> list[Scan]:
        """Return the scans whose tags have been told by now, and forget them.

        `late` is how many seconds of reads a reader gathers before it tells them.
        """
        ready = [scan for scan in self._waiting if now - scan.at >= AROUND + late]
        self._waiting = [scan for scan in self._waiting if now - scan.at < AROUND + late]
        return ready
