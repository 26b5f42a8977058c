"""Mean kinetic temperature, USP <1160>: the steady temperature that would age goods as much. Pure.

Each value weighs as much as the valid time in which it held; unknown time weighs nothing. It is a
line in a report: a mean says nothing of how far from it the goods ever were.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from agent.rules.valid_time import Span

GAS_CONSTANT = 8.3144e-3  # kJ/(mol·K), USP <1160>
ACTIVATION_ENERGY = 83.144  # kJ/mol, the same: of most medicines
ZERO_CELSIUS = 273.15  # K


def highest_mkt(spans: Iterable[Span], window: int, activation_energy: float) -> float | None:
    """Return the largest mean kinetic temperature of any `window` ms long, in °C.

    Where all is shorter than the window, that of all; None where no time is valid.
    """
    known = [each for each in spans if each.value is not None and each.start < each.end]
    if not known:
        return None
    sums = _Sums(known, activation_energy / GAS_CONSTANT)
    first, last = known[0].start, known[-1].end
    if last - first <= window:
        return sums.mkt(first, last)
    # Between two edges the mean moves one way only: the largest begins or ends at one of them.
    starts = [each.start for each in known if each.start + window <= last]
    ends = [each.end - window for each in known if each.end - window >= first]
    found = (sums.mkt(start, start + window) for start in (*starts, *ends))
    return max((each for each in found if each is not None), default=None)


def mkt_of(times: Mapping[float, int], activation_energy: float) -> float | None:
    """Return that of values in °C, each with the valid time that it held (ms), in °C.

    It depends on the times only, not on their order; None where no time is valid.
    """
    energy = activation_energy / GAS_CONSTANT
    amount = math.fsum(time * _speed(value, energy) for value, time in times.items())
    return _celsius(energy, amount, sum(times.values()))


def _speed(celsius: float, energy: float) -> float:
    """Return how fast goods age, by Arrhenius, `energy` in K; nothing does at absolute zero."""
    kelvin = celsius + ZERO_CELSIUS
    return math.exp(-energy / kelvin) if kelvin > 0.0 else 0.0


def _celsius(energy: float, amount: float, time: int) -> float | None:
    """Return the temperature at which the reaction `amount` takes `time`."""
    if not time or not 0.0 < amount / time < 1.0:  # the ends are no temperature of goods
        return None
    return energy / -math.log(amount / time) - ZERO_CELSIUS


class _Sums:
    """Running sums over spans: of their time, and of the reaction in it."""

    def __init__(self, spans: Sequence[Span], energy: float) -> None:
        self._energy = energy  # K
        self._spans = spans
        self._starts = [each.start for each in spans]
        self._speeds = [_speed(each.value or 0.0, energy) for each in spans]
        lengths = [each.end - each.start for each in spans]
        amounts = [x * y for x, y in zip(lengths, self._speeds, strict=True)]
        self._times = [0, *accumulate(lengths)]
        self._amounts = [0.0, *accumulate(amounts)]

    def mkt(self, start: int, end: int) -> float | None:
        """Return it between two moments; None where none of the time is valid."""
        time = self._upto(end)[0] - self._upto(start)[0]
        amount = self._upto(end)[1] - self._upto(start)[1]
        return _celsius(self._energy, amount, time)

    def _upto(self, moment: int) -> tuple[int, float]:
        """Return the valid time before a moment, and the reaction in it; not of one before all."""
        index = bisect_right(self._starts, moment) - 1
        span = self._spans[index]
        part = min(moment, span.end) - span.start
        return self._times[index] + part, self._amounts[index] + part * self._speeds[index]
