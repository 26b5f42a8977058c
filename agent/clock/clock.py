"""What time it is, who says so, and how wrong that may be.

The gateway's belief is one offset from the monotonic clock to UTC, with its source and bound. It
never sets the system clock. Stamps of the past keep what was believed then: a change of belief is
a `clock` record, not a correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class Source(StrEnum):
    """Who says what time it is, from the weakest to the strongest."""

    NONE = "none"  # the system clock as it came up: 1970, or the last shutdown's time
    RTC = "rtc"  # the system clock as the kernel read it from a battery-backed chip at boot
    QUORUM = "quorum"  # the ledger's witnesses: not earlier than this
    NITZ = "nitz"  # the mobile network, by the modem
    NTP = "ntp"  # the kernel's clock, kept by chrony, ntpd or timesyncd
    GNSS = "gnss"


RANK = {source: rank for rank, source in enumerate(Source)}

DRIFT_PPM = 500
"""Growth of the bound in holdover: the kernel lets time_maxerror grow by MAXFREQ = 500 ppm
(kernel/time/ntp.c), also the most by which it slews CLOCK_MONOTONIC."""

NTP_FLOOR_MS = 100
"""systemd-timesyncd sets the kernel's maxerror to 0 at each update; a mobile link's asymmetry
alone may be this large."""

RENEW_AFTER = 600.0
"""Seconds that one offset is kept while its source agrees: DRIFT_PPM makes 300 ms of it, less than
the jitter of a GNSS sentence, which would otherwise move every stamp. The kernel slews its clock
smoothly, so NTP is followed at every poll."""

CONFIRMATIONS = 3
"""Offers in a row that must agree before they overrule a belief they contradict: one bad fix
(week rollover, jamming, spoofing) moves nothing."""

STEP_MS = 1000
"""A smaller move of a clock without bound is no news."""


class Stamp(NamedTuple):
    """One moment on the gateway's three clocks; `bound_ms` None means that nobody vouches."""

    boot: int
    monotonic_ms: int
    wall_ms: int
    source: str
    bound_ms: int | None


def milliseconds(seconds: float) -> int:
    """Return seconds of the monotonic clock as records hold them."""
    return round(seconds * 1000)


class Estimate(NamedTuple):
    """UTC minus the monotonic clock, in ms, as `source` gave it at `monotonic` seconds."""

    source: Source
    offset_ms: int
    bound_ms: int | None
    monotonic: float

    def bound_at(self, monotonic: float) -> int | None:
        """Return the bound after holdover until `monotonic`."""
        return held_over(self.bound_ms, milliseconds(monotonic) - milliseconds(self.monotonic))


def held_over(bound_ms: int | None, age_ms: int) -> int | None:
    """Return a bound after so much time; None stays None.

    Whole milliseconds, as in the records: so the bounds of a batch are one run of its body.
    """
    if bound_ms is None or age_ms <= 0:
        return bound_ms
    return bound_ms + age_ms * DRIFT_PPM // 1_000_000


class _Unpacked(NamedTuple):
    """A belief as stamps need it: each reading takes one."""

    offset_ms: int
    source: str
    bound_ms: int | None
    since_ms: int

    @classmethod
    def of(cls, belief: Estimate) -> _Unpacked:
        """Unpack a belief, once for all stamps under it."""
        since_ms = milliseconds(belief.monotonic)
        return cls(belief.offset_ms, str(belief.source), belief.bound_ms, since_ms)


@dataclass(frozen=True, slots=True)
class Change:
    """A new belief worth a `clock` record. `suspect`: it contradicts what was vouched for."""

    offset_ms: int
    old_source: Source
    new_source: Source
    bound_ms: int | None
    suspect: bool

    @property
    def values(self) -> dict[str, int | str]:
        """The fields of the `clock` record, in stored units."""
        values: dict[str, int | str] = {
            "offset_ms": self.offset_ms,
            "old_source": str(self.old_source),
            "new_source": str(self.new_source),
        }
        if self.bound_ms is not None:
            values["bound_ms"] = self.bound_ms
        return values


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
    """The gateway's belief. Call `poll` every few seconds; `offer` when a device knows the time."""

    def __init__(self, system: SystemClock, boot: int) -> None:
        self._system = system
        self._boot = boot
        self._base = Source.RTC if system.has_rtc() else Source.NONE
        self._believe(self._of_system(system.monotonic()))
        self._doubt: Estimate | None = None
        self._doubts = 0

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

    def poll(self) -> Change | None:
        """Look at the system's clock; return the change of belief that follows, if any."""
        now = self._system.monotonic()
        return self._consider(self._of_system(now), now)

    def offer(
        self, source: Source, utc: datetime, monotonic: float, bound_ms: int | None
    ) -> Change | None:
        """Take `utc` as the time at `monotonic`, right within `bound_ms`; return what changed.

        A bound of None makes it a lower bound: it only ever moves an unvouched clock forward.
        """
        offset_ms = round((utc.timestamp() - monotonic) * 1000)
        if bound_ms is None and offset_ms <= self._belief.offset_ms:
            return None
        estimate = Estimate(source, offset_ms, bound_ms, monotonic)
        return self._consider(estimate, self._system.monotonic())

    def _of_system(self, now: float) -> Estimate:
        offset_ms = self._system.wall_offset_ms()
        bound = self._system.ntp_bound_ms()
        if bound is None:
            return Estimate(self._base, offset_ms, None, now)
        return Estimate(Source.NTP, offset_ms, max(bound, NTP_FLOOR_MS), now)

    def _consider(self, new: Estimate, now: float) -> Change | None:
        old = self._belief
        bound = old.bound_at(now)
        if bound is None:
            if new.bound_ms is None and RANK[new.source] < RANK[old.source]:
                return None
            return self._adopt(new, suspect=False)
        if new.bound_ms is None:
            return None
        if abs(new.offset_ms - old.offset_ms) > bound + new.bound_ms:
            return self._contradict(new, now)
        self._doubts = 0
        return self._adopt(new, suspect=False) if self._better(new, bound, now) else None

    def _better(self, new: Estimate, bound: int, now: float) -> bool:
        """Whether an estimate that agrees with the belief should take its place."""
        assert new.bound_ms is not None
        if new.source is not self._belief.source:
            return new.bound_ms < bound
        return new.source is Source.NTP or now - self._belief.monotonic >= RENEW_AFTER

    def _contradict(self, new: Estimate, now: float) -> Change | None:
        """Hear an estimate that excludes the belief: adopt it once it was said often enough."""
        fresh = now - self._belief.monotonic < 2 * RENEW_AFTER
        if fresh and RANK[new.source] < RANK[self._belief.source]:
            return None
        doubt = self._doubt
        assert new.bound_ms is not None
        agrees = doubt is not None and doubt.source is new.source
        if doubt is None or not agrees or abs(new.offset_ms - doubt.offset_ms) > 2 * new.bound_ms:
            self._doubts = 0
        self._doubt = new
        self._doubts += 1
        return self._adopt(new, suspect=True) if self._doubts >= CONFIRMATIONS else None

    def _believe(self, belief: Estimate) -> None:
        self._belief = belief
        self._unpacked = _Unpacked.of(belief)

    def _adopt(self, new: Estimate, *, suspect: bool) -> Change | None:
        old = self._belief
        self._believe(new)
        self._doubt, self._doubts = None, 0
        moved = new.offset_ms - old.offset_ms
        renewed = new.source is old.source and not suspect
        if renewed and (new.bound_ms is not None or abs(moved) < STEP_MS):
            return None
        return Change(moved, old.source, new.source, new.bound_ms, suspect)
