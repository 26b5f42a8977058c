"""How much time was spent between which limits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from agent.rules.rule import Rule, Side
from agent.rules.valid_time import Span

WHOLE = "all values"
"""The one zone of a value that no rule is about."""


class _Edge(NamedTuple):
    """A limit; `below` tells that its own value lies in the zone below it."""

    limit: float
    below: bool


def zone_times(rules: Iterable[Rule], spans: Iterable[Span]) -> Mapping[str, int]:
    """Return the ms in each zone that the rules' limits make, from the coldest up.

    What is unknown is in none of them.
    """
    edges = sorted({_Edge(rule.limit, rule.side in _LIMIT_IS_BELOW) for rule in rules})
    times = [0] * (len(edges) + 1)
    for span in spans:
        if span.value is not None:
            times[_zone(edges, span.value)] += span.end - span.start
    return dict(zip(_names(edges), times, strict=True))


_LIMIT_IS_BELOW = (Side.ABOVE, Side.AT_OR_BELOW)


def _zone(edges: Sequence[_Edge], value: float) -> int:
    return sum(value > edge.limit or (value == edge.limit and not edge.below) for edge in edges)


def _names(edges: Sequence[_Edge]) -> list[str]:
    if not edges:
        return [WHOLE]
    first, last = edges[0], edges[-1]
    between = [
        f"{low.limit:g} to {high.limit:g}" if low.limit < high.limit else f"{low.limit:g}"
        for low, high in pairwise(edges)
    ]
    lowest = (Side.AT_OR_BELOW if first.below else Side.BELOW).words
    highest = (Side.ABOVE if last.below else Side.AT_OR_ABOVE).words
    return [f"{lowest} {first.limit:g}", *between, f"{highest} {last.limit:g}"]
