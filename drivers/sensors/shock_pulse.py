"""What a recorded shock was: peak, duration, velocity change, and how far to believe it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from drivers.reading import Quality
from drivers.sensors.half_sine import HalfSine, fit

STANDARD_GRAVITY = 9.80665  # m/s² per g, ISO 80000-3
PULSE_LEVEL = 0.10  # share of the peak between whose crossings the duration is measured
SATURATION = 0.95  # share of the range from which on the true peak may be larger
FEWEST_SAMPLES = 10  # in a pulse: one then lies above 98.8 % of a half-sine's peak

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Pulse:
    """A shock pulse.

    `peak` in g is the largest magnitude after the resting acceleration was taken off; `duration`
    in ms lies between the crossings of PULSE_LEVEL, interpolated; `delta_v` in m/s is the magnitude
    of the velocity change over that time; `samples` counts the samples in it. `complete` is False
    when the pulse goes on beyond the recorded samples: duration and `delta_v` are then too small.
    `axes` are the largest deviations from rest along x, y and z, in g, with their signs. `shape` is
    the half-sine nearest to the pulse.
    """

    peak: float
    duration: float
    delta_v: float
    samples: int
    saturated: bool
    complete: bool
    axes: Vector
    shape: HalfSine

    @property
    def fall(self) -> float:
        """Height in m of a fall that ends so, without a rebound; with one it was less, to 1/4."""
        return self.delta_v**2 / (2.0 * STANDARD_GRAVITY)

    @property
    def undersampled(self) -> bool:
        """Whether too few samples lie in the pulse to trust its peak."""
        return self.samples < FEWEST_SAMPLES

    @property
    def quality(self) -> Quality:
        """The worst that can be said of it."""
        if self.saturated:
            return Quality.SATURATED
        if self.undersampled:
            return Quality.UNDERSAMPLED
        return Quality.OK if self.complete else Quality.SUSPECT


def analyse(samples: Sequence[Vector], resting: int, rate: float, full_scale: float) -> Pulse:
    """Describe the pulse around the largest of `samples` (g, `rate` per second).

    The first `resting` samples (at least one) are taken as the time before the pulse.
    `full_scale` in g is the range of each axis.
    """
    rest = baseline(samples[:resting])
    pulse = [(x - rest[0], y - rest[1], z - rest[2]) for x, y, z in samples]
    sizes = [math.hypot(*vector) for vector in pulse]
    peak = max(sizes)
    first, last = around_peak(sizes, PULSE_LEVEL * peak)
    begin, end = crossings(sizes, first, last, PULSE_LEVEL * peak)
    return Pulse(
        peak=peak,
        duration=1000.0 * (end - begin) / rate,
        delta_v=velocity_change(pulse, begin, end) / rate,
        samples=last - first + 1,
        saturated=any(abs(value) >= SATURATION * full_scale for v in samples for value in v),
        complete=first > 0 and last < len(sizes) - 1,
        axes=largest(pulse),
        shape=fit(along(pulse, sizes.index(peak)), begin, end, rate),
    )


def largest(pulse: Sequence[Vector]) -> Vector:
    """Return the value of largest size along each axis."""
    x, y, z = (max(axis, key=abs) for axis in zip(*pulse, strict=True))
    return x, y, z


def along(pulse: Sequence[Vector], index: int) -> list[float]:
    """Return the acceleration in the direction of the sample at `index`."""
    peak = math.hypot(*pulse[index]) or 1.0
    x, y, z = (value / peak for value in pulse[index])
    return [x * a + y * b + z * c for a, b, c in pulse]


def baseline(samples: Sequence[Vector]) -> Vector:
    """Return the resting acceleration per axis: gravity and offset, robust against one outlier."""
    x, y, z = (median(axis) for axis in zip(*samples, strict=True))
    return x, y, z


def around_peak(sizes: Sequence[float], level: float) -> tuple[int, int]:
    """Return the first and last index of the run at or above `level` that holds the largest."""
    first = last = sizes.index(max(sizes))
    while first > 0 and sizes[first - 1] >= level:
        first -= 1
    while last < len(sizes) - 1 and sizes[last + 1] >= level:
        last += 1
    return first, last


def crossings(sizes: Sequence[float], first: int, last: int, level: float) -> tuple[float, float]:
    """Return where the run rises and falls through `level`, in samples, between the indices."""
    begin, end = float(first), float(last)
    if first > 0:
        begin -= (sizes[first] - level) / (sizes[first] - sizes[first - 1])
    if last < len(sizes) - 1:
        end += (sizes[last] - level) / (sizes[last] - sizes[last + 1])
    return begin, end


def velocity_change(pulse: Sequence[Vector], begin: float, end: float) -> float:
    """Return the magnitude of the trapezoid integral from `begin` to `end` in m/s² · samples."""
    inner = range(math.ceil(begin), math.floor(end) + 1)
    places = sorted({begin, *map(float, inner), end})
    axes = (
        sum(
            (right - left) * (at(pulse, left, n) + at(pulse, right, n)) / 2.0
            for left, right in pairwise(places)
        )
        for n in range(3)
    )
    return STANDARD_GRAVITY * math.hypot(*axes)


def at(pulse: Sequence[Vector], place: float, axis: int) -> float:
    """Return the acceleration of `axis` at a place between samples."""
    left = min(math.floor(place), len(pulse) - 1)
    right = min(left + 1, len(pulse) - 1)
    return pulse[left][axis] + (place - left) * (pulse[right][axis] - pulse[left][axis])
