"""The truth of a long drive, and what a receiver says of it each second."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

from hil.emulators.serial.gnss_route import EARTH_RADIUS, Motion
from hil.emulators.serial.nmea_encoder import Satellite, epoch

BEGAN = datetime(2026, 11, 22, 6, 0, 0, tzinfo=UTC)
MIDDLE = 48.1, 11.5  # degrees
NORTH, EAST = (0.05, 3600.0), (0.08, 1500.0)  # degrees and seconds of two swings: at most 26 m/s
ALTITUDE = 520.0  # m
HDOP = 0.9
METRES = math.radians(1.0) * EARTH_RADIUS  # of one degree of latitude


def truth(second: int) -> Motion:
    """Return where the vehicle is `second` seconds after BEGAN; it always turns."""
    (north, slow), (east, fast) = NORTH, EAST
    turn_north, turn_east = 2 * math.pi * second / slow, 2 * math.pi * second / fast
    lat = MIDDLE[0] + north * math.sin(turn_north)
    up = north * math.cos(turn_north) * 2 * math.pi / slow * METRES
    right = east * math.cos(turn_east) * 2 * math.pi / fast * METRES * math.cos(math.radians(lat))
    return Motion(
        lat=lat,
        lon=MIDDLE[1] + east * math.sin(turn_east),
        altitude=ALTITUDE,
        speed=math.hypot(up, right),
        course=math.degrees(math.atan2(right, up)) % 360.0,
        fix=True,
    )


def moment(second: int) -> datetime:
    """Return the UTC of a second."""
    return BEGAN + timedelta(seconds=second)


def sky(rng: random.Random) -> list[Satellite]:
    """Return eleven satellites."""
    return [
        Satellite(number, rng.randint(5, 85), rng.randint(0, 359), rng.randint(20, 45))
        for number in range(1, 12)
    ]


def burst(second: int, satellites: list[Satellite]) -> bytes:
    """Return all sentences of a second."""
    return b"".join(epoch(moment(second), truth(second), satellites, HDOP))
