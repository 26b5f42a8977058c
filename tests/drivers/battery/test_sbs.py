"""A smart battery: words by the specification, error codes, alarms, and what is none."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.battery import sbs_codec as codec
from drivers.driver import State
from drivers.reading import Quality
from hil.emulators.chips.sbs_chip import ADDRESS, SPECIFICATION, battery
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.i2c_bench import BUS, BenchHost, DirectBus


class Pack:
    """A battery and its driver on one bus; time passes when the driver sleeps."""

    def __init__(self, **emulated):
        self.timing = FakeTiming()
        self.chip = battery(1, self.timing.monotonic, **emulated)
        bus = DirectBus({ADDRESS: self.chip})
        options = {"bus": BUS, "interval": 1.0}
        self.driver = catalog.build(
            "battery.sbs", "under-test", options, BenchHost(self.timing, bus)
        )

    async def read(self):
        async with self.driver:
            return await self.driver.read_once()


async def test_a_battery_is_asked_once_an_interval():
    pack = Pack()
    async with pack.driver, aclosing(pack.driver.readings()) as readings:
        found = [(await anext(readings)).monotonic for _ in range(3)]
    assert found == [100.0, 101.0, 102.0]


def test_the_error_code_is_that_of_smbus():
    """SMBus 1.1 §8.4.1.3: CRC-8 by x^8 + x^2 + x + 1; its check value of "123456789" is F4."""
    assert codec.error_code(b"123456789") == 0xF4
    assert codec.error_code(b"") == 0


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        (0x0031, codec.Kind(checked=True)),
        (0x0021, codec.Kind(checked=False)),
        (0x1121, codec.Kind(checked=False, volt_power=1, ampere_power=1)),
        (0x0000, None),
        (0xFFFF, None),
        (0x0041, None),
    ],
)
def test_what_a_specification_says(word, kind):
    assert codec.kind_of(word) == kind


@pytest.mark.parametrize("checked", [True, False])
async def test_a_battery_tells_all_of_itself(checked):
    reading = await Pack(checked=checked, amperes=-1.5, celsius=-4.2).read()
    assert reading.quality is Quality.OK
    fields = {name: value for name, value in reading.fields.items() if value is not None}
    assert fields == {
        "charge": 72.0, "state": "discharging", "voltage": 14.8, "current": -1.5,
        "temperature": -4.2, "remaining": 4.608, "full": 6.4, "cycles": 41,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("emulated", "state"),
    [({"amperes": 2.0}, "charging"), ({"amperes": 0.0}, "idle"), ({"charge": 100}, "full"),
     ({"charge": 0}, "empty")],
)  # fmt: skip
async def test_its_state(emulated, state):
    assert (await Pack(**emulated).read()).fields["state"] == state


async def test_capacity_in_energy_is_no_charge_in_ampere_hours():
    pack = Pack()
    pack.chip.words[codec.MODE] = codec.IN_ENERGY
    reading = await pack.read()
    assert reading.fields["remaining"] is None
    assert reading.fields["charge"] == 72.0


async def test_one_wrong_code_is_asked_again_and_two_are_corrupt():
    pack = Pack()
    pack.chip.fault("crc")
    assert (await pack.read()).quality is Quality.OK
    pack = Pack()
    pack.chip.fault("crc-twice")
    assert (await pack.read()).quality is Quality.CORRUPT
    assert pack.driver.health.counters["bad frames"] == 1


async def test_an_alarm_is_told_and_names_its_row():
    pack = Pack()
    pack.chip.fault("hot")
    reading = await pack.read()
    assert reading.fields["faults"] == "over temperature"
    assert "IT REPORTS over temperature" in _sentence(reading)


async def test_a_bus_that_nobody_drives_reports_no_faults_that_anybody_believes():
    pack = Pack(checked=False)
    pack.chip.words.update(dict.fromkeys(codec.ASKED, 0xFFFF))
    async with pack.driver:
        assert (await pack.driver.read_once()).quality is Quality.CORRUPT
        assert pack.driver.health.detail.startswith("nothing but ones from 0x0b on")


def _sentence(reading):
    from agent.clock.belief import Stamp
    from agent.records.convert import from_reading
    from agent.records.sentences import sentence

    return sentence(from_reading(reading, 1, Stamp(1, 1, 1, "ntp", 1)))


async def test_another_chip_at_the_address_is_no_battery():
    pack = Pack()
    pack.chip.words[SPECIFICATION] = 0xFFFF
    async with pack.driver as driver:
        task = asyncio.ensure_future(anext(driver.readings()))
        for _ in range(1000):
            if driver.health.state is State.WRONG_DEVICE:
                break
            await asyncio.sleep(0)
        assert "is no smart battery: its specification is 0xffff" in driver.health.detail
        task.cancel()
        await asyncio.wait([task])


async def test_an_alarm_is_in_the_state_and_goes_with_it():
    pack = Pack()
    async with pack.driver as driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        assert (driver.health.detail, driver.health.cause) == ("", None)
        pack.chip.fault("hot")
        await anext(readings)
        assert driver.health.detail == "it reports: over temperature"
        assert driver.health.cause.id == "battery.protects"
