"""A shipment's records on one line of time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from agent.rules.time_line import TimeLine
from evidence.leaf import Record


class Placed(NamedTuple):
    """A record at a moment of the line, ms.

    `off_since` is the newest moment before, where the gateway stopped since, else None. `bridged`
    tells whether it is known for how long; where not, no time passes on the line.
    """

    record: Record
    at: int
    off_since: int | None
    bridged: bool


def placed(records: Iterable[Record]) -> Iterator[Placed]:
    """Yield records, which are in the order of their numbers, with their moments."""
    line = TimeLine()
    for record in records:
        stopped = line.boot is not None and record.boot != line.boot
        off_since = line.newest if stopped else None
        bridged = line.bridged(record) or line.boot is None
        line = line.after(record)
        yield Placed(record, line.of_boot(record.monotonic_ms), off_since, bridged)
