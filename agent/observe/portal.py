"""Which way goods went through a two-sided portal, or "undecided": never a guess. Pure.

Two kinds of witness, each with its own rule, and they must not contradict each other:

* antennas: the first read is by one side and the last by the other, both sides read the tag often
  enough, and the middle of the one side's reads lies clearly before the middle of the other's;
* light beams: exactly one was broken on each side while the tag was there, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum

from agent.observe.points import Side
from foundation.dataclass import dataclass

LEAST_READS = 2  # a side; a single read is a reflection as often as not
LEAST_APART = 0.25  # s between the middles; at 2.5 m/s fields 1 m apart are 0.4 s apart
CLEARLY = 0.15  # of the whole stay; a pallet that waits in the portal is read by both sides evenly
BEAM_REACH = 3.0  # s; a beam stands up to a few metres before or behind the field


class Direction(StrEnum):
    """What is known of the way."""

    IN = "in"  # from the outer side to the inner
    OUT = "out"
    UNDECIDED = "undecided"


@dataclass(slots=True)
class _Stay:
    """All reads of one side; moments in seconds."""

    first: float
    last: float
    reads: int = 0
    moments: float = 0.0  # their sum, counted from `first`

    @property
    def middle(self) -> float:
        return self.first + self.moments / self.reads


@dataclass(slots=True)
class Track:
    """What the two sides' antennas saw of one tag while it was here."""

    stays: dict[Side, _Stay] = field(default_factory=dict)

    def add(self, side: Side, first: float, last: float, count: int) -> None:
        """Note `count` reads between two moments."""
        stay = self.stays.setdefault(side, _Stay(first, last))
        stay.last = max(stay.last, last)
        stay.reads += count
        stay.moments += count * ((first + last) / 2 - stay.first)

    def direction(self) -> Direction:
        """Return what the antennas say."""
        outer, inner = self.stays.get(Side.OUTER), self.stays.get(Side.INNER)
        if outer is None or inner is None or min(outer.reads, inner.reads) < LEAST_READS:
            return Direction.UNDECIDED
        whole = max(outer.last, inner.last) - min(outer.first, inner.first)
        apart = inner.middle - outer.middle
        if abs(apart) < max(LEAST_APART, CLEARLY * whole):
            return Direction.UNDECIDED
        if apart > 0 and outer.first < inner.first and outer.last < inner.last:
            return Direction.IN
        if apart < 0 and inner.first < outer.first and inner.last < outer.last:
            return Direction.OUT
        return Direction.UNDECIDED


def by_beams(broken: Iterable[tuple[float, Side]], first: float, last: float) -> Direction:
    """Return what the beams say of a tag that was here from `first` to `last`."""
    sides = [side for at, side in sorted(broken) if first - BEAM_REACH <= at <= last + BEAM_REACH]
    if sides == [Side.OUTER, Side.INNER]:
        return Direction.IN
    if sides == [Side.INNER, Side.OUTER]:
        return Direction.OUT
    return Direction.UNDECIDED


def decide(antennas: Direction, beams: Direction) -> Direction:
    """Join two witnesses: one that knows is believed, two that differ are not."""
    known = {antennas, beams} - {Direction.UNDECIDED}
    return known.pop() if len(known) == 1 else Direction.UNDECIDED
