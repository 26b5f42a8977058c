from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import State
from drivers.errors import DeviceMissing, WrongDevice
from drivers.reading import Quality
from hil.emulators.chips.i2c_chip import Nack
from hil.emulators.chips.sht3x_chip import Sht3xChip
from hil.emulators.chips.sht4x_chip import Sht4xChip

ADDRESS = 0x44
SERIAL = 0x1234ABCD


@pytest.fixture
def air():
    return {"temperature": 4.0, "humidity": 60.0}


@pytest.fixture
def chip(timing, bus, air):
    chip = Sht4xChip(lambda _: (air["temperature"], air["humidity"]), SERIAL, timing.monotonic)
    bus.chips[ADDRESS] = chip
    timing.now += 1.0
    return chip


@pytest.fixture
def driver(host):
    return catalog.build("sensors.sht4x", "cargo", {"bus": "/dev/i2c-1"}, host)


async def test_both_values(driver, chip):
    async with driver:
        reading = await driver.read_once()
    assert (reading.kind, reading.quality) == ("temperature", Quality.OK)
    assert reading.fields["temperature"] == pytest.approx(4.0, abs=0.003)
    assert reading.fields["humidity"] == pytest.approx(60.0, abs=0.001)


async def test_bad_checksum_is_kept_and_marked(driver, chip):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.fault("crc")
        corrupt = await anext(readings)
        assert driver.health.state is State.FAULTY
        assert "checksum" in driver.health.detail
        intact = await anext(readings)
        assert driver.health.state is State.RUNNING
    assert corrupt.quality is Quality.CORRUPT
    assert corrupt.fields["temperature"] == pytest.approx(4.0, abs=0.003)
    assert intact.quality is Quality.OK
    assert driver.health.counters["bad frames"] == 1


@pytest.mark.parametrize(
    ("celsius", "percent", "shown", "quality"),
    [
        (4.0, 100.8, 100.0, Quality.OK),  # fog, within the sensor's error
        (4.0, -1.0, 0.0, Quality.OK),
        (4.0, 110.0, 100.0, Quality.OUT_OF_RANGE),
        (-43.0, 50.0, 50.0, Quality.OUT_OF_RANGE),
        (126.0, 50.0, 50.0, Quality.OUT_OF_RANGE),
        (-39.9, 50.0, 50.0, Quality.OK),
        (124.9, 50.0, 50.0, Quality.OK),
    ],
)
async def test_the_ends_of_what_it_measures(driver, chip, air, celsius, percent, shown, quality):
    air |= {"temperature": celsius, "humidity": percent}
    async with driver:
        reading = await driver.read_once()
    assert reading.quality is quality
    assert reading.fields["humidity"] == pytest.approx(shown, abs=0.002)


class Chatter:
    """Another chip at the address: acknowledges everything and answers always the same."""

    def __init__(self, answer):
        self.answer = answer

    def write(self, data):
        pass

    def read(self, count):
        return self.answer[:count]


@pytest.mark.parametrize("answer", ["FFFFFFFFFFFF", "000000000000", "BEEF92BEEF93"])
async def test_another_chip_is_not_read(driver, bus, answer):
    bus.chips[ADDRESS] = Chatter(bytes.fromhex(answer))
    async with driver:
        with pytest.raises(WrongDevice, match="0x44"):
            await driver.read_once()
        assert driver.health.state is State.WRONG_DEVICE


async def test_an_sht3x_at_its_address_is_not_read(driver, bus, timing):
    bus.chips[ADDRESS] = Sht3xChip(lambda _: (4.0, 60.0), timing.monotonic)
    timing.now += 1.0
    async with driver:
        with pytest.raises((DeviceMissing, WrongDevice), match="0x44"):
            await driver.read_once()


class Hoarse(Sht4xChip):
    """Spoils the checksum of its first answers."""

    hoarse = 2

    def read(self, count):
        answer = super().read(count)
        self.hoarse -= 1
        return bytes(count - 1) + b"\x01" if self.hoarse >= 0 else answer


async def test_a_disturbed_serial_number_does_not_make_another_chip_of_it(driver, bus, timing):
    bus.chips[ADDRESS] = Hoarse(lambda _: (4.0, 60.0), SERIAL, timing.monotonic)
    timing.now += 1.0
    async with driver:
        assert (await driver.read_once()).quality is Quality.OK


async def test_a_dip_of_the_supply_costs_nothing(driver, chip, timing):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.fault("reset")
        assert (await anext(readings)).quality is Quality.OK


async def test_a_heater_that_was_on_at_the_start_is_off(driver, chip, timing):
    chip.write(bytes.fromhex("39"))
    timing.now += 1.2
    async with driver:
        assert (await driver.read_once()).quality is Quality.OK


def test_the_emulated_chip_says_its_serial_number_and_is_not_ready_before_its_time(chip, timing):
    chip.write(bytes.fromhex("89"))
    timing.now += 0.002
    said = chip.read(6)
    assert said[:2] + said[3:5] == SERIAL.to_bytes(4, "big")
    chip.write(bytes.fromhex("FD"))
    timing.now += 0.0082
    with pytest.raises(Nack):
        chip.read(6)
    timing.now += 0.0002
    assert len(chip.read(6)) == 6


def test_the_emulated_chip_knows_its_commands_only(chip):
    for command in ("12", "2400"):
        with pytest.raises(Nack):
            chip.write(bytes.fromhex(command))
