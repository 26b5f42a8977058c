"""When nodes may join, and who tried while they might not. Pure: `now` is an argument."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_WINDOW = 254
"""Seconds a network can be opened for at once (R22 §2.4.3.3.7: 0xFF would be for ever)."""

RENEW_BEFORE = 10.0  # s before the end of a window that is to go on
A_RECORD_EVERY = 60.0  # s, of one stranger
MOST_STRANGERS = 256  # that are remembered; the oldest is forgotten


@dataclass(slots=True)
class _Tries:
    recorded: float
    since: int = 0


class Joins:
    """The window of one network."""

    def __init__(self) -> None:
        self._until = 0.0
        self._told_until = 0.0  # what the routers were told
        self.via: str | None = None
        self.only: str | None = None  # who alone may join: the node of an install code
        self._strangers: dict[str, _Tries] = {}

    def open(self, seconds: float, via: str | None, now: float, only: str | None = None) -> None:
        """Let nodes join for so long, at all routers or at one; perhaps one node only."""
        self._until, self._told_until, self.via, self.only = now + seconds, 0.0, via, only

    def close(self) -> None:
        """Let none join."""
        self._until = 0.0

    def is_open(self, now: float) -> bool:
        """Whether nodes may join now."""
        return now < self._until

    def admits(self, ieee: str, now: float) -> bool:
        """Whether this node may join now."""
        return self.is_open(now) and self.only in {None, ieee}

    def forget_told(self) -> None:
        """Tell the routers anew: the stick was started, which closes them."""
        self._told_until = 0.0
        if self.only is not None:
            self.close()  # a stick forgets the keys of nodes that did not come

    def left(self, now: float) -> float:
        """Return the seconds until it is closed."""
        return max(0.0, self._until - now)

    def to_tell(self, now: float) -> int | None:
        """Return for how many seconds the routers must be opened now; None for nothing to do."""
        wanted = min(LONGEST_WINDOW, round(self._until - now))
        if wanted <= 0 or self._told_until - now > min(RENEW_BEFORE, wanted - 1):
            return None
        self._told_until = now + wanted
        return wanted

    def stranger(self, ieee: str, now: float) -> int | None:
        """Count a join while closed; return how many to record now, None for no record."""
        tries = self._strangers.pop(ieee, None)
        if tries is None:
            tries = _Tries(now - A_RECORD_EVERY)
        self._strangers[ieee] = tries
        if len(self._strangers) > MOST_STRANGERS:
            self._strangers.pop(next(iter(self._strangers)))
        tries.since += 1
        if now - tries.recorded < A_RECORD_EVERY:
            return None
        told, tries.since, tries.recorded = tries.since, 0, now
        return told
