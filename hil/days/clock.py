"""The machine's clocks on a trip: what its battery, its network and whoever lies make of them."""

from __future__ import annotations

from hil.days.devices import UP_S, DayTiming
from hil.days.signals import STARTED
from hil.days.trip import HOUR, Trip

NTP_MS = 50


class DayClock:
    """See `SystemClock`. `off_since` is when the run before ended, None at the day's beginning.

    Without a battery the clock goes on from the last full hour that was saved, until a time server
    sets it.
    """

    def __init__(self, trip: Trip, timing: DayTiming, off_since: float | None) -> None:
        self._trip = trip
        self._timing = timing
        saved = None if off_since is None else off_since - off_since % HOUR
        self._lags = 0.0 if saved is None or trip.has_rtc else timing.booted - saved

    def monotonic(self) -> float:
        """See `SystemClock.monotonic`."""
        return self._timing.monotonic()

    def wall_offset_ms(self) -> int:
        """See `SystemClock.wall_offset_ms`."""
        at = self._timing.of_day()
        if self._served(at):
            self._lags = 0.0
            said = self._lie(self._trip.ntp_lies, at)
        else:
            said = self._lie(self._trip.system_set, at) - self._lags
        booted = STARTED.timestamp() + self._timing.booted - UP_S
        return round((booted + said) * 1000)

    def _served(self, at: float) -> bool:
        """Whether a time server is reached."""
        return not any(span.has(at) for span in self._trip.no_network)

    @staticmethod
    def _lie(lie: tuple[float, float], at: float) -> float:
        since, seconds = lie
        return seconds if at >= since else 0.0

    def ntp_bound_ms(self) -> int | None:
        """See `SystemClock.ntp_bound_ms`."""
        return NTP_MS if self._served(self._timing.of_day()) else None

    def has_rtc(self) -> bool:
        """See `SystemClock.has_rtc`."""
        return self._trip.has_rtc
