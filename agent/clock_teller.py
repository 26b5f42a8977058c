"""Telling the agent how good the kernel's clock is, through a file in /run.

adjtimex(2) reads what it could also change, so the unit of the agent forbids it. A small process
that may do nothing else (systemd/tallyman-clock.service) asks in its place. Should it die, its
last word grows old, and the agent takes the clock for unsynchronised: that errs on the safe side.
"""

from __future__ import annotations

import os
import time
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


def tell(path: Path, bound: int | None, now: float) -> None:
    """Replace the file at once by what is known at monotonic `now`; it lies in memory."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(f"{'-' if bound is None else bound} {now}\n", "ascii")
    temporary.replace(path)


def main() -> None:
    """Tell every EVERY_S, until ended."""
    from agent.kernel_clock import KernelClock  # noqa: PLC0415  which reads this module's file

    os.umask(0o022)
    clock = KernelClock()
    while True:
        tell(TOLD, clock.kernel_bound_ms(), clock.monotonic())
        time.sleep(EVERY_S)
