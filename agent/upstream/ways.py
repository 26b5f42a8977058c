"""Which of several network interfaces leads to the ledger: by order, by probes, without flapping.

Pure: moments are monotonic seconds. Traffic is the probe: who waits for an answer in vain raises a
`doubt`, and three probes then decide. Without traffic each way is probed now and then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from agent.config.ways import Way
from foundation.dataclass import dataclass
from foundation.reach import GONE

CHEAP_EVERY, METERED_EVERY = 25.0, 300.0
"""Seconds between two probes of a way while nothing is doubtful; one costs 280 bytes."""

AGAIN_AFTER = 5.0  # s between the probes that decide
DECIDE = 3  # probes in a row, good or bad
HOLD, LONGEST_HOLD = 120.0, 3600.0
"""Seconds for which a better way must have been good before it is used again; doubled each time
that it fails after all."""
STEADY = 2 * LONGEST_HOLD  # s without a change, and the hold is as at first
HOUR, MOST_CHANGES = 3600.0, 6
"""So many changes in an hour at most, as long as the way taken instead holds: the better one is
taken again only where it may fail once more within that."""


def every(way: Way) -> float:
    """Return the seconds between two probes of a way."""
    return METERED_EVERY if way.metered else CHEAP_EVERY


@dataclass(slots=True)
class Condition:
    """What the probes of one way said: `bad` and `good` count those in a row.

    `trouble` is the newest failure in words, empty while the way is good or not yet probed.
    """

    due: float = 0.0
    bad: int = 0
    good: int = 0
    good_since: float = 0.0
    trouble: str = ""

    @property
    def down(self) -> bool:
        """Whether it is known to lead nowhere."""
        return self.bad >= DECIDE


@dataclass(slots=True)
class Choice:
    """The ways in the order in which they are wanted; `current` is the one in use."""

    ways: Sequence[Way]
    current: int = 0
    hold: float = HOLD
    conditions: list[Condition] = field(init=False)
    _changes: list[float] = field(default_factory=list)  # of the hour before the newest
    _returned: bool = False  # the newest change went back to a better way

    def __post_init__(self) -> None:
        self.conditions = [Condition() for _ in self.ways]

    @property
    def way(self) -> Way:
        """The one to use."""
        return self.ways[self.current]

    @property
    def interface(self) -> str:
        """Its first interface."""
        return self.way.interface

    def due(self, now: float) -> list[int]:
        """Return which ways are to be probed now."""
        return [index for index, each in enumerate(self.conditions) if now >= each.due]

    def doubt(self, now: float) -> None:
        """Note that an answer stays away: probe the current way at once."""
        self.conditions[self.current].due = now

    def probed(self, index: int, trouble: str, now: float) -> bool:
        """Take a probe's result, `trouble` empty where it was answered; whether the way changes."""
        self._count(index, trouble, now)
        wanted = self._wanted(now)
        if wanted == self.current:
            return False
        self._change(wanted, now)
        return True

    def _count(self, index: int, trouble: str, now: float) -> None:
        one = self.conditions[index]
        one.trouble = trouble
        if trouble:  # where the interface itself is gone, no second probe knows better
            one.bad, one.good = one.bad + (DECIDE if trouble == GONE else 1), 0
        else:
            one.good_since = now if one.good == 0 else one.good_since
            one.bad, one.good = 0, one.good + 1
        decides = index == self.current and 0 < one.bad < DECIDE
        one.due = now + (AGAIN_AFTER if decides else every(self.ways[index]))

    def _wanted(self, now: float) -> int:
        """Return the way to use: a better one that lasts, the current, or one that may do."""
        for index in range(self.current if self._may_return(now) else 0):
            one = self.conditions[index]
            if one.good >= DECIDE and now - one.good_since >= self.hold:
                return index
        if not self.conditions[self.current].down:
            return self.current
        standing = [index for index, each in enumerate(self.conditions) if each.bad == 0]
        return standing[0] if standing else self.current

    def _may_return(self, now: float) -> bool:
        """Whether there is room in the hour for a change and the one that may follow it."""
        return len([at for at in self._changes if now - at < HOUR]) <= MOST_CHANGES - 2

    def _change(self, wanted: int, now: float) -> None:
        if not self._changes or now - self._changes[-1] >= STEADY:
            self.hold = HOLD
        elif wanted > self.current and self._returned:  # it came back too early
            self.hold = min(LONGEST_HOLD, 2 * self.hold)
        self._returned = wanted < self.current
        self.current = wanted
        self._changes = [*(at for at in self._changes if now - at < HOUR), now]
        self.conditions[wanted].due = now
