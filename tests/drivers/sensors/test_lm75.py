import asyncio
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
        with pytest.raises(WrongDevice, match=r"0x48.*0x18.*0x78"):
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


async def test_a_dip_just_before_a_value_is_read_is_seen(host, bus, timing):
    chip = bus.chips[ADDRESS] = Lm75Chip(lambda _: 4.5, timing.monotonic, "lm75")
    async with (
        catalog.build("sensors.lm75", "cargo", {"bus": "/dev/i2c-1"}, host) as driver,
        aclosing(driver.readings()) as readings,
    ):
        await anext(readings)
        pending = asyncio.ensure_future(anext(readings))
        before = timing.now
        while timing.now == before:
            await asyncio.sleep(0)
        chip.fault("reset")  # 0.0 °C stand in its register until the first conversion
        assert (await pending).fields == {"temperature": 4.5}
    assert driver.health.counters["resets"] == 1


@pytest.mark.parametrize(
    ("name", "emulated", "celsius"),
    [
        ("lm75", "lm75", 4.5),
        ("lm75b", "lm75b", 4.375),
        ("tmp105", "tmp105", 4.375),
        ("tmp75", "tmp105", 4.375),
        ("tmp1075", "tmp105", 4.375),
        ("tmp102", "tmp102", 4.375),
        ("tmp112", "tmp102", 4.375),
    ],
)
async def test_each_member_of_the_family_by_its_name(host, bus, timing, name, emulated, celsius):
    bus.chips[ADDRESS] = Lm75Chip(lambda _: 4.375, timing.monotonic, emulated)
    options = {"bus": "/dev/i2c-1", "chip": name}
    async with catalog.build("sensors.lm75", "cargo", options, host) as driver:
        reading = await driver.read_once()
    assert (reading.quality, reading.fields) == (Quality.OK, {"temperature": celsius})


@pytest.mark.parametrize(
    ("word", "celsius"), [("0460", 4.375), ("04E0", 4.875), ("FFE0", -0.125), ("FFFF", -0.125)]
)
def test_an_lm75b_has_eighths_of_a_degree(word, celsius):
    assert codec.temperature(codec.CHIPS["lm75b"], bytes.fromhex(word)) == celsius


async def test_thirteen_bits_left_on_by_another_program_are_put_right(host, bus, timing):
    chip = bus.chips[ADDRESS] = Lm75Chip(lambda _: 20.0, timing.monotonic, "tmp102")
    chip.write(bytes.fromhex("01 60 B0"))  # EM: each value would read as its half
    options = {"bus": "/dev/i2c-1", "chip": "tmp102"}
    async with (
        catalog.build("sensors.lm75", "cargo", options, host) as driver,
        aclosing(driver.readings()) as readings,
    ):
        assert (await anext(readings)).fields == {"temperature": 20.0}
        chip.write(bytes.fromhex("01 78 B0"))
        timing.now += 1.0
        assert (await anext(readings)).fields == {"temperature": 20.0}


@pytest.fixture
async def half_degrees(host, bus, timing):
    chip = bus.chips[ADDRESS] = Lm75Chip(lambda _: 4.5, timing.monotonic, "lm75")
    driver = catalog.build("sensors.lm75", "cargo", {"bus": "/dev/i2c-1"}, host)
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        yield driver, chip, readings


async def test_bytes_that_nobody_sent_are_read_again(half_degrees):
    driver, chip, readings = half_degrees
    chip.fault("float")
    reading = await anext(readings)
    assert (reading.quality, reading.fields) == (Quality.OK, {"temperature": 4.5})
    assert driver.health.counters["bad frames"] == 1


async def test_bytes_that_perhaps_nobody_sent_twice_are_suspect(half_degrees):
    driver, chip, readings = half_degrees
    chip.fault("float-twice")
    reading = await anext(readings)
    assert (reading.quality, reading.fields) == (Quality.SUSPECT, {"temperature": -0.5})
    assert "ff ff" in driver.health.detail
    assert "pull-ups" in driver.health.advice
    assert (await anext(readings)).quality is Quality.OK


async def test_a_bus_held_low_is_no_frost(half_degrees, bus):
    driver, _, readings = half_degrees
    bus.chips[ADDRESS] = Chatter(bytes(2))
    assert (await anext(readings)).quality is Quality.NO_ANSWER
    assert driver.health.state is State.WRONG_DEVICE


class Chatter:
    """Something that acknowledges everything and answers always the same."""

    def __init__(self, answer):
        self.answer = answer

    def write(self, data):
        pass

    def read(self, count):
        return self.answer[:count]


@pytest.mark.parametrize("name", ["tmp105", "tmp75", "tmp1075", "tmp102", "tmp112"])
def test_a_chip_of_twelve_bits_never_sets_the_other_four(name):
    chip = codec.CHIPS[name]
    assert codec.intact(chip, b"\x10\xf0")
    for bit in range(4):
        assert not codec.intact(chip, bytes([0x10, 1 << bit]))


@pytest.mark.parametrize("name", ["lm75", "lm75b"])
def test_of_a_chip_of_nine_bits_any_may_come(name):
    assert codec.intact(codec.CHIPS[name], b"\xff\xff")
