"""Where the lines of an axis stand: at round numbers and at round local times. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from agent.renderer.zone import Zone

GRAIN = 1e-6  # of a large number: less of it is lost where it is added
ROUND = (1.0, 2.0, 5.0, 10.0)
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000  # ms
STEPS = (
    *(SECOND * each for each in (1, 2, 5, 10, 15, 30)),
    *(MINUTE * each for each in (1, 2, 5, 10, 15, 30)),
    *(HOUR * each for each in (1, 2, 3, 6, 12)),
    *(DAY * each for each in (1, 2, 7, 14, 28, 91, 365)),
)
"""Times between two lines, ms."""


def round_step(length: float, most: int) -> float:
    """Return the smallest round number of which at most `most` fit into a length."""
    least = length / most
    power = 10.0 ** math.floor(math.log10(least))
    return next((each * power for each in ROUND if each * power >= least), ROUND[-1] * power)


def with_room(low: float, high: float, share: float, least: float) -> tuple[float, float]:
    """Return a range that is wider by a share at either end; of one value by `least`, or enough."""
    room = (high - low) * share or max(least, abs(high) * GRAIN)
    return low - room, high + room


def value_lines(low: float, high: float, most: int = 5) -> list[float]:
    """Return round values from `low` to `high`, which differ."""
    step = round_step(high - low, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 9) for number in range(first, last + 1)]


def decimals_of(values: list[float]) -> int:
    """Return how many decimals tell round values apart."""
    return next((n for n in range(6) if all(round(v, n) == v for v in values)), 6)


def time_step(start: int, end: int, most: int = 5) -> int:
    """Return the time between two lines, ms."""
    least = (end - start) / most
    found = next((each for each in STEPS if each >= least), None)
    return found or STEPS[-1] * math.ceil(least / STEPS[-1])


def time_lines(zone: Zone, start: int, end: int) -> Iterator[int]:
    """Yield moments of round local time between two moments, ms of UTC."""
    step = time_step(start, end)
    local = start + zone.offset(start) * MINUTE
    at = -(-local // step) * step
    while (moment := at - zone.offset(at - zone.offset(start) * MINUTE) * MINUTE) <= end:
        if moment >= start:
            yield moment
        at += step
