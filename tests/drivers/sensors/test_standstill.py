"""A value that does not move any more: told by every part whose noise is larger than its steps."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import State
from drivers.reading import Quality
from drivers.sensors.standstill import MOST_EQUAL, Standstill
from hil.emulators.chips.bme280_chip import Bme280Chip
from hil.emulators.chips.catalog import CHIPS

PARTS = ("sht3x", "sht4x", "bme280")


async def readings_of(host, bus, chip, part, count):
    """Return so many readings of a driver whose part is `chip`, and its health."""
    bus.chips[CHIPS[part].address] = chip
    driver = catalog.build(f"sensors.{part}", "cargo", {"bus": "/dev/i2c-1"}, host)
    async with driver, aclosing(driver.readings()) as readings:
        found = [await anext(readings) for _ in range(count)]
        return found, (driver.health.state, driver.health.detail, driver.health.cause)


def qualities(found):
    return [str(each.quality) for each in found]


@pytest.mark.parametrize("part", PARTS)
async def test_air_at_rest_is_no_standstill(host, bus, timing, part):
    chip = CHIPS[part].make(1, timing.monotonic)
    found, (_, _, cause) = await readings_of(host, bus, chip, part, 200)
    assert set(qualities(found)) == {"ok"}
    assert cause is None


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_froze_is_stuck_and_says_what_to_do(host, bus, timing, part):
    chip = CHIPS[part].make(1, timing.monotonic)
    chip.fault("freeze")
    found, (state, detail, cause) = await readings_of(host, bus, chip, part, MOST_EQUAL + 5)
    assert qualities(found) == ["ok"] * (MOST_EQUAL - 1) + ["stuck"] * 6
    assert found[-1].fields == found[0].fields, "the value is kept"
    assert (state, cause.id) == (State.RUNNING, "sensor.stuck")
    assert f"the temperature of 0x{CHIPS[part].address:x} on /dev/i2c-1 is the same" in detail


def humidity_wet(warmth):
    """Return what a BME280 says in air that warms while water lies on its humidity sensor.

    Pressure of the data sheet's example; the humidity's raw value comes out above 100 %.
    """
    return bytes.fromhex("655AC0") + (0x7EED0 + warmth * 16 << 4).to_bytes(3, "big") + b"\xf0\x00"


async def test_a_hundred_per_cent_for_weeks_is_stuck_though_the_temperature_moves(
    host, bus, timing
):
    script = [humidity_wet(n % 7) for n in range(60)]
    chip = Bme280Chip(lambda _: (20.0, 50.0), clock=timing.monotonic, script=script)
    found, (_, detail, _) = await readings_of(host, bus, chip, "bme280", MOST_EQUAL + 5)
    assert found[0].fields["humidity"] > 100.0, "unclamped"
    assert found[0].quality is Quality.OUT_OF_RANGE
    assert found[-1].quality is Quality.STUCK
    assert "the humidity of" in detail
    assert "the temperature of" not in detail


def test_each_word_is_counted_for_itself_and_a_change_begins_anew():
    still = Standstill()
    assert [still.seen(words) for words in ((1, 7), (1, 8), (1, 8), (2, 8))] == [
        [1, 1],
        [2, 1],
        [3, 2],
        [1, 3],
    ]
