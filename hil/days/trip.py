"""What truly happens on a truck's day, and what its devices have of it: the truth of a trip.

Loaded behind an open door, sealed, driven with a rest, unloaded at a dock, driven home. Whatever is
drawn here (noise, weak tags, a sensor that falls silent) happens to honest people.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

MINUTE, HOUR = 60.0, 3600.0  # s
DAY = 12 * HOUR
PIECES = 8
PREFIX = "3074257BF7194E40"  # SGTIN-96 of 0614141.812345, GS1's own example
GTIN = "80614141123458"
OPENED_BY_CUSTOMS, UPDATED, BROWNED_OUT = 0.1, 0.1, 0.01  # shares of the days
SENSOR_SILENT, NO_NETWORK, HAS_BATTERY = 0.15, 0.5, 0.5  # shares of the days
CHIP = "E2801130"  # a Gen2 TID: Impinj Monza R6


class Span(NamedTuple):
    """From and until, seconds of the day."""

    start: float
    end: float

    def has(self, at: float) -> bool:
        """Tell whether a moment is in it."""
        return self.start <= at < self.end


NEVER = Span(0.0, 0.0)


@dataclass
class Tag:
    """A tag: `share` of the rounds that read it; `passes` are its ways through the tail, in or out.

    `aboard` and `covered` (metal around it) are when.
    """

    serial: int
    tid: str
    share: float
    aboard: Span
    covered: Span = NEVER

    @property
    def epc(self) -> str:
        """Its EPC memory bank, hexadecimal."""
        return f"{PREFIX}{self.serial:08X}"

    def readable(self, at: float) -> bool:
        """Tell whether a reader may read it where it is."""
        return not self.covered.has(at)


class Opening(NamedTuple):
    """The door stood open; its contact says so, or a magnet on it does not."""

    span: Span
    told: bool = True


class Off(NamedTuple):
    """The gateway was off, in good order or cut off."""

    span: Span
    orderly: bool


@dataclass
class Sensor:
    """A sensor of the air: `near` is how much of a warmth it feels, `ice` when ice lies on it."""

    name: str
    offset: float
    near: float
    step: float
    ice: Span = NEVER
    ice_celsius: float = 0.0
    silent: Span = NEVER


@dataclass
class Trip:
    """One day: its moments, in seconds, and what befalls the goods and those who watch them."""

    rng: random.Random
    loading: Span
    sealed_at: float
    rest: Span
    arrives: float
    unloading: Span
    checked_at: float
    interval: float
    reads_tid: bool
    has_rtc: bool
    sealed: bool
    sensors: list[Sensor] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    doors: list[Opening] = field(default_factory=list)
    off: list[Off] = field(default_factory=list)
    customs: Span | None = None
    warm: Span = NEVER  # the cooling was switched off
    no_network: list[Span] = field(default_factory=list)
    no_sky: list[Span] = field(default_factory=list)
    ntp_lies: tuple[float, float] = (DAY, 0.0)  # from when on, by how many seconds
    system_set: tuple[float, float] = (DAY, 0.0)
    sky_lies: tuple[float, float] = (DAY, 0.0)
    advised: frozenset[int] = frozenset()

    def driving(self, at: float) -> bool:
        """Tell whether the truck moves."""
        stands = self.rest.has(at) or self.unloading.start - 10 * MINUTE <= at < self.checked_at
        at_customs = self.customs is not None and self.customs.has(at)
        away = self.sealed_at + 5 * MINUTE <= at < self.checked_at + 2 * HOUR
        return away and not stands and not at_customs and not self.arrives <= at < self.checked_at

    def open(self, at: float) -> bool:
        """Tell whether the door truly stands open."""
        return any(each.span.has(at) for each in self.doors)


def honest_trip(seed: int) -> Trip:
    """Return a day on which nobody does wrong, and some things go wrong all the same."""
    rng = random.Random(f"{seed} trip")
    loading = Span(30 * MINUTE, (50 + rng.randrange(30)) * MINUTE)
    first, second = (rng.uniform(1.2, 2.2) * HOUR for _ in range(2))
    rest = Span(loading.end + first, loading.end + first + rng.uniform(40, 60) * MINUTE)
    arrives = rest.end + second
    opened = arrives + rng.uniform(12, 30) * MINUTE
    unloading = Span(opened, opened + rng.uniform(20, 40) * MINUTE)
    trip = Trip(
        rng, loading, loading.end + 4 * MINUTE, rest, arrives, unloading,
        unloading.end + 8 * MINUTE, interval=rng.choice((60.0, 300.0)), reads_tid=True,
        has_rtc=rng.random() < HAS_BATTERY, sealed=True,
    )  # fmt: skip
    trip.sensors = [_sensor(number, rng) for number in range(rng.choice((1, 2, 2, 3)))]
    trip.tags = [_tag(number, trip) for number in range(PIECES)]
    trip.advised = frozenset(each.serial for each in trip.tags)
    trip.doors = [Opening(loading), Opening(unloading)]
    _troubles(trip)
    return trip


def _sensor(number: int, rng: random.Random) -> Sensor:
    step = rng.choice((0.01, 0.0625, 0.1))
    return Sensor(f"cargo-{number + 1}", rng.gauss(0, 0.3), rng.uniform(0.7, 1.3), step)


def _tag(number: int, trip: Trip) -> Tag:
    rng = trip.rng
    length = trip.loading.end - trip.loading.start
    came = trip.loading.start + (0.2 + 0.7 * number / PIECES) * length
    left = trip.unloading.start + (0.2 + 0.7 * number / PIECES) * (
        trip.unloading.end - trip.unloading.start
    )
    share = rng.choice((0.55, 0.8, 0.9, 0.95, 0.98))
    return Tag(1000 + rng.randrange(10**6), tid(rng), share, Span(came, left))


def tid(rng: random.Random) -> str:
    """Return the TID of a new chip."""
    return f"{CHIP}{rng.getrandbits(64):016X}"


def _troubles(trip: Trip) -> None:
    """Have happen what happens to honest people, each by its own chance."""
    rng = trip.rng
    if rng.random() < OPENED_BY_CUSTOMS:
        at = trip.rest.end + 20 * MINUTE
        trip.customs = Span(at, at + 15 * MINUTE)
        trip.doors.append(Opening(Span(at + 2 * MINUTE, at + 8 * MINUTE)))
    if rng.random() < UPDATED:
        at = rng.uniform(trip.sealed_at + 10 * MINUTE, trip.arrives)
        trip.off.append(Off(Span(at, at + rng.uniform(60, 180)), orderly=True))  # an update
    elif rng.random() < BROWNED_OUT:
        trip.off.append(Off(Span(trip.rest.end, trip.rest.end + 70), orderly=False))  # the starter
    if rng.random() < SENSOR_SILENT:
        at = rng.uniform(trip.sealed_at, trip.arrives)
        rng.choice(trip.sensors).silent = Span(at, at + rng.uniform(10, 40) * MINUTE)
    if rng.random() < NO_NETWORK:
        at = rng.uniform(0, DAY - 3 * HOUR)
        trip.no_network.append(Span(at, at + rng.uniform(0.2, 3) * HOUR))
    for _ in range(rng.randrange(3)):
        at = rng.uniform(0, DAY)
        trip.no_sky.append(Span(at, at + rng.uniform(2, 15) * MINUTE))
