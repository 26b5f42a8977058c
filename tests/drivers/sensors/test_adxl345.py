"""The ADXL345: an ADXL375 whose digits are smaller."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.reading import Quality
from drivers.sensors import adxl375_codec as codec
from hil.emulators.chips.adxl345_chip import Adxl345Chip
from hil.emulators.chips.adxl375_chip import Shock

ADDRESS = 0x53


@pytest.fixture
def chip(bus, timing):
    bus.chips[ADDRESS] = Adxl345Chip(clock=timing.monotonic, noise=0.0)
    return bus.chips[ADDRESS]


@pytest.fixture
def driver(host):
    return catalog.build("sensors.adxl345", "pallet", {"bus": "/dev/i2c-1"}, host)


def test_what_a_digit_means():
    # data sheet table 1: 256 LSB/g in full resolution; THRESH_ACT 62.5 mg/LSB
    assert codec.to_g((256, -256, 0), codec.ADXL345) == pytest.approx((1.0, -1.0, 0.0), rel=0.005)
    assert codec.threshold_code(6.0, codec.ADXL345) == 96


async def test_gravity(driver, chip):
    async with driver:
        found = await driver.read_once()
    assert found.fields == pytest.approx({"x": 0.0, "y": 0.0, "z": 1.0}, abs=0.004)


async def shock(driver, chip, peak, ms):
    """Return the reading of a shock in 3 s."""
    chip._motion.hit(Shock(3.0, peak, ms))
    async with driver, aclosing(driver.readings()) as readings:
        return await anext(readings)


async def test_a_bump_that_it_can_measure(driver, chip):
    found = await shock(driver, chip, 12.0, 20.0)
    assert found.quality is Quality.OK
    assert found.fields["peak"] == pytest.approx(12.0, rel=0.02)
    assert found.fields["fit_peak"] == pytest.approx(12.0, rel=0.02)
    assert found.fields["fit_duration"] == pytest.approx(20.0, rel=0.02)
    assert (found.fields["range"], found.fields["threshold"]) == (16.0, 6.0)


async def test_a_fall_is_more_than_it_can_measure_and_says_so(driver, chip):
    found = await shock(driver, chip, 50.0, 11.0)
    assert found.quality is Quality.SATURATED
    assert "fit_peak" not in found.fields  # nobody can fit what was cut off
