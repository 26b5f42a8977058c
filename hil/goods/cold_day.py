"""Days of a refrigerator for the profile 2-8, minute by minute, with what befell it.

The truth is written down while a day is made, and not found in its values.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import NamedTuple

RULES = ("too warm", "too cold", "far too warm", "frozen", "warm for a day")
WARM_RULES, COLD_RULES = ("too warm", "warm for a day"), ("too cold",)
ALARM_AFTER = 30  # min of `too warm` and `too cold`
WARM = 8.0  # °C
ICED, UNPLUGGED = 0.5, 0.7  # shares of the days
REACH = 1.5  # min for which a value of each minute holds
ENERGY = 83.144 / 8.3144e-3  # K, USP <1160>


class Told(NamedTuple):
    """The state of a rule between two minutes of the day."""

    rule: str
    state: str
    start: float
    end: float


@dataclass
class ColdDay:
    """`values` are minutes and °C; `turns` are the moments at which rules change, and to what."""

    rng: random.Random
    values: list[tuple[int, float]] = field(default_factory=list)
    turns: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)
    minute: int = 0

    def __post_init__(self) -> None:
        self.turns = {rule: [(0.0, "ok")] for rule in RULES}

    def well(self, minutes: int) -> None:
        """Let all be well for a while."""
        self._measure(minutes, 3.5, 6.5)

    def beyond(self, what: str, minutes: int, low: float, high: float) -> None:
        """Let it be too warm or too cold for a while."""
        rules = WARM_RULES if low > WARM else COLD_RULES
        start = self.minute
        self.story.append(f"{what} at minute {start} for {minutes} min")
        for rule in rules:
            self.turns[rule].append((start, "excursion"))
        if minutes > ALARM_AFTER:
            self.turns[rules[0]].append((start + ALARM_AFTER, "alarm"))
        self._measure(minutes, low, high)
        for rule in rules:
            if self.turns[rule][-1][1] != "alarm":  # which lasts until a person ends it
                self.turns[rule].append((self.minute, "ok"))

    def silent(self, minutes: int) -> None:
        """Let the sensor be unplugged for a while."""
        self.story.append(f"unplugged at minute {self.minute} for {minutes} min")
        for turns in self.turns.values():
            turns.append((self.minute - 1 + REACH, "unknown"))
            turns.append((self.minute + minutes, "ok"))
        self.minute += minutes

    def _measure(self, minutes: int, low: float, high: float) -> None:
        for _ in range(minutes):
            self.values.append((self.minute, round(self.rng.uniform(low, high), 2)))
            self.minute += 1

    def truth(self) -> list[Told]:
        """Return the states of all rules, in their order."""
        found = []
        for rule, turns in self.turns.items():
            ends = [start for start, _ in turns[1:]]
            for (start, state), end in zip(turns, [*ends, float(self.minute)], strict=True):
                found.append(Told(rule, state, start, end))
        return found

    def mkt(self) -> float:
        """Return the mean kinetic temperature of the day, as with a pencil."""
        befores = zip(self.values, self.values[1:], strict=False)
        holds = [min(later - at, REACH) for (at, _), (later, _) in befores] + [1.0]
        speeds = [math.exp(-ENERGY / (celsius + 273.15)) for _, celsius in self.values]
        mean = sum(x * y for x, y in zip(holds, speeds, strict=True)) / sum(holds)
        return ENERGY / -math.log(mean) - 273.15


def cold_day(seed: int) -> ColdDay:
    """Return a day of doors, draughts and a pulled plug; every other one ends with an alarm."""
    rng = random.Random(f"{seed} cold day")
    day = ColdDay(rng)
    day.well(rng.randrange(30, 90))
    for _ in range(rng.randrange(1, 4)):
        day.beyond("a door opened", rng.randrange(3, 26), 8.5, 14.0)
        day.well(rng.randrange(30, 90))
    if rng.random() < ICED:
        day.beyond("an evaporator iced up", rng.randrange(3, 26), 0.2, 1.7)
        day.well(rng.randrange(30, 90))
    if rng.random() < UNPLUGGED:
        day.silent(rng.randrange(5, 120))
        day.well(rng.randrange(30, 90))
    if seed % 2:
        day.beyond("a door was left open", rng.randrange(40, 120), 8.5, 12.0)
        day.well(60)
    return day
