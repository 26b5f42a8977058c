"""What the clock's teller said of the kernel's clock, as the agent reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

TOLD = Path("/run/tallyman-clock/bound")

EVERY_S = 16.0
"""The kernel's own daemons look every 32 to 64 s (RFC 5905 §7.2: minimum poll 16 s)."""

OLD_AFTER_S = 2.5 * EVERY_S

LOOK_S = 1.0
"""A word is read again after this long: a record must not cost a file opened."""

MAX_DRIFT_PPM = 500
"""By so much the kernel's maxerror grows with time (kernel/time/ntp.c, MAXFREQ)."""


class ToldBound:
    """The file as the agent reads it."""

    def __init__(self, monotonic: Callable[[], float], path: Path = TOLD) -> None:
        self._monotonic = monotonic
        self._path = path
        self._looked = -LOOK_S
        self._word: tuple[int, float] | None = None

    def bound_ms(self) -> int | None:
        """Return the clock's bound now, or None while nobody vouches for it; never raises."""
        now = self._monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            self._word = self._read()
        if self._word is None:
            return None
        bound, since = self._word
        age = now - since
        if not 0 <= age <= OLD_AFTER_S:
            return None
        return bound + int(age * MAX_DRIFT_PPM / 1000)

    def _read(self) -> tuple[int, float] | None:
        try:
            bound, since = self._path.read_text("ascii").split()
            return int(bound), float(since)
        except (OSError, ValueError):
            return None  # `-` for an unsynchronised clock, or no file: the same to us
