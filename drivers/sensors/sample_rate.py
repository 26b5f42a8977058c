"""The rate of a part's samples, by counting them: its own oscillator is off by some per cent."""

from __future__ import annotations

ENOUGH = 10.0  # s to count for: one burst more or less is then 0.2 %
FARTHEST = 0.15  # share of the nominal rate; what is counted beyond it was lost or garbage


class SampleRate:
    """Counts samples over monotonic time; `nominal` in Hz holds until there are enough."""

    def __init__(self, nominal: float) -> None:
        self._nominal = nominal
        self._since: float | None = None
        self._count = 0
        self.hertz = nominal

    def count(self, samples: int, now: float) -> None:
        """Take note of so many more samples, the newest taken `now`, in s."""
        if self._since is None:
            self._since = now
            return
        self._count += samples
        passed = now - self._since
        if passed >= ENOUGH:
            found = self._count / passed
            near = abs(found - self._nominal) <= FARTHEST * self._nominal
            self.hertz = found if near else self._nominal

    def begin_anew(self) -> None:
        """Count from the next samples on: some were lost."""
        self._since, self._count = None, 0
