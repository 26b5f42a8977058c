"""At which value a single fix becomes doubtful."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.gnss.geodesy import Place
from drivers.gnss.sense import Fix, nonsense

S = 1_000_000  # microseconds
NOON = 43_200 * S
PLACED = Fix(0.0, "3d", NOON, 8, lat=45.0, lon=9.0)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"lat": 0.0, "lon": 0.0}, ["exactly 0°, 0°, where receivers begin that know nothing"]),
        ({"lat": 0.0}, []),
        ({"lon": 0.0}, []),
        ({"hdop": 0.0}, []),
        ({"hdop": 19.9}, []),
        ({"hdop": 20.0}, ["HDOP 20"]),
        ({"hdop": -0.1}, ["HDOP -0.1"]),
        ({"speed": 0.0}, []),
        ({"speed": 515.0}, []),
        ({"speed": 515.1}, ["a speed of 515.1 m/s"]),
        ({"speed": -0.1}, ["a speed of -0.1 m/s"]),
        ({"course": 0.0}, []),
        ({"course": 360.0}, []),
        ({"course": 360.5}, ["a course of 360.5°"]),
        ({"course": -1.0}, ["a course of -1°"]),
        ({"altitude": -1000.0}, []),
        ({"altitude": -1000.1}, ["an altitude of -1,000.1 m"]),
        ({"altitude": 50_000.0}, []),
        ({"altitude": 50_000.1}, ["an altitude of 50,000.1 m"]),
        ({"satellites": 1}, []),
        ({"satellites": 0}, ["a fix by 0 satellites"]),
        ({"satellites": 200}, []),
        ({"satellites": 201}, ["a fix by 201 satellites"]),
    ],
)
def test_values_that_no_vehicle_has(changed, told):
    assert list(nonsense(replace(PLACED, **changed))) == told


def test_a_place_has_both_of_its_angles():
    assert PLACED.place == Place(45.0, 9.0)
    assert replace(PLACED, lat=None).place is replace(PLACED, lon=None).place is None
