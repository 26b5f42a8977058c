"""What honest days and days with one fraud came to, counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from foundation.counting import counted
from hil.days.frauds import FRAUDS, Way
from hil.days.verdict import DIFFERENT, Word

SENSOR = ("apart", "too-fast", "stuck")
DOOR, THROUGH = "opened-under-seal", "through-closed-door"
POINTS_AT: Mapping[str, Sequence[str]] = {
    "ice on a sensor": SENSOR,
    "foil over tags": ("vanished", DIFFERENT),
    "goods swapped": (DIFFERENT, DOOR, THROUGH),
    "clock set back": ("clock-disputed", "clock-back"),
    "gateway unplugged": ("cut-off", "off-under-way"),
    "tag copied": ("two-tids", "two-places"),
    "door opened": (DOOR,),
}
"""Kind of fraud → what tells of it; another word on such a day says nothing of it."""

MOST_FALSE = 0.05  # of the honest days
LEAST_FOUND = 0.9  # of the days of a way that contradicts something
WIDE = 70


class FraudDay(NamedTuple):
    """A day's number, kind of fraud and way, and what the product told."""

    number: int
    kind: str
    way: Way
    words: Sequence[Word]

    @property
    def found_by(self) -> list[str]:
        """What told of the fraud."""
        return sorted({each.what for each in self.words} & set(POINTS_AT[self.kind]))


@dataclass(frozen=True)
class Tally:
    """All days, honest ones as what was told of each."""

    honest: Sequence[Sequence[Word]]
    frauds: Sequence[FraudDay]

    @property
    def false_days(self) -> int:
        """Honest days on which anything was told."""
        return sum(bool(words) for words in self.honest)

    def of(self, kind: str, way: Way) -> list[FraudDay]:
        """Return the days of one way."""
        return [each for each in self.frauds if (each.kind, each.way.how) == (kind, way.how)]

    @property
    def well(self) -> bool:
        """Whether false alarms are few, and what contradicts something is found."""
        few = self.false_days <= MOST_FALSE * len(self.honest)
        return few and not any(self._missed_too_often())

    def _missed_too_often(self) -> Iterator[bool]:
        for kind, ways in FRAUDS.items():
            for way in ways:
                days = self.of(kind, way)
                found = sum(bool(each.found_by) for each in days)
                yield way.contradicts and found < LEAST_FOUND * len(days)


def found(tally: Tally) -> Iterator[str]:
    """Yield what was found of frauds as lines of 80 columns."""
    yield f"{'one fraud a day':{WIDE}}{'found':>9}"
    for kind, ways in FRAUDS.items():
        days = [each for way in ways for each in tally.of(kind, way)]
        yield f"{kind:{WIDE}}{_share(days):>9}"
        for way in ways:
            own = tally.of(kind, way)
            by = ", ".join(sorted({word for each in own for word in each.found_by}))
            said = way.how if way.contradicts else f"{way.how} (contradicts nothing)"
            yield f"  {said:{WIDE}}{_share(own):>7}"
            if by:
                yield f"    by {by}"
    yield f"{'in all':{WIDE}}{_share(tally.frauds):>9}"
    seen = [each for each in tally.frauds if each.way.contradicts]
    yield f"{'of those that contradict anything':{WIDE}}{_share(seen):>9}"
    yield from _missed(tally.frauds)


def wrongly(tally: Tally) -> Iterator[str]:
    """Yield how often honest days were told against, as lines of 80 columns."""
    days = len(tally.honest)
    share = tally.false_days / days
    yield f"{counted(days, 'honest day')}: a false alarm on {tally.false_days}, {share:.1%} of them"
    told = Counter(word.what for words in tally.honest for word in words)
    yield from (f"  {what}: {counted(count, 'time')}" for what, count in told.most_common())


def _share(days: Sequence[FraudDay]) -> str:
    return f"{sum(bool(each.found_by) for each in days)}/{len(days)}"


def _missed(days: Iterable[FraudDay]) -> Iterator[str]:
    """Yield the days whose fraud contradicted something and was not found."""
    for each in days:
        if each.way.contradicts and not each.found_by:
            said = ", ".join(map(str, each.words)) or "nothing"
            yield f"not found: day {each.number}, {each.kind}: {each.way.how}; told: {said}"
