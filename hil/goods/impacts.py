"""Shocks of a journey: those of UN 38.3 T.4, falls and a forklift, with their physics."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import NamedTuple

GRAVITY = 9.80665  # m/s²
REBOUND = 0.3  # share of the speed with which a carton leaves the floor again
NOISE = 0.1  # g rms, of an ADXL375
BEFORE, AFTER = 0.5, 0.3  # s of rest around each


class Impact(NamedTuple):
    """A half-sine of `peak` g for `milliseconds`; `height` in m of a fall, else 0."""

    what: str
    peak: float
    milliseconds: float
    height: float = 0.0

    @property
    def delta_v(self) -> float:
        """Its change of velocity, m/s: the integral of a half-sine."""
        return 2.0 * self.peak * GRAVITY * self.milliseconds / 1000.0 / math.pi


def impacts(seed: int) -> list[Impact]:
    """Return the shocks of one journey."""
    rng = random.Random(f"{seed} impacts")
    found = [Impact("T.4, up to 12 kg", 150.0, 6.0), Impact("T.4, above 12 kg", 50.0, 11.0)]
    found += [_fall(rng.uniform(0.2, 1.0), rng.uniform(8.0, 20.0)) for _ in range(3)]
    found += [Impact("a forklift's fork", rng.uniform(12.0, 20.0), rng.uniform(25.0, 45.0))]
    return found


def _fall(height: float, milliseconds: float) -> Impact:
    """Return what a carton feels that falls from `height` m and rebounds."""
    speed = math.sqrt(2.0 * GRAVITY * height) * (1.0 + REBOUND)
    peak = speed * math.pi / (2.0 * GRAVITY * milliseconds / 1000.0)
    return Impact(f"a fall of {height:.2f} m", peak, milliseconds, height)


def samples(impact: Impact, rate: float, digit: float, rng: random.Random) -> Iterator[int]:
    """Yield x, y and z of each sample of a part, in digits, with rest before and after."""
    begin = BEFORE + rng.uniform(0.0, 1.0 / rate)
    length = impact.milliseconds / 1000.0
    for n in range(round((BEFORE + length + AFTER) * rate)):
        place = (n / rate - begin) / length
        pulse = impact.peak * math.sin(math.pi * place) if 0.0 <= place <= 1.0 else 0.0
        for rest in (0.0, 0.0, 1.0 + pulse):
            yield round((rest + rng.gauss(0.0, NOISE)) / digit)
