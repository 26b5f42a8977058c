"""What time it is, who says so, and how wrong that may be.

The gateway's belief is one offset from the monotonic clock to UTC, with its source and bound. It
never sets the system clock. Stamps of the past keep what was believed then: a change of belief is
a `clock` record, not a correction.

Evidence bounds the belief. What is older than a signed time is not believed. Two sources with
bounds that exclude each other are told at once, and the stronger one counts after a minute of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from agent.clock.belief import (
    RANK,
    WITNESSES_AHEAD_S,
    Estimate,
    Source,
    Stamp,
    Unpacked,
    held_over,
    milliseconds,
)
from agent.clock.change import Change
from agent.clock.claims import Claims
from agent.clock.steps import SystemSteps

NTP_FLOOR_MS = 100
"""systemd-timesyncd sets the kernel's maxerror to 0 at each update; a mobile link's asymmetry
alone may be this large."""

RENEW_AFTER = 600.0
"""Seconds that one offset is kept while its source agrees: DRIFT_PPM makes 300 ms of it, less than
the jitter of a GNSS sentence, which would otherwise move every stamp. The kernel slews its clock
smoothly, so NTP is followed at every poll."""

RTC_MS = 86_400_000
"""A day: more than a real-time clock loses in years (20 ppm are ten minutes a year), or is wrong by
where local time was taken for UTC."""

STEP_MS = 1000
"""A smaller move by the word of who is believed already is no news."""

AHEAD_MS = WITNESSES_AHEAD_S * 1000


class Dispute(NamedTuple):
    """A source that says another time than is believed: by how much, and since when (monotonic)."""

    source: Source
    differs_ms: int
    since: float


class SystemClock(Protocol):
    """The machine's clocks; injected."""

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC, the clock of readings."""
        ...

    def wall_offset_ms(self) -> int:
        """Return the system's wall clock minus its monotonic clock, in ms."""
        ...

    def ntp_bound_ms(self) -> int | None:
        """Return the kernel's own error bound while it is synchronised, else None."""
        ...

    def has_rtc(self) -> bool:
        """Whether the kernel set its clock from a real-time clock at boot."""
        ...


class Clock:
    """The gateway's belief. Call `poll` every few seconds; `offer` when a device knows the time.

    `not_before` is a moment that is over for sure, whoever says otherwise: the release's.
    """

    def __init__(self, system: SystemClock, boot: int, not_before: datetime | None = None) -> None:
        self._system = system
        self._boot = boot
        self._base = Source.NONE
        self._not_before_ms = None if not_before is None else _wall_ms(not_before)
        self._signed_ms: int | None = None  # the least offset that a quorum signed
        self._claims = Claims()
        now = system.monotonic()
        self._least_ms = self._least_offset(now)
        if system.has_rtc() and not self._too_early(self._of_system(now), now):
            self._base = Source.RTC  # a chip without a battery kept nothing
        self._believe(self._of_system(now))
        self._steps = SystemSteps(self._belief.offset_ms)

    @property
    def boot(self) -> int:
        """The number of this boot."""
        return self._boot

    @property
    def source(self) -> Source:
        """Who is believed now."""
        return self._belief.source

    @property
    def synced(self) -> bool:
        """Whether anybody vouches for the time within a bound."""
        return self._belief.bound_ms is not None

    def bound_ms(self) -> int | None:
        """Return the largest error now, or None where nobody vouches."""
        return self._belief.bound_at(self._system.monotonic())

    def now(self) -> Stamp:
        """Return the stamp of this moment."""
        return self.stamp(self._system.monotonic())

    def stamp(self, monotonic: float) -> Stamp:
        """Return the stamp of a moment of this boot, in seconds of the monotonic clock."""
        offset_ms, source, bound_ms, since_ms = self._unpacked
        at_ms = max(0, milliseconds(monotonic))
        bound_ms = held_over(bound_ms, at_ms - since_ms)
        return Stamp(self._boot, at_ms, at_ms + offset_ms, source, bound_ms)

    def not_before(self) -> datetime | None:
        """Return the newest moment that is over for sure, or None where nothing is known."""
        now = self._system.monotonic()
        known = [self._least_offset(now)]
        if (bound := self._belief.bound_at(now)) is not None:
            known.append(self._belief.offset_ms - bound)
        offsets = [offset for offset in known if offset is not None]
        if not offsets:
            return None
        return _EPOCH + timedelta(milliseconds=max(offsets) + milliseconds(now))

    def disputes(self) -> list[Dispute]:
        """Return who says another time than is believed, in the order in which they began."""
        claims = self._claims.standing(self._system.monotonic())
        return [
            Dispute(
                claim.newest.source, claim.newest.offset_ms - self._belief.offset_ms, claim.since
            )
            for claim in sorted(claims, key=lambda claim: claim.since)
        ]

    def repeats(self, word: Estimate) -> bool:
        """Whether a word with a bound says what is believed already, and nobody says otherwise.

        Offering it changes nothing and nothing excludes it. It is so of nearly every fix, and a
        hundredth of the work.
        """
        bound = word.bound_ms
        if bound is None or abs(word.offset_ms - self._belief.offset_ms) > bound:
            return False
        early = self._least_ms is not None and word.offset_ms + bound < self._least_ms
        if early or self._claims.any:
            return False
        return not self._better(word, self._system.monotonic())

    def excludes(self, word: Estimate) -> bool:
        """Whether what is believed, signed or claimed by others leaves no room for a word."""
        now = self._system.monotonic()
        claims = [claim.newest for claim in self._claims.standing(now)]
        others = [self._belief, *(each for each in claims if each.source is not word.source)]
        return self._too_early(word, now) or any(each.excludes(word, now) for each in others)

    def poll(self) -> Change | None:
        """Look at the system's clock; return the news that follow, if any."""
        now = self._system.monotonic()
        found = self._of_system(now)
        set_back = self._steps.back(found, self._belief)
        if found.bound_ms is not None:
            return self._consider(found, now)
        if self.synced and set_back:
            return Change.refused(self._belief, now, found)
        if self.synced or RANK[found.source] < RANK[self._belief.source]:
            return None
        return self._adopt(found, suspect=False)

    def offer(
        self,
        source: Source,
        utc: datetime,
        monotonic: float,
        bound_ms: int | None,
        *,
        doubtful: bool = False,
    ) -> Change | None:
        """Take `utc` as the time at `monotonic`, right within `bound_ms`; return the news, if any.

        A bound of None makes it a signed lower bound: it only ever moves an unvouched clock
        forward, and what lies before it is not believed from then on. What is `doubtful` may
        contradict, but is never believed.
        """
        return self.hear(said(source, utc, monotonic, bound_ms), doubtful=doubtful)

    def hear(self, word: Estimate, *, doubtful: bool = False) -> Change | None:
        """Do the same with a word as `said` makes it."""
        now = self._system.monotonic()
        if word.bound_ms is None:
            return self._take_signed(word, now)
        return self._consider(word, now, doubtful=doubtful)

    def _of_system(self, now: float) -> Estimate:
        offset_ms = self._system.wall_offset_ms()
        bound = self._system.ntp_bound_ms()
        if bound is None:
            return Estimate(self._base, offset_ms, None, now)
        return Estimate(Source.NTP, offset_ms, max(bound, NTP_FLOOR_MS), now)

    def _take_signed(self, new: Estimate, now: float) -> Change | None:
        """Take a lower bound, unless it excludes what is vouched for: one of both is wrong."""
        earlier = new.offset_ms - AHEAD_MS
        bound = self._belief.bound_at(now)
        if bound is not None and self._belief.offset_ms + bound < earlier:
            return self._contradict(new, now)
        self._signed_ms = max(new.offset_ms, self._signed_ms or new.offset_ms)
        self._least_ms = self._least_offset(now)
        if bound is None and new.offset_ms > self._belief.offset_ms:
            return self._adopt(new, suspect=False)
        return None

    def _least_offset(self, now: float) -> int | None:
        """Return the offset of a clock that shows the newest moment that is over for sure."""
        known: list[int] = []
        if self._not_before_ms is not None:
            known.append(self._not_before_ms - milliseconds(now))
        if self._signed_ms is not None:
            known.append(self._signed_ms - AHEAD_MS)
        return max(known, default=None)

    def _too_early(self, new: Estimate, now: float) -> bool:
        least = self._least_offset(now)
        return least is not None and new.offset_ms + (new.bound_ms or 0) < least

    def _consider(self, new: Estimate, now: float, *, doubtful: bool = False) -> Change | None:
        """Hear an estimate with a bound."""
        if self._too_early(new, now):
            return self._contradict(new, now)
        if self._excluded(new, now):
            news = self._contradict(new, now)
            ripe = self._overrules(new, now) and self._claims.confirmed(new.source, now)
            return self._adopt(new, suspect=True) if ripe and not doubtful else news
        self._claims.agree(new.source, now)
        if doubtful or not self._better(new, now):
            return None
        return self._adopt(new, suspect=False)

    def _excluded(self, new: Estimate, now: float) -> bool:
        """Whether what is believed leaves no room for it."""
        belief = self._belief
        if self.synced:
            return belief.excludes(new, now)
        makes_sense = belief.source is Source.RTC and not self._too_early(belief, now)
        return makes_sense and abs(new.offset_ms - belief.offset_ms) > RTC_MS

    def _contradict(self, new: Estimate, now: float) -> Change | None:
        """Note an estimate that is not followed; return the news the first time."""
        news = self._claims.hear(new, now)
        return Change.refused(self._belief, now, new) if news else None

    def _overrules(self, new: Estimate, now: float) -> bool:
        """Whether a source may overrule the one believed, once it has said the same for long."""
        fresh = self.synced and now - self._belief.monotonic < 2 * RENEW_AFTER
        return not fresh or RANK[new.source] >= RANK[self._belief.source]

    def _better(self, new: Estimate, now: float) -> bool:
        """Whether an estimate that the belief does not exclude should take its place."""
        bound = self._belief.bound_at(now)
        assert new.bound_ms is not None
        if bound is None:
            return True
        if new.source is not self._belief.source:
            return new.bound_ms < bound
        if new.source is Source.NTP:
            return True
        aged = now - self._belief.monotonic >= RENEW_AFTER
        return new.bound_ms <= bound and (aged or _sharper(new, self._belief, now))

    def _believe(self, belief: Estimate) -> None:
        self._belief = belief
        self._unpacked = Unpacked.of(belief)

    def _adopt(self, new: Estimate, *, suspect: bool) -> Change | None:
        """Believe `new`; return the news, unless the same source only renews what it said."""
        old = self._belief
        self._believe(new)
        self._claims.drop(new.source)
        moved = new.offset_ms - old.offset_ms
        renewed = new.source is old.source and not suspect and abs(moved) < STEP_MS
        if renewed and not _sharper(new, old, new.monotonic):
            return None
        return Change(moved, old.source, new.source, new.bound_ms, suspect)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def said(source: Source, utc: datetime, monotonic: float, bound_ms: int | None) -> Estimate:
    """Return the word of a source: it was `utc` at `monotonic`, right within `bound_ms`."""
    return Estimate(source, _offset_ms(utc, monotonic), bound_ms, monotonic)


def _sharper(new: Estimate, old: Estimate, now: float) -> bool:
    """Whether a source knows much better than before; the kernel's bound goes up and down."""
    bound = old.bound_at(now)
    if new.bound_ms is None or bound is None or new.source is Source.NTP:
        return False
    return 2 * new.bound_ms <= bound


def _wall_ms(utc: datetime) -> int:
    return round(utc.timestamp() * 1000)


def _offset_ms(utc: datetime, monotonic: float) -> int:
    return round((utc.timestamp() - monotonic) * 1000)
