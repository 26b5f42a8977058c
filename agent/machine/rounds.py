"""Who looks now and then is woken together: each wake-up of an idle gateway costs system calls."""

from __future__ import annotations

from collections.abc import Callable

from drivers.driver import Timer, Timing

ROUND_S = 5.0


class Rounds:
    """Time whose sleeps end at whole rounds of the monotonic clock, half a round off at most."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing

    def monotonic(self) -> float:
        """See `Timing.monotonic`."""
        return self._timing.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after about `seconds`, with all others that sleep until then."""
        now = self._timing.monotonic()
        end = round((now + seconds) / ROUND_S) * ROUND_S
        await self._timing.sleep(end - now if end > now else end + ROUND_S - now)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """See `Timing.call_later`."""
        return self._timing.call_later(seconds, call)
