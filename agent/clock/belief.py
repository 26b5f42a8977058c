"""Who may say what time it is, and what the gateway then believes."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Source(StrEnum):
    """Who says what time it is, from the weakest to the strongest."""

    NONE = "none"  # the system clock as it came up: 1970, or the last shutdown's time
    RTC = "rtc"  # the system clock as the kernel read it from a battery-backed chip at boot
    QUORUM = "quorum"  # the ledger's witnesses: not earlier than this
    NITZ = "nitz"  # the mobile network, by the modem
    GNSS = "gnss"  # one receiver; who sends what it hears is not proven
    NTP = "ntp"  # the kernel's clock, kept by chrony, ntpd or timesyncd


RANK = {source: rank for rank, source in enumerate(Source)}

DRIFT_PPM = 500
"""Growth of the bound in holdover: the kernel lets time_maxerror grow by MAXFREQ = 500 ppm
(kernel/time/ntp.c), also the most by which it slews CLOCK_MONOTONIC."""

WITNESSES_AHEAD_S = 300
"""What witnesses sign may be this far in the future (docs/PROTOCOL.md, "Light client"): clocks of
honest ones differ by less."""


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

    def excludes(self, other: Estimate, now: float) -> bool:
        """Whether not both can be true; one without a bound excludes nothing."""
        bound, others = self.bound_at(now), other.bound_at(now)
        if bound is None or others is None:
            return False
        return abs(other.offset_ms - self.offset_ms) > bound + others


def held_over(bound_ms: int | None, age_ms: int) -> int | None:
    """Return a bound after so much time; None stays None.

    Whole milliseconds, as in the records: so the bounds of a batch are one run of its body.
    """
    if bound_ms is None or age_ms <= 0:
        return bound_ms
    return bound_ms + age_ms * DRIFT_PPM // 1_000_000


class Unpacked(NamedTuple):
    """A belief as stamps need it: each reading takes one."""

    offset_ms: int
    source: str
    bound_ms: int | None
    since_ms: int

    @classmethod
    def of(cls, belief: Estimate) -> Unpacked:
        """Unpack a belief, once for all stamps under it."""
        since_ms = milliseconds(belief.monotonic)
        return cls(belief.offset_ms, str(belief.source), belief.bound_ms, since_ms)
