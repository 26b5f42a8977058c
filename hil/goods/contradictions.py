"""Sensors that do not tell of the goods: what was done to one, and which doubts it must raise."""

from __future__ import annotations

import random
from typing import NamedTuple

from hil.plausibility.months import (
    ROOMS,
    Values,
    frozen_at,
    iced,
    month,
    self_heated,
    switched_off_at_night,
)

WARMER = 15.0  # °C of the hall, against the cold room
HOURS = 12  # values of 5 min in an hour


class Contradiction(NamedTuple):
    """A sensor's values and its neighbour's; `doubts`: of these at least one must be raised."""

    what: str
    values: Values
    beside: Values
    doubts: frozenset[str]


def contradictions(seed: int) -> list[Contradiction]:
    """Return one of each, from the first cold room; the first ones are none."""
    rng = random.Random(f"{seed} contradictions")
    values, beside = month(ROOMS[0], rng)
    at_night = switched_off_at_night(values)
    return [
        Contradiction("nothing", values, beside, frozenset()),
        Contradiction("unplugged for the night", at_night, beside, frozenset()),
        Contradiction("ice on it", iced(values, rng), beside, frozenset({"apart", "too-fast"})),
        Contradiction("it froze", frozen_at(values, rng), beside, frozenset({"stuck"})),
        Contradiction("warms itself", self_heated(at_night), beside, frozenset({"self-heated"})),
        Contradiction("hangs outside", outside(values, rng), beside, frozenset({"apart"})),
        Contradiction("at the door", moved(values, rng), beside, frozenset({"apart"})),
    ]


def outside(values: Values, rng: random.Random) -> Values:
    """Return the values of a probe that fell out of the cold room for a day."""
    at = rng.randrange(len(values) - 30 * HOURS)
    return [(t, v + WARMER if at <= n < at + 24 * HOURS else v) for n, (t, v) in enumerate(values)]


def moved(values: Values, rng: random.Random) -> Values:
    """Return the values of a sensor that was slowly carried to a warm place, and back."""
    at = rng.randrange(len(values) - 10 * HOURS)
    steps = [*range(HOURS), *[HOURS] * 4 * HOURS, *range(HOURS, 0, -1)]
    warmth = dict(zip(range(at, at + len(steps)), steps, strict=True))
    return [(t, v + 6.0 * warmth.get(n, 0) / HOURS) for n, (t, v) in enumerate(values)]
