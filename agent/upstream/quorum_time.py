"""The time that quorums of witnesses vouch for, as a lower bound of ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from agent.clock.belief import Source
from agent.clock.clock import Clock
from agent.light_client.verifier import Anchor
from agent.upstream.events import LedgerEvents
from drivers.reading import Quality

Learn = Callable[[Anchor], None]


class QuorumTime:
    """Tells a clock that it is not earlier than the ledger's witnesses say.

    A gateway without clock or satellites is behind by as long as it was off; it is never ahead of
    a quorum that cosigned what it sent. One that somebody vouches for is not moved, but a receiver
    that shows an earlier time is not believed from then on.
    """

    def __init__(self, clock: Clock, events: LedgerEvents) -> None:
        self._clock = clock
        self._events = events

    def learn(self, anchor: Anchor) -> None:
        """Take the median time of a quorum as a lower bound."""
        utc = datetime.fromtimestamp(anchor.time, UTC)
        now = self._clock.now().monotonic_ms / 1000
        change = self._clock.offer(Source.QUORUM, utc, now, None)
        if change is not None:
            quality = Quality.SUSPECT if change.suspect else Quality.OK
            self._events.noticed("clock", change.values, quality)


class CountedTime:
    """Tells a time only that the quorums of so many logs have reached: one log's may lie."""

    def __init__(self, threshold: int, learn: Learn) -> None:
        self._threshold = threshold
        self._learn = learn
        self._newest: dict[str, Anchor] = {}

    def of(self, origin: str) -> Learn:
        """Return what hears the checkpoints of one log."""

        def learn(anchor: Anchor) -> None:
            self._newest[origin] = anchor
            known = sorted(self._newest.values(), key=lambda each: each.time, reverse=True)
            if len(known) >= self._threshold:
                self._learn(known[self._threshold - 1])

        return learn
