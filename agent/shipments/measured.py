"""One value of one sensor on the way: extremes, mean, mean kinetic temperature. Pure.

Mean and MKT weigh each value by the valid time in which it held. What is unknown is told beside.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from agent.rules.mkt import ACTIVATION_ENERGY, mkt_of
from agent.rules.valid_time import Sample
from agent.shipments.held import Held, known
from drivers.kind import Field

TEMPERATURE = "temperature"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a sensor measured; None where no value is known. All times in ms.

    `values` counts those that are believed, `doubtful` the others. `interval_ms` is the nominal
    one, `declared` whether the gateway said so, else it is found from the values; None: there are
    too few. `at_least`: `highest` is where the measuring range ends, and the true value is larger.
    """

    device: str
    field: str
    unit: str
    interval_ms: int | None
    declared: bool
    values: int
    doubtful: int
    lowest: float | None
    highest: float | None
    at_least: bool
    mean: float | None
    mkt: float | None
    valid_ms: int
    unknown_ms: int


@dataclass(slots=True)
class Tally:
    """What a leg adds up to of one value; those of several legs add up in turn."""

    times: Counter[float | None] = field(default_factory=Counter)
    values: int = 0
    doubtful: int = 0
    lowest: float | None = None
    highest: float | None = None
    at_least: bool = False

    def take(self, sample: Sample) -> None:
        """Count one more sample."""
        if sample.value is None:
            self.doubtful += 1
            return
        self.values += 1
        self._widen(sample.value, sample.value)
        self.at_least |= sample.floor

    def add(self, other: Self) -> None:
        """Add what another leg adds up to."""
        self.times.update(other.times)
        self.values += other.values
        self.doubtful += other.doubtful
        if other.lowest is not None and other.highest is not None:
            self._widen(other.lowest, other.highest)
        self.at_least |= other.at_least

    def _widen(self, lowest: float, highest: float) -> None:
        self.lowest = lowest if self.lowest is None else min(self.lowest, lowest)
        self.highest = highest if self.highest is None else max(self.highest, highest)

    def told(self, device: str, of: Field, interval_ms: int | None, *, declared: bool) -> Measured:
        """Return it as what a device measured of a field."""
        times = known(self.times)
        return Measured(
            device=device,
            field=of.name,
            unit=of.unit,
            interval_ms=interval_ms,
            declared=declared,
            values=self.values,
            doubtful=self.doubtful,
            lowest=self.lowest,
            highest=self.highest,
            at_least=self.at_least,
            mean=_mean(times, of.scale),
            mkt=mkt_of(times, ACTIVATION_ENERGY) if of.name == TEMPERATURE else None,
            valid_ms=sum(times.values()),
            unknown_ms=self.times[None],
        )


def _mean(times: dict[float, int], scale: int) -> float | None:
    """Return the mean, from whole numbers: whoever adds up in another order has the same."""
    factor: int = 10**-scale
    total = sum(times.values())
    if not total:
        return None
    return sum(round(value * factor) * time for value, time in times.items()) / (total * factor)


class Series:
    """The values of one leg as they come."""

    def __init__(self, held: Held) -> None:
        self.tally = Tally()
        self.held = held

    def take(self, sample: Sample) -> None:
        """Count one more sample."""
        self.held.take(sample)
        self.tally.take(sample)

    def finish(self, moment: int) -> Tally:
        """Return what the leg that ends at a moment adds up to."""
        self.held.pass_until(moment)
        self.tally.times = self.held.times
        return self.tally

    def cut(self, moment: int) -> Series:
        """Return what goes on in the leg that begins at a moment."""
        return Series(self.held.cut(moment))
