from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import catalog
from drivers.driver import State
from drivers.errors import WrongDevice
from drivers.reading import Quality
from drivers.sensors import lm75_codec as codec
from hil.emulators.chips.lm75_chip import Lm75Chip

ADDRESS = 0x48
TMP105 = codec.CHIPS["tmp105"]
LM75 = codec.CHIPS["lm75"]


@pytest.mark.parametrize(
    ("chip", "word", "celsius"),
    [
        # TMP105 datasheet, table 5
        (TMP105, "7FF0", 127.9375),
        (TMP105, "6400", 100.0),
        (TMP105, "0040", 0.25),
        (TMP105, "0000", 0.0),
        (TMP105, "FFC0", -0.25),
        (TMP105, "E700", -25.0),
        (TMP105, "C900", -55.0),
        # LM75B datasheet, table 9, with rubbish in the undefined bits
        (LM75, "7D00", 125.0),
        (LM75, "007F", 0.0),
        (LM75, "00FF", 0.5),
        (LM75, "FFFF", -0.5),
        (LM75, "C980", -54.5),
    ],
)
def test_values_of_the_datasheets(chip, word, celsius):
    data = bytes.fromhex(word)
    assert codec.temperature(chip, data) == celsius
    assert codec.intact(chip, data)


@given(st.integers(-(1 << 11), (1 << 11) - 1))
def test_every_value_of_twelve_bits(steps):
    data = (steps << 4 & 0xFFFF).to_bytes(2, "big")
    assert codec.temperature(TMP105, data) == steps / 16


@pytest.fixture
def air():
    return {"celsius": 4.3125}


@pytest.fixture
def chip(timing, bus, air):
    chip = Lm75Chip(lambda _: air["celsius"], timing.monotonic, "tmp105")
    bus.chips[ADDRESS] = chip
    timing.now += 1.0
    return chip


@pytest.fixture
def driver(host):
    options = {"bus": "/dev/i2c-1", "chip": "tmp105"}
    return catalog.build("sensors.lm75", "cargo", options, host)


async def test_the_first_value_has_the_full_resolution(driver, chip):
    async with driver, aclosing(driver.readings()) as readings:
        reading = await anext(readings)
    assert (reading.kind, reading.quality) == ("temperature", Quality.OK)
    assert reading.fields == {"temperature": 4.3125}


async def test_a_plain_lm75_is_read_in_half_degrees(host, bus, timing, air):
    bus.chips[ADDRESS] = Lm75Chip(lambda _: air["celsius"], timing.monotonic)
    async with catalog.build("sensors.lm75", "cargo", {"bus": "/dev/i2c-1"}, host) as driver:
        assert (await driver.read_once()).fields == {"temperature": 4.5}


async def test_the_wrong_member_of_the_family_is_found(driver, bus, timing):
    bus.chips[ADDRESS] = Lm75Chip(lambda _: 20.0, timing.monotonic, "lm75")
    async with driver:
        with pytest.raises(WrongDevice, match=r"0x48.*0x00.*0x60"):
            await driver.read_once()
        assert driver.health.state is State.WRONG_DEVICE


async def test_a_dip_of_the_supply_is_found_and_the_resolution_set_again(driver, chip, air):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.fault("reset")
        air["celsius"] = 4.0625
        assert (await anext(readings)).fields == {"temperature": 4.0625}
    assert driver.health.counters["resets"] == 1


async def test_impossible_bits_are_kept_and_marked(driver, chip):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.fault("bits")
        corrupt = await anext(readings)
        assert driver.health.state is State.FAULTY
        assert (await anext(readings)).quality is Quality.OK
    assert corrupt.quality is Quality.CORRUPT
    assert corrupt.fields == {"temperature": 4.3125}


@pytest.mark.parametrize(("celsius", "good"), [(-55.0, True), (-55.5, False), (126.0, False)])
async def test_outside_the_specified_range(driver, chip, air, celsius, good):
    air["celsius"] = celsius
    async with driver:
        expected = Quality.OK if good else Quality.OUT_OF_RANGE
        assert (await driver.read_once()).quality is expected
