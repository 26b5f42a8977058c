"""What a trip's devices say of it: readings by device, in seconds of the day.

Physics are rough and of the right size: a compressor's swing, a door's warm air, a pack of ice on a
probe, a reader that misses a tag in some rounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from drivers.gs1.epc import decode
from drivers.reading import FieldValue
from hil.days.trip import DAY, HOUR, MINUTE, Sensor, Tag, Trip

STARTED = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
SET, OUTSIDE = 5.0, 20.0  # °C
SWING, SWING_EVERY = 0.4, 23 * MINUTE  # of the compressor
COOLED_IN, WARMED_IN, LEAKS_IN = 8.0, 25.0, 180.0  # min, by fan, by an open door, by the walls
DEFROST, DEFROST_FOR, DEFROST_EVERY = 2.0, 12 * MINUTE, 4 * HOUR
NOISE = 0.04  # °C
PROBE = 3 * MINUTE  # time constant of a probe under a pack of ice
ROUND = 120.0  # s between the rounds of the cargo space's reader
FIX_EVERY = 60.0
DRIVES = 17.0  # m/s
METRES_PER_DEGREE = 111_195.0
PASS_READ = 0.97  # of the tags that are carried through the tail
AGAIN = 0.98  # of the tags that a second look finds
OUTER, INNER = 1, 2
CEILING, TAIL = -58.0, -42.0  # dBm at 3 m and at 1 m


class Told(NamedTuple):
    """What a device says at a moment of the day; `utc` is a receiver's."""

    at: float
    kind: str
    fields: Mapping[str, FieldValue]
    utc: datetime | None = None


def signals(trip: Trip) -> dict[str, list[Told]]:
    """Return what each device says, in the order of time."""
    air = list(_air(trip))
    said = {each.name: list(_climate(trip, each, air)) for each in trip.sensors}
    said |= {"door": list(_door(trip)), "load": list(_rounds(trip))}
    said |= {"tail": sorted(_passages(trip), key=_at), "position": list(_fixes(trip))}
    return said


def _at(told: Told) -> float:
    return told.at


def _air(trip: Trip) -> Iterator[float]:
    """Yield the cargo space's air, °C, minute by minute."""
    air = SET
    for minute in range(round(DAY / MINUTE)):
        at = minute * MINUTE
        yield air
        wanted = SET + SWING * math.sin(2 * math.pi * at / SWING_EVERY)
        if at % DEFROST_EVERY < DEFROST_FOR:
            wanted += DEFROST
        if trip.warm.has(at):
            air += (OUTSIDE - air) / LEAKS_IN
        else:
            air += (wanted - air) / COOLED_IN
        if trip.open(at):
            air += (OUTSIDE - air) / WARMED_IN


def _climate(trip: Trip, sensor: Sensor, air: Sequence[float]) -> Iterator[Told]:
    rng, celsius, before = trip.rng, SET, 0.0
    begin = rng.uniform(0.0, trip.interval)
    for number in range(int((DAY - begin) / trip.interval)):
        at = begin + number * trip.interval
        warm = SET + (air[int(at / MINUTE)] - SET) * sensor.near + sensor.offset
        iced = sensor.ice.has(at)
        pull = 1.0 - math.exp(-(at - before) / PROBE) if iced or abs(celsius - warm) > 1 else 1.0
        celsius += ((sensor.ice_celsius if iced else warm) - celsius) * pull
        before = at
        if not sensor.silent.has(at):
            seen = round((celsius + rng.gauss(0, NOISE)) / sensor.step) * sensor.step
            yield Told(at, "temperature", {"temperature": round(seen, 2)})


def _door(trip: Trip) -> Iterator[Told]:
    yield Told(1.0, "input", {"state": "closed"})
    for span, told in sorted(trip.doors):
        if told:
            yield Told(span.start, "input", {"state": "open"})
            yield Told(span.end, "input", {"state": "closed"})


def _rounds(trip: Trip) -> Iterator[Told]:
    """Yield the reads of the cargo space's reader, round by round."""
    for number in range(int(DAY / ROUND)):
        at = number * ROUND + 5.0
        for tag in trip.tags:
            there = tag.aboard.has(at) and tag.readable(at)
            if there and trip.rng.random() < tag.share:
                yield Told(at, "tag", _read(trip, tag, 1, trip.rng.gauss(CEILING, 4)))


def _read(trip: Trip, tag: Tag, antenna: int, rssi: float) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {
        "epc": tag.epc,
        "uri": decode(bytes.fromhex(tag.epc)).uri,
        "antenna": antenna,
        "rssi": round(rssi),
        "count": 2,
    }
    return fields | ({"tid": tag.tid} if trip.reads_tid else {})


def _passages(trip: Trip) -> Iterator[Told]:
    """Yield the reads at the tail, where goods are carried through the open door.

    Whoever receives them looks a second time for what he did not find.
    """
    for number, tag in enumerate(trip.tags):
        for at, way in ((tag.aboard.start, (OUTER, INNER)), (tag.aboard.end, (INNER, OUTER))):
            if not trip.open(at) or not tag.readable(at):
                continue
            if trip.rng.random() < PASS_READ:
                yield from _passage(trip, tag, at + number * 0.01, way)
            elif trip.rng.random() < AGAIN:
                yield from _passage(trip, tag, trip.unloading.end + 4.0 * number, (OUTER, OUTER))


def _passage(trip: Trip, tag: Tag, at: float, way: tuple[int, int]) -> Iterator[Told]:
    for step, antenna in enumerate((way[0], way[0], way[1], way[1])):
        rssi = trip.rng.gauss(TAIL, 3)
        yield Told(at + 0.5 * step, "tag", _read(trip, tag, antenna, rssi))


def _fixes(trip: Trip) -> Iterator[Told]:
    """Yield the receiver's fixes; without sky there is none."""
    metres = 0.0
    for number in range(int((DAY - HOUR / 12) / FIX_EVERY)):
        at = HOUR / 12 + number * FIX_EVERY
        metres += DRIVES * FIX_EVERY if trip.driving(at) else 0.0
        if any(span.has(at) for span in trip.no_sky):
            continue
        since, lie = trip.sky_lies
        utc = STARTED + timedelta(seconds=at + (lie if at >= since else 0.0))
        fields: dict[str, FieldValue] = {
            "lat": 45.1 + metres * math.cos(1.0) / METRES_PER_DEGREE,
            "lon": 7.7 + metres * math.sin(1.0) / METRES_PER_DEGREE / math.cos(math.radians(45.3)),
            "speed": DRIVES if trip.driving(at) else 0.0,
            "hdop": 0.9,
            "satellites": 9,
            "fix": "3d",
        }
        yield Told(at, "position", fields, utc)
