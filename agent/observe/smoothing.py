"""How long a tag may go unread before it counts as gone. Pure.

A reader misses a tag in front of it in a third of its rounds: water, metal and other tags are in
the way. A tag that is read with probability p in each round and is still there is taken for gone
when n rounds in a row miss it. Such runs begin p · (1 - p)ⁿ times a round, so

    false leaves per tag-hour = rounds per hour · p · (1 - p)ⁿ

and n is the smallest number that keeps this below FALSE_LEAVES. Each tag's own p is estimated as it
is read (after SMURF, Jeffery et al., VLDB 2006): a tag that is read nearly every time is missed
sooner, a weak one is given more time.
"""

from __future__ import annotations

import math

from foundation.dataclass import dataclass

FALSE_LEAVES = 1e-3
"""Per tag and hour: one false leave in 1,000 tag-hours."""

READ_PROBABILITY = 0.65
"""Of one tag in one round; readers in the field reach 60 to 70 % (SMURF)."""

HOUR = 3600.0  # s
MEMORY = 128  # rounds; older ones weigh half, so that a tag carried elsewhere is learnt anew
SIGMAS = 3.0
"""Width of the interval of p in standard deviations: chance alone leaves it once in 740 looks."""

STRETCH = 2
"""The most a weak tag's window grows: who leaves must be missed some day."""

LEAST_MISSED = 3  # rounds; a person walking by covers a tag for about one second of a gate's four
SURE, POOR = 0.99, 0.05
"""Estimates beyond these would make windows of one round, or of hours."""


def missed_rounds(round_s: float, probability: float = READ_PROBABILITY) -> int:
    """Return how many missed rounds in a row make a tag gone, for rounds `round_s` s apart."""
    p = min(SURE, max(POOR, probability))
    runs_per_hour = HOUR / round_s * p
    if runs_per_hour <= FALSE_LEAVES:
        return LEAST_MISSED
    needed = math.log(FALSE_LEAVES / runs_per_hour) / math.log(1.0 - p)
    return max(LEAST_MISSED, math.floor(needed) + 1)


def interval(hits: float, rounds: float) -> tuple[float, float]:
    """Return the Wilson score interval of a probability, SIGMAS wide to either side."""
    if rounds <= 0:
        return 0.0, 1.0
    share, z2 = hits / rounds, SIGMAS * SIGMAS
    middle = share + z2 / (2 * rounds)
    spread = SIGMAS * math.sqrt(share * (1 - share) / rounds + z2 / (4 * rounds * rounds))
    whole = 1 + z2 / rounds
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


@dataclass(slots=True)
class ReadRate:
    """How reliably one tag is read: rounds in which it could have been, and in which it was."""

    rounds: float = 0.0
    hits: float = 0.0

    def add(self, rounds: int, hits: int) -> None:
        """Note `rounds` more rounds, of which `hits` saw the tag."""
        self.rounds += rounds
        self.hits += min(hits, rounds)
        if self.rounds > MEMORY:
            self.rounds, self.hits = self.rounds / 2, self.hits / 2

    def missed(self, round_s: float, usual: int) -> int:
        """Return this tag's window in rounds: `usual`, unless its reads say otherwise for sure.

        At most STRETCH times `usual`.
        """
        low, high = interval(self.hits, self.rounds)
        if low > READ_PROBABILITY:
            return min(usual, missed_rounds(round_s, low))
        if high < READ_PROBABILITY:
            return min(STRETCH * usual, max(usual, missed_rounds(round_s, high)))
        return usual
