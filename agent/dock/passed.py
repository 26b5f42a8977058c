"""What went through a door before its check began: a truck is there before the paper. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agent.dock.differences import Seen
from agent.dock.observed import Observed
from evidence.leaf import Record
from foundation.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """So many tags and scans, from record `first` on, between two moments of wall time."""

    first: int
    tags: int
    scans: int
    from_ms: int
    to_ms: int


def offer(
    records: Iterable[Record], read_point: str, scanners: Collection[str], known: Iterable[Seen]
) -> Offer | None:
    """Return what these records show at a read point besides what is `known`; None for nothing."""
    observed = Observed(read_point, scanners)
    for record in records:
        observed.apply(record)
    there = {each.identity for each in known}
    numbers = {each.number for each in known}
    tags = [each for identity, each in observed.tags.items() if identity not in there]
    scans = [each for number, each in observed.scans.items() if number not in numbers]
    if not tags and not scans:
        return None
    times = [each.at_ms for each in (*tags, *scans)]
    first = min(observed.first[each.identity] for each in tags) if tags else scans[0].number
    if scans:
        first = min(first, scans[0].number)
    return Offer(first, len(tags), len(scans), min(times), max(times))
