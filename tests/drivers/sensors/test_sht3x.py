import asyncio
from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import State
from drivers.errors import DeviceFault, DeviceMissing, WrongDevice
from drivers.reading import Quality
from hil.emulators.chips.i2c_chip import Nack
from hil.emulators.chips.sht3x_chip import Sht3xChip

ADDRESS = 0x44


@pytest.fixture
def air():
    return {"temperature": 4.0, "humidity": 60.0}


@pytest.fixture
def chip(timing, bus, air):
    chip = Sht3xChip(lambda _: (air["temperature"], air["humidity"]), timing.monotonic)
    bus.chips[ADDRESS] = chip
    timing.now += 1.0
    return chip


@pytest.fixture
def driver(host):
    return catalog.build("sensors.sht3x", "cargo", {"bus": "/dev/i2c-1"}, host)


async def test_both_values(driver, chip):
    async with driver:
        reading = await driver.read_once()
    assert (reading.kind, reading.quality) == ("temperature", Quality.OK)
    assert reading.fields["temperature"] == pytest.approx(4.0, abs=0.003)
    assert reading.fields["humidity"] == pytest.approx(60.0, abs=0.001)


async def test_time_spent_measuring_does_not_add_up(driver, chip, timing):
    async with driver, aclosing(driver.readings()) as readings:
        times = [(await anext(readings)).monotonic for _ in range(50)]
    assert times[-1] - times[0] == pytest.approx(490.0, abs=0.05)


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


async def test_read_once_beside_running_readings_raises_instead_of_an_empty_reading(
    driver, chip, bus
):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        pending = asyncio.ensure_future(anext(readings))
        once = await driver.read_once()
        assert once is await pending
        del bus.chips[ADDRESS]
        pending = asyncio.ensure_future(anext(readings))
        with pytest.raises(DeviceMissing):
            await driver.read_once()
        assert (await pending).quality is Quality.NO_ANSWER


@pytest.mark.parametrize(
    ("celsius", "quality"),
    [
        (-43.0, Quality.OUT_OF_RANGE),
        (126.0, Quality.OUT_OF_RANGE),
        (-39.9, Quality.OK),
        (124.9, Quality.OK),
    ],
)
async def test_outside_the_specified_range(driver, chip, air, celsius, quality):
    air["temperature"] = celsius
    async with driver:
        assert (await driver.read_once()).quality is quality


class Chatter:
    """Another chip at the address: acknowledges everything and answers always the same."""

    def __init__(self, answer):
        self.answer = answer

    def write(self, data):
        pass

    def read(self, count):
        return self.answer[:count]


@pytest.mark.parametrize("answer", ["FFFFFF", "000000", "399F39", "FFFFAC", "000081"])
async def test_another_chip_is_not_read(driver, bus, answer):
    # FFFFAC and 000081 carry right checksums: reserved bits and the ignored reset betray the chip.
    bus.chips[ADDRESS] = Chatter(bytes.fromhex(answer))
    async with driver:
        with pytest.raises(WrongDevice, match="0x44"):
            await driver.read_once()
        assert driver.health.state is State.WRONG_DEVICE


async def test_a_heater_left_on_is_stopped(driver, chip):
    chip.write(bytes.fromhex("306D"))
    async with driver:
        await driver.read_once()
    chip.write(bytes.fromhex("F32D"))
    assert chip.read(3)[:2] == bytes.fromhex("0000")


async def test_a_heater_switched_on_in_mid_session_is_stopped_and_its_warmth_suspect(
    driver, chip, timing
):
    async with driver, aclosing(driver.readings()) as readings:
        assert (await anext(readings)).quality is Quality.OK
        chip.write(bytes.fromhex("306D"))
        begin = timing.now
        warm = await anext(readings)
        assert warm.quality is Quality.SUSPECT
        assert "heater" in driver.health.detail
        chip.write(bytes.fromhex("F32D"))
        assert chip.read(3)[:2] == bytes.fromhex("0000")
        while (reading := await anext(readings)).quality is Quality.SUSPECT:
            pass
        assert 60.0 < reading.monotonic - begin < 90.0
    assert driver.health.counters["heated"] == 1


class Hoarse(Sht3xChip):
    """Spoils the checksum of its status while `hoarse`."""

    hoarse = False

    def read(self, count):
        answer = super().read(count)
        return bytes(3) if self.hoarse and count == 3 else answer


async def test_without_its_status_a_value_is_suspect_and_the_chip_still_itself(driver, bus, timing):
    chip = bus.chips[ADDRESS] = Hoarse(lambda _: (4.0, 60.0), timing.monotonic)
    timing.now += 1.0
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.hoarse = True
        assert (await anext(readings)).quality is Quality.SUSPECT
        assert driver.health.state is State.FAULTY
        assert "status" in driver.health.detail
        chip.hoarse = False
        assert (await anext(readings)).quality is Quality.OK


async def test_alerts_and_a_command_that_failed_are_neither_heater_nor_reset(driver, chip):
    """§4.11, table 18: bits 15, 11 and 10 are alerts, 1 and 0 tell of the last command."""
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip._status = 0x8C03
        assert (await anext(readings)).quality is Quality.OK
    assert driver.health.counters == {"readings": 2}


async def test_what_is_measured_after_a_heater_was_on_at_the_start_is_suspect(driver, chip):
    chip.write(bytes.fromhex("306D"))
    async with driver:
        assert (await driver.read_once()).quality is Quality.SUSPECT


async def test_a_dip_of_the_supply_is_counted(driver, chip, timing):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.fault("reset")
        timing.now += 1.0
        assert (await anext(readings)).quality is Quality.OK
        await anext(readings)
    assert driver.health.counters["resets"] == 1


async def test_a_kernel_driver_on_the_chip_is_named(driver, chip, bus):
    bus.taken.add(ADDRESS)
    async with driver:
        with pytest.raises(DeviceFault):
            await driver.read_once()
        assert driver.health.state is State.FAULTY


def test_the_emulated_chip_is_not_ready_before_15_ms(chip, timing):
    chip.write(bytes.fromhex("2400"))
    timing.now += 0.0149
    with pytest.raises(Nack):
        chip.read(6)
    timing.now += 0.0002
    assert len(chip.read(6)) == 6


def test_the_emulated_chip_knows_its_commands_only(chip):
    with pytest.raises(Nack):
        chip.write(bytes.fromhex("1234"))
    with pytest.raises(ValueError, match="crc"):
        chip.fault("melt")


async def test_each_doubt_is_said_and_counted(driver, chip, timing):
    async with driver, aclosing(driver.readings()) as readings:
        first = await anext(readings)
        assert (driver.health.detail, driver.health.cause) == ("", None)
        chip.write(bytes.fromhex("306D"))  # the heater
        await anext(readings)
        assert driver.health.detail == (
            "the heater of 0x44 on /dev/i2c-1 was on and is off again: its values are too warm yet"
        )
        assert driver.health.cause.id == "sensor.heater"
        assert driver.health.counters == {"readings": 2, "heated": 1}
        chip.fault("crc")
        corrupt = await anext(readings)
        assert corrupt.quality is Quality.CORRUPT
        assert driver.health.detail.startswith("wrong checksum in ")
        assert driver.health.detail.endswith(" from 0x44 on /dev/i2c-1")
        assert driver.health.cause.id == "sensor.checksum"
    assert set(first.fields) == {"temperature", "humidity"}


async def test_a_heater_is_suspect_for_a_minute(driver, chip, timing):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.write(bytes.fromhex("306D"))
        warm = [await anext(readings) for _ in range(8)]
    doubtful = [each for each in warm if each.quality is Quality.SUSPECT]
    assert [each.monotonic - doubtful[0].monotonic for each in doubtful] == pytest.approx(
        [10.0 * number for number in range(7)], abs=0.1
    )


async def test_a_chip_whose_status_cannot_be_read_at_its_start_is_none(driver, bus, timing):
    chip = bus.chips[ADDRESS] = Hoarse(lambda _: (4.0, 60.0), timing.monotonic)
    chip.hoarse = True
    timing.now += 1.0
    async with driver:
        with pytest.raises(WrongDevice) as raised:
            await driver.read_once()
    assert str(raised.value) == (
        "the chip at 0x44 on /dev/i2c-1 is not an SHT3x: it answers 00 00 00 for its status"
    )
    assert raised.value.cause.id == "sensor.other-chip"
    assert driver.health.counters["bad frames"] == 3


class Unclear(Sht3xChip):
    """Keeps its reset bit, as a chip that ignores the command to clear it."""

    def write(self, data):
        if data != bytes.fromhex("3041"):
            super().write(data)


async def test_a_chip_that_does_not_clear_its_status_is_another(driver, bus, timing):
    bus.chips[ADDRESS] = Unclear(lambda _: (4.0, 60.0), timing.monotonic)
    timing.now += 1.0
    async with driver:
        with pytest.raises(WrongDevice, match="ignores the reset command of an SHT3x"):
            await driver.read_once()


async def test_a_chip_that_lost_its_supply_has_its_bit_taken_back(driver, chip, told):
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        chip.fault("reset")
        told.clear()
        await anext(readings)
        assert [each for each in told if each != 10.0][-4:] == ["f3 2d", "?3", "30 41", 0.0]
    assert driver.health.counters["resets"] == 1
