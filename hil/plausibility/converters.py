"""Months of what a part's converter says of air that rests, and of one that froze."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from drivers.sensors.standstill import MOST_EQUAL, Standstill

EVERY = 10  # s
VALUES = 30 * 86_400 // EVERY  # in a month


@dataclass(frozen=True, slots=True)
class Converter:
    """One of a part's values: `noise` in steps of its converter, as its data sheet has it."""

    name: str
    noise: float


CONVERTERS = (
    Converter("BME280 temperature", 1.0),  # BST-BME280-DS001 §3.4.4: 0.005 °C, steps of 0.005
    Converter("BME280 pressure", 1.26),  # the same: 3.3 Pa, steps of 2.6
    Converter("SHT3x, SHT4x temperature", 5.0),  # table 2: 0.04 °C is 3 sigma, steps of 0.0027
)
LESS_NOISE = 0.5  # of what the data sheet says: a good part, slowly moving air


def false_alarms(converter: Converter, rng: random.Random, values: int = VALUES) -> int:
    """Return how often resting air is taken for a standstill, within a month unless told."""
    still = Standstill()
    words = islice(_words(converter, rng), values)
    return sum(still.seen([word])[0] == MOST_EQUAL for word in words)


def is_found(converter: Converter, rng: random.Random) -> bool:
    """Tell whether a converter that freezes is found within twice MOST_EQUAL."""
    still = Standstill()
    words = list(islice(_words(converter, rng), MOST_EQUAL))
    frozen = [*words, *[words[-1]] * 2 * MOST_EQUAL]
    return any(still.seen([word])[0] >= MOST_EQUAL for word in frozen)


def _words(converter: Converter, rng: random.Random) -> Iterator[int]:
    """Yield words of air at rest where two of them are most often the same: amid a step."""
    sigma = converter.noise * LESS_NOISE
    while True:
        yield round(rng.gauss(0.0, sigma))
