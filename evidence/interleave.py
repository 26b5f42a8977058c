"""How groups of records, each in its own order, make up the order of a batch.

The next record is the one with the smallest monotonic time among the groups' next ones, of equal
ones that of the first group. Where it is another, an exception names its rank (docs/PROTOCOL.md,
"Body").
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, repeat

from evidence.errors import MalformedError
from evidence.varint import Input, Output

Next = tuple[int, int]
"""Time of a group's next record, and the group's number."""


def _begun(times: Sequence[Sequence[int]]) -> tuple[list[Next], list[Iterator[Next]]]:
    """Return the first records of all groups in their order, and each group's further ones."""
    rest: list[Iterator[Next]] = [zip(column, repeat(group)) for group, column in enumerate(times)]
    return sorted(map(next, rest)), rest


def write_exceptions(out: Output, times: Sequence[Sequence[int]], sequence: Sequence[int]) -> None:
    """Write what tells `sequence`, the group of each record, from the order of time."""
    waiting, rest = _begun(times)
    places, ranks = [], []
    for at, group in enumerate(sequence):
        rank = 0
        while waiting[rank][1] != group:
            rank += 1
        if rank:
            places.append(at)
            ranks.append(rank)
        del waiting[rank]
        for upcoming in rest[group]:
            insort(waiting, upcoming)
            break
    gaps = [place - before for before, place in pairwise((0, *places))]
    out.varints(len(places), *gaps, *ranks)


def read_exceptions(data: Input, count: int) -> Mapping[int, int]:
    """Return the rank of each record that is not the next by time."""
    places = data.places(data.count(count, "exceptions"), count)
    return dict(zip(places, data.varints(len(places)), strict=True))


def interleaved(times: Sequence[Sequence[int]], exceptions: Mapping[int, int]) -> list[Next]:
    """Return time and group of each record, in the order of the batch."""
    waiting, rest = _begun(times)
    sequence: list[Next] = []
    for at in range(sum(map(len, times))):
        rank = exceptions.get(at, 0)
        if rank >= len(waiting):
            raise MalformedError("columns-order", f"record {at} is of a group that is at its end")
        chosen = waiting.pop(rank)
        sequence.append(chosen)
        for upcoming in rest[chosen[1]]:
            insort(waiting, upcoming)
            break
    return sequence
