"""How groups of records, each in its own order, make up the order of a batch.

The next record is the one with the smallest monotonic time among the groups' next ones, of equal
ones that of the first group. Where it is another, an exception names its rank (docs/PROTOCOL.md,
"Body").
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from agent.evidence.errors import MalformedError
from agent.evidence.varint import Input, Output

Next = tuple[int, int]
"""Time of a group's next record, and the group's number."""


class _Queue:
    """The groups that have records left, in the order of their next ones."""

    def __init__(self, times: Sequence[Sequence[int]]) -> None:
        self._times = [iter(column) for column in times]
        self.waiting: list[Next] = []
        for group in range(len(times)):
            self._put(group)

    def _put(self, group: int) -> None:
        time = next(self._times[group], None)
        if time is not None:
            insort(self.waiting, (time, group))

    def pop(self, rank: int) -> Next:
        chosen = self.waiting.pop(rank)
        self._put(chosen[1])
        return chosen


def write_exceptions(out: Output, times: Sequence[Sequence[int]], sequence: Sequence[int]) -> None:
    """Write what tells `sequence`, the group of each record, from the order of time."""
    queue = _Queue(times)
    upcoming = [iter(column) for column in times]
    places, ranks = [], []
    for at, group in enumerate(sequence):
        rank = bisect_left(queue.waiting, (next(upcoming[group]), group))
        if rank:
            places.append(at)
            ranks.append(rank)
        queue.pop(rank)
    gaps = [place - before for before, place in pairwise((0, *places))]
    out.varints(len(places), *gaps, *ranks)


def read_exceptions(data: Input, count: int) -> Mapping[int, int]:
    """Return the rank of each record that is not the next by time."""
    number = data.count(count, "exceptions")
    places = accumulate(data.varints(number))
    return dict(zip(places, data.varints(number), strict=True))


def interleaved(times: Sequence[Sequence[int]], exceptions: Mapping[int, int]) -> list[Next]:
    """Return time and group of each record, in the order of the batch."""
    queue = _Queue(times)
    sequence: list[Next] = []
    for at in range(sum(map(len, times))):
        rank = exceptions.get(at, 0)
        if rank >= len(queue.waiting):
            raise MalformedError("columns-order", f"record {at} is of a group that is at its end")
        sequence.append(queue.pop(rank))
    return sequence
