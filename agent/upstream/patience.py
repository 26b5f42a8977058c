"""How long a node is left alone whose answer only a person can change; pure."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from agent.upstream.states import LinkState

_MINUTE, _HOUR = 60.0, 3600.0

PAUSES_S = {
    LinkState.REPLACED: (5 * _MINUTE, 2 * _HOUR),
    LinkState.NOT_ADMITTED: (1.0, _HOUR),
    LinkState.REFUSED: (1.0, _HOUR),
    LinkState.EXPIRED: (1.0, _HOUR),
    LinkState.WITHHELD: (1.0, _HOUR),
    LinkState.WRONG_NODE_KEY: (1.0, 5 * _MINUTE),
}
"""The first pause after such an answer, and the longest. A pause doubles: what somebody mends after
a time is noticed within that time again. A hang-up is no answer, so it is asked for more often."""

JITTER = 0.25
"""Gateways that one node refused at once do not all come back at once."""


class Patience:
    """Of one node; all who ask it share one. `monotonic` is in seconds."""

    def __init__(self, monotonic: Callable[[], float], rng: Random) -> None:
        self._now = monotonic
        self._rng = rng
        self._pause = 0.0
        self._until = 0.0

    def left(self) -> float:
        """Return the seconds until it makes sense to ask again."""
        return max(0.0, self._until - self._now())

    def answered(self, state: LinkState) -> None:
        """Learn what came of asking; states that pass by themselves change nothing."""
        if state in PAUSES_S:
            first, longest = PAUSES_S[state]
            self._pause = min(max(first, 2 * self._pause), longest)
            self._until = self._now() + self._pause * self._rng.uniform(1.0, 1.0 + JITTER)

    def served(self) -> None:
        """Learn that the node is of use."""
        self._pause = self._until = 0.0
