"""What went to a node and came from it, counted from the start on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from foundation.dataclass import dataclass

MOST_TIMED = 1024
"""Batches whose way to the proof is timed at once: a backlog of days is not followed whole."""


@dataclass(slots=True)
class Timed:
    """How often something took how long: `seconds` in all, by the monotonic clock."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.count += 1
        self.seconds += seconds


@dataclass(slots=True)
class Traffic:
    """Over all links to one node: answered requests by their type, those in vain, bytes."""

    answered: dict[str, Timed] = field(default_factory=dict)
    unanswered: int = 0
    sent: int = 0
    received: int = 0

    def took(self, request: str, seconds: float) -> None:
        """Count a request of this type that was answered."""
        self.answered.setdefault(request, Timed()).add(seconds)


class ProvingTimes:
    """How long batches wait from a node's word that it has them to their proof."""

    def __init__(self) -> None:
        self.proven = Timed()
        self._taken: dict[int, float] = {}

    def taken(self, seq: int, now: float) -> None:
        """Note that a node has a batch, at this monotonic second."""
        if len(self._taken) < MOST_TIMED:
            self._taken.setdefault(seq, now)

    def proved(self, seq: int, now: float) -> None:
        """Note that a batch is proven."""
        taken = self._taken.pop(seq, None)
        if taken is not None:
            self.proven.add(now - taken)

    def forget(self, after: int) -> None:
        """Let go of what waits behind `after`: the node does not have it."""
        self._taken = {seq: at for seq, at in self._taken.items() if seq <= after}


class UpstreamMeters(NamedTuple):
    """Traffic by the node's name, and the times to a proof by the log's origin."""

    nodes: Mapping[str, Traffic]
    proven: Mapping[str, Timed]
