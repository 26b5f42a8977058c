"""What an export does not hold, and why: counted, and told with it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from foundation.counting import counted

HIDDEN = "the bundle hides it"
UNSOUND = "a field of it holds no value of its kind"
UNTIMED = "its time is unknown: no clock vouched for it"


class LeftOut:
    """Counts records by the reason for which they are not in an export."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, reason: str, count: int = 1) -> None:
        """Count `count` records that are left out for `reason`."""
        if count:
            self._counts[reason] += count

    def to_json(self) -> dict[str, int]:
        """Return reason → number of records."""
        return dict(self._counts)

    def lines(self) -> Iterator[str]:
        """Yield a line for each reason, the most frequent first, or one that says nothing is."""
        if not self._counts:
            yield "nothing"
        for reason, count in self._counts.most_common():
            yield f"{counted(count, 'record')}: {reason}"


class NotTold(Exception):
    """A record that an export cannot tell; the text is the reason."""


def no_word(kind: str, standard: str) -> str:
    """Return the reason of a kind of record for which a standard has no word."""
    return f"{standard} has no word for {kind}"
