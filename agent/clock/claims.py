"""Who says another time than is believed, and since when. Pure: moments are monotonic seconds."""

from __future__ import annotations

from collections.abc import Sequence

from agent.clock.belief import Estimate, Source
from foundation.dataclass import dataclass

CONFIRMED_AFTER = 60.0
"""Seconds for which a source must say the same before it overrules anything, however often it says
so: one bad fix (a week rolled over, jamming, spoofing) moves nothing. Those who agree again end
their claim after as long: what flickers is one claim."""

SILENT_AFTER = 7200.0
"""Seconds after which a claim that nobody renews is over: a receiver may be read once an hour."""


@dataclass(slots=True)
class Claim:
    """The word of one source against what is believed. `since` is when it began to contradict,
    `same` from when on it has said the same, `agrees` from when on it agrees again.
    """

    newest: Estimate
    since: float
    same: float
    agrees: float | None = None

    def over(self, now: float) -> bool:
        """Whether it counts no more."""
        agreed = self.agrees is not None and now - self.agrees >= CONFIRMED_AFTER
        return agreed or now - self.newest.monotonic >= SILENT_AFTER


class Claims:
    """One for each source that contradicts."""

    def __init__(self) -> None:
        self._claims: dict[Source, Claim] = {}

    @property
    def any(self) -> bool:
        """Whether there is one, be it over or not."""
        return bool(self._claims)

    def hear(self, new: Estimate, now: float) -> bool:
        """Note a contradiction; tell whether it is a new one."""
        before = self._claims.get(new.source)
        if before is None or before.over(now):
            self._claims[new.source] = Claim(new, now, now)
            return True
        if before.agrees is not None or before.newest.excludes(new, now):
            before.same = now
        before.newest, before.agrees = new, None
        return False

    def agree(self, source: Source, now: float) -> None:
        """Note that a source agrees with what is believed."""
        claim = self._claims.get(source)
        if claim is not None and claim.agrees is None:
            claim.agrees = now

    def confirmed(self, source: Source, now: float) -> bool:
        """Whether a source that was just heard to contradict has said the same for long enough."""
        return now - self._claims[source].same >= CONFIRMED_AFTER

    def drop(self, source: Source) -> None:
        """Forget what a source claimed: it is believed now."""
        self._claims.pop(source, None)

    def standing(self, now: float) -> Sequence[Claim]:
        """Return those that count."""
        return [claim for claim in self._claims.values() if not claim.over(now)]
