"""Where boxes pass one by one: is what is printed on a box what its tag says? Pure.

A scan is held against the tags that were read around it. With one tag there, the two are of one
box; with none or several nobody knows, and no verdict is given. Neither side is corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.observe.tags import Read
from drivers.gs1 import digital_link
from drivers.gs1.compare import Comparison, Verdict, compare
from drivers.gs1.epc import decode
from drivers.gs1.errors import Gs1Error
from drivers.gs1.keys import Keys

AROUND = 2.0
"""Seconds before and behind a scan in which its box's tag is read: a metre of a slow belt."""

MOST_WAITING = 1000  # scans; nobody scans so fast, a sick scanner may
MISMATCHES = (Verdict.MISMATCH_CLASS, Verdict.MISMATCH_INSTANCE)


@dataclass(frozen=True, slots=True)
class Scan:
    """One barcode at a read point: what it says, as a Digital Link, and when."""

    point: str
    device: str
    link: str
    at: float


@dataclass(frozen=True, slots=True)
class BoxCheck:
    """What came of one scan; `read` is the tag it was held against, None without a single one."""

    scan: Scan
    read: Read | None
    comparison: Comparison


class BoxWatch:
    """Scans that wait until the tags around them are known."""

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


def box_check(scan: Scan, reads: Sequence[Read]) -> BoxCheck:
    """Hold a scan against the tags that were read around it."""
    if len(reads) != 1:
        count = "no tag" if not reads else f"{len(reads)} tags"
        return BoxCheck(scan, None, Comparison(Verdict.NOT_COMPARABLE, f"{count} around the scan"))
    (read,) = reads
    return BoxCheck(scan, read, compare(_printed(scan.link), _written(read.epc)))


def _printed(link: str) -> Keys:
    try:
        return digital_link.parse(link)
    except Gs1Error:
        return {}


def _written(epc: str) -> Keys:
    try:
        return decode(bytes.fromhex(epc)).keys
    except (Gs1Error, ValueError):
        return {}
