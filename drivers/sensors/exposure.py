"""What an accelerometer felt in a minute or so: RMS by axis and band, peaks, a histogram. Pure."""

from __future__ import annotations

import math
import struct
from bisect import bisect_right
from collections.abc import Sequence
from operator import mul

from drivers.sensors.kinds import BANDS, CLASSES
from drivers.sensors.octaves import Octaves

AXES = "xyz"
LOWEST_OCTAVE = 6.25  # Hz
CLASS = struct.Struct(f">{len(CLASSES) + 1}H")


class Axis:
    """One axis, in digits."""

    def __init__(self, octaves: int) -> None:
        self._octaves = Octaves(octaves)
        self._begin()

    def _begin(self) -> None:
        self.total = self.squares = 0
        self.least, self.most = 0, 0
        self.count = 0

    def add(self, values: Sequence[int]) -> None:
        """Take more values."""
        least, most = min(values), max(values)
        if self.count:
            least, most = min(least, self.least), max(most, self.most)
        self.least, self.most = least, most
        self.count += len(values)
        self.total += sum(values)
        self.squares += sum(map(mul, values, values))
        self._octaves.add(values)

    def taken(self) -> tuple[float, float, list[float]]:
        """Return RMS, peak and the RMS of each band, all without the mean; begin anew."""
        count, mean = self.count, self.total / self.count
        rms = math.sqrt(max(0.0, self.squares / count - mean * mean))
        peak = max(self.least - mean, self.most - mean, key=abs)
        bands = [math.sqrt(power / count) for power in self._octaves.powers()]
        self._begin()
        return rms, peak, bands


class Exposure:
    """Sums up samples; `digit` is what one of theirs means in g, `rate` what they come at, Hz.

    The rate is an octave of LOWEST_OCTAVE; what it comes to exactly shifts the bands as much.
    """

    def __init__(self, digit: float, rate: float) -> None:
        self._digit = digit
        self._rate = round(rate)
        self._count = round(math.log2(rate / LOWEST_OCTAVE)) - 1
        self._axes = [Axis(self._count) for _ in AXES]
        self._second: list[int] = []  # the values of one that is not full
        self._histogram = [0] * (len(CLASSES) + 1)
        self.gaps = 0

    @property
    def samples(self) -> int:
        """How many it has."""
        return self._axes[0].count

    @property
    def fields(self) -> list[str]:
        """The names of what `taken` returns, but for `gaps`."""
        names = ["rms", *(f"rms_{axis}" for axis in AXES), *(f"peak_{axis}" for axis in AXES)]
        names += [f"{axis}_{band}" for axis in AXES for band in self._bands]
        return [*names, "histogram", "samples", "rate"]

    @property
    def _bands(self) -> Sequence[int]:
        return BANDS[: self._count + 1]

    def add(self, values: Sequence[int]) -> None:
        """Take more samples: x, y and z of each, in digits."""
        if not values:
            return
        for place, axis in enumerate(self._axes):
            axis.add(values[place::3])
        self._second += values
        size = 3 * self._rate
        while len(self._second) >= size:
            self._count_second(self._second[:size])
            del self._second[:size]

    def gap(self) -> None:
        """Note that samples were lost."""
        self.gaps += 1
        self._second.clear()

    def _count_second(self, values: Sequence[int]) -> None:
        count = self._rate
        axes = [values[place::3] for place in range(3)]
        squares = sum(sum(map(mul, axis, axis)) / count - (sum(axis) / count) ** 2 for axis in axes)
        size = self._digit * math.sqrt(max(0.0, squares))
        self._histogram[bisect_right(CLASSES, size)] += 1

    def taken(self, rate: float) -> dict[str, float | int | bytes | None]:
        """Return the fields of a `vibration` reading, at least one sample there; begin anew."""
        samples, digit = self.samples, self._digit
        taken = [axis.taken() for axis in self._axes]
        values: list[float] = [digit * math.hypot(*(rms for rms, _, _ in taken))]
        values += [digit * rms for rms, _, _ in taken]
        values += [digit * peak for _, peak, _ in taken]
        for _, _, bands in taken:
            values += [digit * each for each in self._joined(bands)]
        last = CLASS.pack(*self._histogram), samples, rate
        found: dict[str, float | int | bytes | None] = dict(
            zip(self.fields, (*values, *last), strict=True)
        )
        if self.gaps:
            found["gaps"] = self.gaps
        self._histogram, self.gaps = [0] * (len(CLASSES) + 1), 0
        return found

    def _joined(self, bands: Sequence[float]) -> list[float]:
        """Return the bands as records have them: what lies above the last begins with it."""
        most = len(self._bands) - 1
        return [*bands[:most], math.hypot(*bands[most:])]
