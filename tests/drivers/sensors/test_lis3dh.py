"""The LIS3DH: registers as its data sheet has them, and the stream through its FIFO."""

from __future__ import annotations

import asyncio
import math
import random
import struct
from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import State
from drivers.errors import DeviceFault, WrongDevice
from drivers.reading import Quality
from drivers.sensors import lis3dh_codec as codec
from hil.emulators.chips.lis3dh_chip import Lis3dhChip
from hil.emulators.chips.motion import Motion, Shock, Vibration

ADDRESS = 0x18


def put_chip(bus, timing, *shocks, vibrations=(), **options):
    motion = Motion(shocks, vibrations)
    chip = Lis3dhChip(motion, random.Random(7), timing.monotonic, **options)
    bus.chips[ADDRESS] = chip
    return chip


def build(host, **options):
    return catalog.build("sensors.lis3dh", "pallet", {"bus": "/dev/i2c-1"} | options, host)


@pytest.fixture
def driver(host):
    return build(host, interval=10.0)


async def readings_of(driver, count, kind=None):
    found = []
    async with driver, aclosing(driver.readings()) as readings:
        async for reading in readings:
            if kind is None or reading.kind == kind:
                found.append(reading)
            if len(found) == count:
                return found
    raise AssertionError("the readings ended")


def test_the_application_note_s_examples():
    # AN3308 table 4, ±2 g in high resolution, 1 mg/digit of 12 bits: the same bytes at ±16 g have
    # 12 mg/digit.
    assert [value >> 4 for value in codec.samples(bytes.fromhex("E015 0040 00C0"))] == [
        350,
        1024,
        -1024,
    ]
    assert 350 * 16 * codec.SCALE.digit == pytest.approx(4.2)


def test_a_full_fifo_says_one_more_than_its_counter_can():
    assert codec.FifoState.parse(bytes.fromhex("80DF")) == codec.FifoState(0x80, True, 32)
    assert codec.FifoState.parse(bytes.fromhex("8085")) == codec.FifoState(0x80, False, 5)
    assert codec.FifoState.parse(bytes.fromhex("8020")) == codec.FifoState(0x80, False, 0)


def test_bits_that_the_fifo_never_has_are_no_sample():
    """It keeps ten of the 16 bits of a word, left-justified (§3.8)."""
    assert codec.intact([0x0040, -0x8000, 0x7FC0, 0])
    for bit in range(6):
        assert not codec.intact([0x0040, 0x0040 | 1 << bit, 0])


async def test_a_bump_that_it_can_measure(driver, bus, timing):
    put_chip(bus, timing, Shock(3.0, 12.0, 40.0))
    begin = timing.now
    (shock,) = await readings_of(driver, 1)
    assert (shock.kind, shock.quality) == ("shock", Quality.OK)
    assert shock.fields["peak"] == pytest.approx(12.0, rel=0.02)
    assert shock.fields["fit_duration"] == pytest.approx(40.0, rel=0.03)
    assert shock.monotonic - begin == pytest.approx(3.0, abs=0.05)
    assert timing.now - shock.monotonic < 0.2, "told as soon as the pulse is over"


@pytest.mark.parametrize(
    ("peak", "ms", "quality"),
    [(12.0, 6.0, Quality.UNDERSAMPLED), (50.0, 11.0, Quality.SATURATED)],
)
async def test_what_it_cannot_measure_is_marked(driver, bus, timing, peak, ms, quality):
    put_chip(bus, timing, Shock(3.0, peak, ms))
    assert (await readings_of(driver, 1))[0].quality is quality


async def test_five_seconds_before_and_after_a_shock_are_kept(host, bus, timing):
    put_chip(bus, timing, Shock(8.0, 12.0, 40.0), vibrations=[Vibration(4.0, 2.0, 1.0, 20.0, 20.0)])
    begin = timing.now
    shock, waveform = await readings_of(build(host), 2)
    assert (shock.kind, waveform.kind) == ("shock", "waveform")
    assert waveform.monotonic == shock.monotonic
    assert waveform.fields["begin"] == pytest.approx(-5000.0, abs=5.0)
    assert waveform.fields["samples"] == 4000
    assert waveform.fields["last"] == 1
    z = [
        each[2] * waveform.fields["digit"]
        for each in struct.iter_unpack(">hhh", waveform.fields["waveform"])
    ]
    assert max(z) == pytest.approx(13.0, rel=0.02)
    # it shook from 4 to 6 s: that is from 4 to 2 s before the shock
    assert max(z[500:1200]) == pytest.approx(2.0, abs=0.1)
    assert max(z[1300:1950]) == pytest.approx(1.0, abs=0.1)
    assert timing.now - begin == pytest.approx(13.0, abs=0.2)


async def test_a_shock_that_tears_the_cable_keeps_what_came_before_it(host, bus, timing):
    put_chip(bus, timing, Shock(8.0, 12.0, 40.0))
    driver = build(host)
    async with driver, aclosing(driver.readings()) as readings:
        shock = await anext(readings)
        bus.chips.clear()
        waveform, silent = await anext(readings), await anext(readings)
    assert (waveform.kind, waveform.monotonic) == ("waveform", shock.monotonic)
    assert waveform.fields["begin"] == pytest.approx(-5000.0, abs=5.0)
    assert waveform.fields["last"] == 1
    assert silent.quality is Quality.NO_ANSWER


async def test_vibration_by_band_every_interval(driver, bus, timing):
    put_chip(bus, timing, vibrations=[Vibration(0.0, 100.0, 1.0, 35.0, 35.0, "x")], noise=0.0)
    first, second = await readings_of(driver, 2, "vibration")
    assert second.monotonic - first.monotonic == pytest.approx(10.0, abs=0.01)
    assert second.quality is Quality.OK
    assert second.fields["rms_x"] == pytest.approx(1.0 / math.sqrt(2), rel=0.02)
    assert second.fields["x_25"] == pytest.approx(second.fields["rms_x"], rel=0.06)
    assert second.fields["samples"] == pytest.approx(4000, abs=20)
    assert "gaps" not in second.fields


class Hasty(Lis3dhChip):
    """Its oscillator is 3 % fast."""

    def _period(self):
        return super()._period() / 1.03


async def test_the_rate_is_counted_not_believed(driver, bus, timing):
    bus.chips[ADDRESS] = Hasty(Motion(), random.Random(1), timing.monotonic)
    _, second = await readings_of(driver, 2, "vibration")
    assert second.fields["rate"] == pytest.approx(412.0, rel=0.005)


async def test_an_overrun_of_the_fifo_is_a_gap(driver, bus, timing):
    put_chip(bus, timing)
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while timing.now < 103.0:
            await asyncio.sleep(0)
        timing.now += 0.2  # the machine was busy with something else
        vibration = await pending
    assert vibration.fields["gaps"] == 1
    assert vibration.quality is Quality.OK  # most of it is there, and it says what is not
    assert driver.health.counters["gaps"] == 1


async def test_a_dip_of_the_supply_is_a_gap_and_the_chip_is_set_up_again(driver, bus, timing):
    chip = put_chip(bus, timing)
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while timing.now < 105.0:
            await asyncio.sleep(0)
        chip.fault("reset")
        vibration = await pending
        assert driver.health.cause.id == "sensor.supply"
    assert vibration.fields["gaps"] == 1
    assert driver.health.counters["resets"] == 1
    assert driver.health.counters.get("reopens", 0) == 0


async def test_another_identity_is_not_read(driver, bus, timing):
    put_chip(bus, timing, identity=0x32)  # a LIS331
    async with driver:
        with pytest.raises(WrongDevice, match="0x32"):
            await driver.read_once()


@pytest.mark.parametrize(
    ("register", "value", "right"),
    [
        (codec.CTRL_REG4, 0x88, 0xB8),  # ±2 g: all would be read eight times too large
        (codec.CTRL_REG1, 0x57, 0x77),  # 100 samples a second
        (codec.CTRL_REG2, 0x88, 0x00),  # no gravity
    ],
)
async def test_what_another_program_changes_is_put_right_and_what_it_made_is_suspect(
    driver, bus, timing, register, value, right
):
    chip = put_chip(bus, timing)
    async with driver, aclosing(driver.readings()) as readings:
        first = await anext(readings)
        chip.write(bytes([register, value]))
        second, third = await anext(readings), await anext(readings)
        while third.kind != "vibration":
            third = await anext(readings)
        assert driver.health.counters["resets"] == 1
    assert chip._registers[register] == right
    assert [str(each.quality) for each in (first, second, third)] == ["ok", "suspect", "ok"]
    assert third.fields["gaps"] == 1


class Deaf(Lis3dhChip):
    """Ignores what is written to CTRL_REG4."""

    def _set(self, register, value):
        if register != codec.CTRL_REG4:
            super()._set(register, value)


async def test_a_set_up_that_is_not_effective_is_a_fault(driver, bus, timing):
    bus.chips[ADDRESS] = Deaf(Motion(), random.Random(1), timing.monotonic)
    async with driver:
        with pytest.raises(DeviceFault, match="register 0x23 is 0x00, not 0xb8"):
            await driver.read_once()


async def test_a_chip_that_takes_no_samples_is_a_fault(driver, bus, timing):
    chip = put_chip(bus, timing)
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        await asyncio.sleep(0.01)
        chip.write(bytes([codec.CTRL_REG1, 0x07]))  # another program turned it off
        while driver.health.state is not State.FAULTY:
            await asyncio.sleep(0)
        assert "takes no samples" in driver.health.detail
        pending.cancel()
        await asyncio.wait([pending])


async def test_gravity_now(driver, bus, timing):
    put_chip(bus, timing, noise=0.0)
    async with driver:
        reading = await driver.read_once()
    assert reading.kind == "acceleration"
    assert dict(reading.fields) == pytest.approx({"x": 0.0, "y": 0.0, "z": 1.0}, abs=0.025)
