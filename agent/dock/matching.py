"""Pieces of one article against its advised batches: what fits best stands for it. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from itertools import pairwise

from agent.dock.notice import NO_BATCH, Batch

FITS, OTHER_DATE, OTHER_LOT, OTHER_BOTH = range(4)
"""How badly pieces fit an advised batch."""

Flow = Counter[tuple[Batch, Batch]]
"""How many pieces of a batch stand for how many advised of another."""


def misfit(piece: Batch, line: Batch) -> int:
    """Return how badly pieces fit a line; what one of the two does not say, fits."""
    if piece in (line, NO_BATCH):
        return FITS
    other_lot = bool(piece.lot and line.lot and piece.lot != line.lot)
    return OTHER_LOT * other_lot + OTHER_DATE * (not dates_agree(piece, line))


def dates_agree(piece: Batch, line: Batch) -> bool:
    """Whether the dates of a label are those advised.

    Like is held against like. Only where the notice says one date and the label the other, those
    two are compared: who mixes up the two kinds still means one day.
    """
    alike = [(piece.expiry, line.expiry), (piece.best_before, line.best_before)]
    crossed = [(piece.expiry, line.best_before), (piece.best_before, line.expiry)]
    said = [pair for pair in alike if all(pair)] or [pair for pair in crossed if all(pair)]
    return all(one == other for one, other in said)


def assigned(supply: Mapping[Batch, int], demand: Mapping[Batch, int]) -> Flow:
    """Return which pieces stand for which advised ones: as many as can, the best fit first."""
    left, wanted, flow = Counter(supply), Counter(demand), Flow()
    for batch in left.keys() & wanted.keys():
        _move(left, wanted, flow, [(batch, batch)], min(left[batch], wanted[batch]))
    for worst in range(FITS, OTHER_BOTH + 1):
        for batch in sorted(left):
            while left[batch] and wanted.total() and (way := _way(batch, wanted, flow, worst)):
                amount = min(left[batch], wanted[way[-1][1]], *_moved(way, flow))
                _move(left, wanted, flow, way, amount)
    return +flow


def _moved(way: list[tuple[Batch, Batch]], flow: Flow) -> list[int]:
    """Return how many pieces stand now where those of a way are to stand, step by step."""
    return [flow[following, line] for (_, line), (following, _) in pairwise(way)]


def _move(
    left: Counter[Batch],
    wanted: Counter[Batch],
    flow: Flow,
    way: list[tuple[Batch, Batch]],
    amount: int,
) -> None:
    """Let pieces stand for the first line of a way, and those that stood there for the next."""
    left[way[0][0]] -= amount
    wanted[way[-1][1]] -= amount
    for (batch, line), (following, _) in zip(way, [*way[1:], way[-1]], strict=True):
        flow[batch, line] += amount
        if following != batch:
            flow[following, line] -= amount


def _way(
    batch: Batch, wanted: Mapping[Batch, int], flow: Flow, worst: int
) -> list[tuple[Batch, Batch]]:
    """Return how a piece finds a line that wants one: pieces that stand elsewhere may move on.

    They move only to lines that they fit. An empty list when there is no way.
    """
    came: dict[Batch, list[tuple[Batch, Batch]]] = {batch: []}
    queue = deque([batch])
    while queue:
        here = queue.popleft()
        allowed = worst if here == batch else FITS
        lines = [line for line in sorted(wanted) if misfit(here, line) <= allowed]
        for line in lines:
            if wanted[line] > 0:
                return [*came[here], (here, line)]
        for line in lines:
            for other, place in sorted(flow):
                if place == line and flow[other, place] > 0 and other not in came:
                    came[other] = [*came[here], (here, line)]
                    queue.append(other)
    return []
