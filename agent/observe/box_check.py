"""Is what is printed on a box what its tag says? Pure.

A scan is held against the tags that were read around it. With one tag there, the two are of one
box; with none or several nobody knows, and no verdict is given. Neither side is corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.observe.boxes import Scan
from agent.observe.tags import Read
from drivers.gs1 import digital_link
from drivers.gs1.compare import Comparison, Verdict, compare
from drivers.gs1.epc import decode
from drivers.gs1.errors import Gs1Error
from drivers.gs1.keys import Keys


@dataclass(frozen=True, slots=True)
class BoxCheck:
    """What came of one scan; `read` is the tag it was held against, None without a single one."""

    scan: Scan
    read: Read | None
    comparison: Comparison

    @property
    def differs(self) -> bool:
        """Whether barcode and tag name two things."""
        return self.comparison.verdict in {Verdict.MISMATCH_CLASS, Verdict.MISMATCH_INSTANCE}


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
