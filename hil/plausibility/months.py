"""Months of a cold room that fares well, and days on which something is wrong with its sensor."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

MINUTE, DAY = 60_000, 86_400_000  # ms
EVERY = 5 * MINUTE
DAYS = 30
NIGHT = 6 * 60 * MINUTE  # of a day

Values = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Room:
    """A room at `middle` °C that swings by `swing` a day, and a sensor of `step` and `noise`."""

    name: str
    middle: float
    swing: float
    noise: float
    step: float


ROOMS = (
    Room("cold room, fine sensor", 5.0, 0.8, 0.05, 0.01),
    Room("cold room, steps of 0.5 °C", 5.0, 0.8, 0.05, 0.5),
    Room("warehouse, steps of 0.0625 °C", 18.0, 4.0, 0.1, 0.0625),
)


def month(room: Room, rng: random.Random) -> tuple[Values, Values]:
    """Return a sensor's month and its neighbour's: day, compressor, doors, noise."""
    doors = list(_doors(rng))
    offset = rng.gauss(0.0, 0.3)
    times = range(0, DAYS * DAY, EVERY)
    air = [_air(room, doors, at) for at in times]
    return (
        [(at, _seen(room, warm, rng)) for at, warm in zip(times, air, strict=True)],
        [(at, _seen(room, warm * 0.9 + room.middle * 0.1 + offset, rng))
         for at, warm in zip(times, air, strict=True)],
    )  # fmt: skip


def frozen_at(values: Values, rng: random.Random) -> Values:
    """Return a month in which the sensor stops to move for a day."""
    at = rng.randrange(len(values) - 300)
    return [(time, values[at][1] if at <= n < at + 288 else v) for n, (time, v) in _each(values)]


def iced(values: Values, rng: random.Random) -> Values:
    """Return a month in which ice lies on the sensor for two hours."""
    at = rng.randrange(len(values) - 300)
    return [(time, v - 12.0 if at <= n < at + 24 else v) for n, (time, v) in _each(values)]


def switched_off_at_night(values: Values) -> Values:
    """Return a month in which the sensor is off for six hours of each day."""
    return [(at, v) for at, v in values if at % DAY >= NIGHT]


def self_heated(values: Values) -> Values:
    """Return a month in which the sensor warms itself by 3 °C, from each start on anew."""
    warmed, started, before = [], 0, -DAY
    for at, value in values:
        started = at if at - before > 2 * EVERY else started
        warmed.append((at, value + 3.0 * (1.0 - math.exp(-(at - started) / (10 * MINUTE)))))
        before = at
    return warmed


def _each(values: Values) -> Iterator[tuple[int, tuple[int, float]]]:
    return enumerate(values)


def _doors(rng: random.Random) -> Iterator[tuple[int, float]]:
    """Yield about six openings a day: when, and by how many °C the air warms."""
    for _ in range(6 * DAYS):
        yield rng.randrange(DAYS * DAY), rng.uniform(1.0, 5.0)


def _air(room: Room, doors: list[tuple[int, float]], at: int) -> float:
    day = room.swing * math.sin(2.0 * math.pi * at / DAY)
    compressor = 0.3 * math.sin(2.0 * math.pi * at / (23 * MINUTE))
    return room.middle + day + compressor + sum(_opened(at - when, by) for when, by in doors)


def _opened(since: int, by: float) -> float:
    """Return what is left of an opened door's warmth: it comes in 5 min and goes in 15."""
    if not 0 <= since < 120 * MINUTE:
        return 0.0
    return by * min(1.0, since / (5 * MINUTE)) * math.exp(-since / (15 * MINUTE))


def _seen(room: Room, air: float, rng: random.Random) -> float:
    return round((air + rng.gauss(0.0, room.noise)) / room.step) * room.step
