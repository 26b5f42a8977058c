"""Observations in the order in which they came → at most one fix for each UTC epoch. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from drivers.gnss.dates import Dated, utc
from drivers.gnss.days import Days
from drivers.gnss.decode import UNMEASURED, Observation
from drivers.gnss.epoch import Epoch
from drivers.gnss.sense import Fix, nonsense
from drivers.gnss.track import Track

RECENT = 10  # epochs; a receiver's habits change no faster


class Epochs:
    """Joins observations to epochs, and holds each against itself and the ones before.

    `dated` says what date a received one stands for (see `drivers.gnss.dates`).
    """

    def __init__(self, dated: Dated) -> None:
        self._days = Days(dated)
        self._epoch = Epoch()
        self._track = Track()
        self._witnesses: deque[int] = deque([0], maxlen=RECENT)
        self._damaged = 0  # epochs to come that damage may have cost a sentence
        self._in_view: dict[str, tuple[int, int]] = {}  # satellites, and epochs since told

    @property
    def pending(self) -> bool:
        """Whether an epoch has begun that was not told yet."""
        return self._epoch.pending

    def damage(self) -> None:
        """Note that something came which was no sentence: it may have been one of this epoch, or of
        the next.
        """
        self._damaged = 2

    def feed(self, observation: Observation, at: float) -> Fix | None:
        """Add a sentence that came `at`; return the epoch before it when it begins a new one."""
        if observation.in_view is not None:
            talker, satellites = observation.in_view
            self._in_view[talker] = satellites, 0
            return None
        finished = None
        if self._epoch.ends_before(observation):
            finished = self.flush()
            self._epoch = Epoch()
        self._epoch.add(observation, at)
        return finished

    def flush(self) -> Fix | None:
        """Return the epoch so far, once: what still comes of it is not told again."""
        if not self.pending:
            return None
        self._epoch.told = True
        fix = self._epoch.fix(self._count_in_view())
        if fix.place is not None:
            fix = self._judged(fix)
            self._witnesses.append(self._epoch.witnesses)
        self._damaged = max(0, self._damaged - 1)
        return fix

    def _judged(self, fix: Fix) -> Fix:
        """Return a position with its date, and with what makes it doubtful."""
        problems = [*self._epoch.warnings(), *nonsense(fix)]
        day = None
        if fix.time is not None:
            day, doubt = self._days.of(self._epoch.date, fix.time, fix.at)
            fix = replace(fix, utc=utc(day, fix.time) if day else None)
            problems += [doubt] if doubt else []
        if not problems and fix.fix not in UNMEASURED:
            doubt = self._track.doubt(fix, alone=self._alone)
            problems += [doubt] if doubt else []
        if not problems and day is not None and fix.time is not None:
            self._days.keep(day, fix.time, fix.at)
        return replace(fix, problem="; ".join(problems) or None)

    @property
    def _alone(self) -> bool:
        """Whether one sentence placed the epoch, where more were to be expected."""
        expected = max(self._witnesses) > 1 or self._damaged > 0
        return self._epoch.witnesses == 1 and expected

    def _count_in_view(self) -> int:
        """Return the satellites that were told of lately: constellations may be switched off."""
        aged = {talker: (count, age + 1) for talker, (count, age) in self._in_view.items()}
        self._in_view = {talker: told for talker, told in aged.items() if told[1] <= RECENT}
        return sum(count for count, _ in self._in_view.values())
