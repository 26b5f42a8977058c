"""Which of a receiver's epochs are worth a reading, and what they say in words. Pure."""

from __future__ import annotations

import math

from drivers.cause import DeviceCause
from drivers.gnss.causes import DOUBTFUL, OLD_DATE
from drivers.gnss.geodesy import Place
from drivers.gnss.sense import Fix
from foundation.counting import counted

EARLY = 0.25  # share of the interval a fix may come too soon: epochs jitter
LOSS_AGAIN = 60.0  # s; a fix that flickers is told to be lost once a minute


class Telling:
    """Thins the fixes of one receiver to one each `interval` seconds, and the losses of its fix."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._newest: tuple[int, Place] | None = None  # time and place of the newest fix
        self._lost_at: float | None = None  # since when there is none
        self._loss_told = -math.inf
        self._due = -math.inf

    def begin(self) -> None:
        """Begin a session: what comes first is due."""
        self._lost_at, self._due = None, -math.inf

    def repeats(self, fix: Fix) -> bool:
        """Whether the receiver hangs: after a reopening the epoch before is new to nobody."""
        if fix.time is None or fix.place is None:
            return False
        newest, self._newest = self._newest, (fix.time, fix.place)
        return newest == self._newest

    def due(self, fix: Fix, *, asked: bool) -> bool:
        """Whether to tell a position; `asked`: somebody waits for one."""
        self._lost_at = None
        if fix.at + EARLY * self._interval < self._due and not asked:
            return False
        self._due = max(self._due, fix.at) + self._interval
        return True

    def lost(self, fix: Fix) -> tuple[float, bool]:
        """Return for how long there has been no fix, in seconds, and whether to tell it now."""
        before, self._lost_at = self._lost_at, fix.at if self._lost_at is None else self._lost_at
        tell = before is None and fix.at - self._loss_told >= LOSS_AGAIN
        if tell:
            self._loss_told = fix.at
        return fix.at - self._lost_at, tell


def in_words(fix: Fix) -> tuple[str, DeviceCause | None]:
    """Return what there is to say of a position, and the row of what is wrong with it, if any."""
    text = f"{fix.fix} fix, {counted(fix.satellites or 0, 'satellite')} used"
    if fix.utc is None:
        text = f"{text}, date unknown"
    if fix.problem:
        return f"{text}, but doubtful: {fix.problem}", DOUBTFUL
    return text, OLD_DATE if fix.utc is None else None
