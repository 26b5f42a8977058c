"""A signal by octaves: an orthogonal wavelet parts it in two halves, again and again. Pure.

The squares of all parts add up to that of the whole, so nothing of a vibration is lost or counted
twice. It parts softly: of a tone in the middle of an octave 95 % of the power are in it, of one at
its edge half.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

# Daubechies, Ten Lectures on Wavelets, table 6.1, N = 8
LOW = (
    0.05441584224308161,
    0.3128715909144659,
    0.6756307362980128,
    0.5853546836548691,
    -0.015829105256023893,
    -0.2840155429624281,
    0.00047248457399797254,
    0.128747426620186,
    -0.01736930100202211,
    -0.04408825393106472,
    0.013981027917015516,
    0.008746094047015655,
    -0.00487035299301066,
    -0.0003917403729959771,
    0.0006754494059985568,
    -0.00011747678400228192,
)
TAPS = len(LOW)
HIGH = tuple(-value if place % 2 else value for place, value in enumerate(reversed(LOW)))


class Halving:
    """Parts a signal that comes piece by piece; `power` is the sum of squares of its upper half."""

    def __init__(self) -> None:
        self._waiting: list[float] = []
        self.power = 0.0

    def lower(self, samples: Sequence[float]) -> list[float]:
        """Take more of the signal; return its lower half, at half the rate."""
        data = [*self._waiting, *samples]
        windows = [data[at : at + TAPS] for at in range(0, len(data) - TAPS + 1, 2)]
        self.power += sum(sum(map(mul, HIGH, window)) ** 2 for window in windows)
        self._waiting = data[2 * len(windows) :]
        return [sum(map(mul, LOW, window)) for window in windows]


class Octaves:
    """The power of a signal in each of so many octaves from half its rate down, and below them."""

    def __init__(self, count: int) -> None:
        self._halvings = [Halving() for _ in range(count)]
        self._rest: list[float] = []

    def add(self, samples: Sequence[float]) -> None:
        """Take more of the signal."""
        for halving in self._halvings:
            samples = halving.lower(samples)
        self._rest += samples

    def powers(self) -> list[float]:
        """Return the sums of squares, of the rest first, then up; begin to count anew.

        What does not change, as gravity, is in none of them.
        """
        mean = sum(self._rest) / len(self._rest) if self._rest else 0.0
        found = [sum((value - mean) ** 2 for value in self._rest)]
        found += [halving.power for halving in reversed(self._halvings)]
        self._rest = []
        for halving in self._halvings:
            halving.power = 0.0
        return found
