"""For how long which value held, on valid time: a fold over samples. Pure."""

from __future__ import annotations

from collections import Counter

from agent.rules.valid_time import Sample, spans

UNTIL_NEXT = 1 << 62  # ms; of what is told only when it changes


class Held:
    """The time of each value from the moment `start` on, ms; None: of what nobody knows.

    A value holds until the next one, for `reach` ms at most.
    """

    def __init__(self, start: int, reach: int) -> None:
        self.times: Counter[float | None] = Counter()
        self._reach = reach
        self._last = Sample(start, None)
        self._upto = start

    def take(self, sample: Sample) -> None:
        """Have a sample hold from its moment on; one from the past counts as of now."""
        self.pass_until(sample.at)
        self._last = sample._replace(at=self._upto)

    def lose(self, moment: int) -> None:
        """Have nobody know the value from a moment on."""
        self.take(Sample(moment, None))

    def pass_until(self, moment: int) -> None:
        """Count the time up to a moment. A value that is but a lower bound is not known."""
        now = max(moment, self._upto)
        for span in spans(self._last, now, self._reach):
            value = None if span.floor else span.value
            self.times[value] += max(0, span.end - max(span.start, self._upto))
        self._upto = now

    def cut(self, moment: int) -> Held:
        """Return what goes on from a moment: the same value, and no time counted yet."""
        self.pass_until(moment)
        rest = Held(self._upto, self._reach)
        rest._last = self._last
        return rest


def known(times: Counter[float | None]) -> dict[float, int]:
    """Return the times of known values, from the smallest value up."""
    values = sorted(value for value in times if value is not None)
    return {value: times[value] for value in values}
