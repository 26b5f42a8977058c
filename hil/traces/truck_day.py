"""A truck's working day as readings: made, not recorded, and the same for the same seed.

Eight hours, six stops. Position once a second while driving and every ten seconds while standing,
four climate sensors, the processor's temperature, the tags of the load at each stop, and shocks.
What drivers hand on is imitated in their own terms: a receiver's sentences carry 10⁻⁵ minutes of
arc, 0.1 m of height and 0.01 knots, an SHT3x 16 bits, a fix arrives some milliseconds late.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from drivers.gs1.epc import decode
from drivers.reading import FieldValue, Quality, Reading

HOURS = 8
DAY_S = HOURS * 3600
STOPS = 6
STOP_S = 930.0  # a fifth of the day stands still
HALTED, HAS_COURSE = 0.5, 0.3  # m/s
STARTED = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
UP_S = 40.0  # seconds since boot when the day begins

GNSS_DRIFT = 0.006  # m/s each second: wanders by 2 to 5 cm/s, as a captured u-blox M9N does
GNSS_NOISE_M = 0.007  # from fix to fix: the second differences of that capture
HEIGHT_NOISE_M = 0.04  # the same capture
SPEED_NOISE = 0.015  # m/s, the same capture
HDOP_MOVES = 1 / 3  # of the fixes, the same capture
SERIAL_DELAY_S, SERIAL_JITTER_S = 0.045, 0.003
METRES_PER_DEGREE = 111_195.0
KNOT = 1852 / 3600  # m/s

CLIMATE_SENSORS, CLIMATE_EVERY_S = 4, 30.0
HEALTH_EVERY_S = 60.0
POLL_JITTER_S = 0.002

TAGS, NEW_TAGS_A_STOP = 66, 20
REPORTS_A_STOP = 8
SHOCKS = 60
WAVEFORM_SAMPLES = 32  # an ADXL375's FIFO


def truck_day(seed: int) -> Iterator[Reading]:
    """Yield the day's readings in the order in which drivers would hand them on."""
    streams = [
        _positions(random.Random(f"{seed} gnss")),
        _tags(random.Random(f"{seed} tags")),
        _shocks(random.Random(f"{seed} shocks")),
        _processor(random.Random(f"{seed} processor")),
    ]
    streams += [
        _climate(f"cargo-{number + 1}", random.Random(f"{seed} climate {number}"))
        for number in range(CLIMATE_SENSORS)
    ]
    for _, _, reading in heapq.merge(*(_handed_on(s, n) for n, s in enumerate(streams))):
        yield reading


def truck_days(seed: int) -> Iterator[Reading]:
    """Yield one working day after the other, for ever; each has its own noise."""
    for number in count():
        ahead = timedelta(seconds=number * DAY_S)
        for reading in truck_day(seed + number):
            utc = None if reading.utc is None else reading.utc + ahead
            yield replace(reading, monotonic=reading.monotonic + ahead.total_seconds(), utc=utc)


def _handed_on(stream: Iterator[tuple[float, Reading]], order: int) -> Iterator[_HandedOn]:
    for serial, (at, reading) in enumerate(stream):
        yield at, order * DAY_S + serial, reading


_HandedOn = tuple[float, int, Reading]


def _stop_at(at: float) -> int | None:
    """Return the number of the stop that the truck makes at this moment, or None."""
    leg = DAY_S / STOPS
    return int(at // leg) if at % leg >= leg - STOP_S else None


@dataclass(slots=True)
class _Truck:
    """Where it is and where it goes: metres east and north of the start, radians, m/s."""

    rng: random.Random
    east: float = 0.0
    north: float = 0.0
    height: float = 240.0
    heading: float = 1.1
    turning: float = 0.0
    speed: float = 0.0
    throttle: float = 0.0
    wanted: float = 22.0

    def move(self, seconds: float, *, standing: bool) -> None:
        rng = self.rng
        if rng.random() < seconds / 90:
            self.wanted = rng.choice((8.0, 14.0, 19.0, 22.0, 24.0))
        target = 0.0 if standing else self.wanted
        self.throttle = 0.9 * self.throttle + rng.gauss(0, 0.02)
        step = max(-1.2, min(0.7, (target - self.speed) / 8)) + self.throttle
        self.speed = max(0.0, self.speed + step * seconds)
        if standing and self.speed < HALTED:
            self.speed = 0.0
        self.turning = 0.97 * self.turning + rng.gauss(0, 0.0006)
        self.heading += self.turning * seconds * min(1.0, self.speed / 10)
        self.east += self.speed * seconds * math.sin(self.heading)
        self.north += self.speed * seconds * math.cos(self.heading)
        self.height += self.speed * seconds * 0.01 * math.sin(self.east / 3000)


@dataclass(slots=True)
class _Wander:
    """An error that comes and goes slowly and smoothly, as behind a receiver's filter."""

    rng: random.Random
    drift: float  # m/s each second
    pull: float = 1 / 4000  # towards no error
    value: float = 0.0
    speed: float = 0.0

    def step(self, seconds: float) -> float:
        for _ in range(round(seconds)):
            self.speed = 0.98 * self.speed - self.pull * self.value + self.rng.gauss(0, self.drift)
            self.value += self.speed
        return self.value


def _positions(rng: random.Random) -> Iterator[tuple[float, Reading]]:
    truck = _Truck(rng)
    errors = [_Wander(rng, GNSS_DRIFT) for _ in range(2)] + [_Wander(rng, 2 * GNSS_DRIFT)]
    second, satellites, hdop = 0, 9, 0.9
    while second < DAY_S:
        standing = _stop_at(second) is not None
        step = 10 if standing and truck.speed == 0 else 1
        truck.move(step, standing=standing)
        east, north = (error.step(step) + rng.gauss(0, GNSS_NOISE_M) for error in errors[:2])
        up = errors[2].step(step) + rng.gauss(0, HEIGHT_NOISE_M)
        if rng.random() < step / 40:
            satellites = min(12, max(6, satellites + rng.choice((-1, 1))))
        if rng.random() < HDOP_MOVES:
            hdop = round(1.5 - satellites / 15 + rng.choice((-0.01, 0, 0.01)), 2)
        lat = 45.1253 + (truck.north + north) / METRES_PER_DEGREE
        lon = 7.7236 + (truck.east + east) / METRES_PER_DEGREE / math.cos(math.radians(45.3))
        moving = truck.speed > HAS_COURSE
        speed = abs(truck.speed + rng.gauss(0, SPEED_NOISE)) if moving else 0.0
        course = math.degrees(truck.heading) + rng.gauss(
            0, math.degrees(SPEED_NOISE / max(truck.speed, 1))
        )
        fields: dict[str, FieldValue] = {
            "lat": _minutes(lat),
            "lon": _minutes(lon),
            "altitude": round(truck.height + up, 1),
            "speed": round(speed / KNOT, 2) * KNOT,
            "course": round(course % 360, 2) if moving else None,
            "hdop": hdop,
            "satellites": satellites,
            "fix": "3d",
        }
        at = UP_S + second + SERIAL_DELAY_S + abs(rng.gauss(0, SERIAL_JITTER_S))
        utc = STARTED + timedelta(seconds=second)
        # The driver hands an epoch on when its sentences have come.
        yield at + 0.2, Reading("position", "position", fields, at, Quality.OK, utc)
        second += step


def _minutes(degrees: float) -> float:
    """Return degrees as they come out of a sentence with five digits of minutes."""
    return round(degrees * 60, 5) / 60


def _polls(every: float, rng: random.Random) -> Iterator[float]:
    """Yield the moments of a sensor's polls: each a little late, without drifting away."""
    start = UP_S + rng.random() * every
    for number in range(int(DAY_S / every)):
        yield start + number * every + abs(rng.gauss(0, POLL_JITTER_S))


def _climate(name: str, rng: random.Random) -> Iterator[tuple[float, Reading]]:
    air, door = 4.5, 0.0
    humidity = 62.0
    phase = rng.random() * 900
    for at in _polls(CLIMATE_EVERY_S, rng):
        door += ((1.0 if _stop_at(at - UP_S) is not None else 0.0) - door) * 0.04
        cooled = 4.5 + 0.8 * math.sin((at + phase) / 900 * 2 * math.pi) + 6 * door
        air += (cooled - air) * 0.1
        humidity += (62 + 14 * door - humidity) * 0.08 + rng.gauss(0, 0.1)
        celsius, percent = air + rng.gauss(0, 0.02), humidity + rng.gauss(0, 0.05)
        fields: dict[str, FieldValue] = {
            "temperature": round((celsius + 45) / 175 * 65535) * 175 / 65535 - 45,
            "humidity": round(percent / 100 * 65535) * 100 / 65535,
        }
        yield at, Reading(name, "temperature", fields, at)


def _processor(rng: random.Random) -> Iterator[tuple[float, Reading]]:
    celsius = 52.0
    for at in _polls(HEALTH_EVERY_S, rng):
        celsius += (54 - celsius) * 0.05 + rng.gauss(0, 0.4)
        # The firmware's sensor counts in steps of 0.487 degrees.
        fields: dict[str, FieldValue] = {"temperature": round(round(celsius / 0.487) * 0.487, 2)}
        yield at, Reading("gateway", "soc-temperature", fields, at)


def _tags(rng: random.Random) -> Iterator[tuple[float, Reading]]:
    serial = 6789
    load = [_epc(serial + number) for number in range(TAGS)]
    serial += TAGS
    leg = DAY_S / STOPS
    for stop in range(STOPS):
        start = UP_S + (stop + 1) * leg - STOP_S
        strength = {epc: rng.gauss(-56, 5) for epc in load}
        for report in range(REPORTS_A_STOP):
            end = start + (report + 1) * STOP_S / REPORTS_A_STOP
            sightings = sorted(
                (end - rng.random() * 2, end - rng.random() * 2, epc) for epc in load
            )
            for one, other, epc in sightings:
                first, last = sorted((one, other))
                fields: dict[str, FieldValue] = {
                    "epc": epc.hex().upper(),
                    "uri": decode(epc).uri,
                    "pc": 0x3000,
                    "antenna": 1,
                    "rssi": round(strength[epc] + rng.gauss(0, 2)),
                    "count": 1 + int(rng.expovariate(0.4)),
                    "first_seen": (last - first) * 1000,
                }
                yield end, Reading("load", "tag", fields, last)
        load = load[NEW_TAGS_A_STOP:]
        load += [_epc(serial + number) for number in range(NEW_TAGS_A_STOP)]
        serial += NEW_TAGS_A_STOP


def _epc(serial: int) -> bytes:
    """Return an SGTIN-96 of company prefix 0614141, GS1's own example."""
    return bytes.fromhex(f"3074257BF7194E40{serial:08X}")


def _shocks(rng: random.Random) -> Iterator[tuple[float, Reading]]:
    for at in sorted(UP_S + rng.random() * DAY_S for _ in range(SHOCKS)):
        peak, width = 11 + rng.expovariate(0.1), rng.uniform(4, 20)
        samples = []
        for number in range(WAVEFORM_SAMPLES):
            ms = (number - 8) * 1.25
            pulse = peak * math.sin(math.pi * ms / width) if 0 <= ms <= width else 0.0
            samples += [round(rng.gauss(0, 2)), round(rng.gauss(0, 2)), round(pulse / 0.049)]
        fields: dict[str, FieldValue] = {
            "peak": peak,
            "duration": width * 0.6,
            "delta_v": peak * 9.80665 * width / 1000 * 2 / math.pi,
            "samples": int(width * 0.6 / 1.25) + 1,
            "rate": 800.0,
            "threshold": 10.0,
            "range": 200,
            "waveform": b"".join(s.to_bytes(2, "little", signed=True) for s in samples),
        }
        yield at + 0.04, Reading("pallet", "shock", fields, at)
