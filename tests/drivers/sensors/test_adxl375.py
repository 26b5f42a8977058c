import asyncio
import math
import random
import struct
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import catalog
from drivers.driver import State
from drivers.errors import DeviceFault, WrongDevice
from drivers.reading import Quality
from drivers.sensors import adxl375
from drivers.sensors import adxl375_codec as codec
from hil.emulators.chips.adxl375_chip import Adxl375Chip, Shock

ADDRESS = 0x53
G = 9.80665
DIGITS = st.integers(-4096, 4095)


def put_chip(bus, timing, *shocks, **options):
    chip = Adxl375Chip(shocks, random.Random(7), timing.monotonic, **options)
    bus.chips[ADDRESS] = chip
    return chip


@pytest.fixture
def driver(host):
    return catalog.build("sensors.adxl375", "pallet", {"bus": "/dev/i2c-1"}, host)


@given(DIGITS, DIGITS, DIGITS)
def test_samples_survive_registers_and_waveform(x, y, z):
    raw = codec.sample(codec.SAMPLE.pack(x, y, z))
    assert raw == (x, y, z)
    assert codec.pack_waveform([raw, raw]) == struct.pack(">hhhhhh", x, y, z, x, y, z)
    assert codec.to_g(raw) == pytest.approx((x * 0.049, y * 0.049, z * 0.049))


def test_waveform_is_big_endian_and_interleaved():
    assert codec.pack_waveform([(1, -1, 256)]).hex() == "0001ffff0100"


def test_fifo_state():
    assert codec.FifoState.parse(bytes.fromhex("C8A0")) == codec.FifoState(0xC8, True, 32)
    assert codec.FifoState.parse(bytes.fromhex("0005")) == codec.FifoState(0x00, False, 5)


@pytest.mark.parametrize(("g", "code"), [(10.0, 13), (50.0, 64), (7.0, 9), (190.0, 244)])
def test_threshold_codes(g, code):
    assert codec.threshold_code(g) == code


@pytest.mark.parametrize("value", [4096, -4097])
def test_a_sample_has_thirteen_bits(value):
    assert codec.intact([4095, -4096, 0])
    assert not codec.intact([0, value, 0])


@pytest.mark.parametrize(
    ("peak", "ms", "axis", "quality", "tolerance"),
    [
        (50.0, 20.0, "z", Quality.OK, 0.02),
        (80.0, 20.0, "x", Quality.OK, 0.02),
        (150.0, 6.0, "z", Quality.UNDERSAMPLED, 0.06),
        (150.0, 6.0, "y", Quality.UNDERSAMPLED, 0.06),
        (50.0, 11.0, "z", Quality.UNDERSAMPLED, 0.03),
    ],
)
async def test_a_known_half_sine(driver, bus, timing, peak, ms, axis, quality, tolerance):
    put_chip(bus, timing, Shock(3.0, peak, ms, axis))
    begin = timing.now
    async with driver, aclosing(driver.readings()) as readings:
        shock = await anext(readings)
    assert shock.kind == "shock"
    assert shock.quality is quality
    assert shock.fields["peak"] == pytest.approx(peak, rel=tolerance)
    delta_v = 2.0 * peak * G * ms / 1000.0 / math.pi
    assert shock.fields["delta_v"] == pytest.approx(delta_v, rel=tolerance)
    assert shock.fields["duration"] == pytest.approx(0.936 * ms, abs=1.3)
    assert shock.fields["rate"] == 800.0
    assert shock.fields["range"] == 200.0
    assert shock.fields["threshold"] == pytest.approx(10.14)
    assert shock.monotonic - begin == pytest.approx(3.0, abs=0.12)


async def test_the_waveform_holds_samples_from_before_and_after(driver, bus, timing):
    put_chip(bus, timing, Shock(3.0, 60.0, 15.0))
    async with driver, aclosing(driver.readings()) as readings:
        shock = await anext(readings)
    z = [digits * 0.049 for _, _, digits in struct.iter_unpack(">hhh", shock.fields["waveform"])]
    assert len(z) == 32
    assert all(value <= 10.14 for value in z[:7])
    assert z[8] > 10.14 or z[7] > 10.14
    assert all(abs(value - 1.0) < 1.0 for value in z[24:])
    assert max(z) - 1.0 == pytest.approx(shock.fields["peak"], abs=0.5)


async def test_beyond_the_range_is_saturated(driver, bus, timing):
    put_chip(bus, timing, Shock(3.0, 230.0, 20.0))
    async with driver, aclosing(driver.readings()) as readings:
        shock = await anext(readings)
    assert shock.quality is Quality.SATURATED
    assert shock.fields["peak"] < 202.0


async def test_armed_again_after_each_shock(driver, bus, timing):
    shocks = [Shock(3.0 + 0.3 * n, 40.0 + 10.0 * n, 20.0) for n in range(5)]
    put_chip(bus, timing, *shocks)
    async with driver, aclosing(driver.readings()) as readings:
        peaks = [(await anext(readings)).fields["peak"] for _ in shocks]
    assert peaks == pytest.approx([shock.peak for shock in shocks], rel=0.03)


async def test_shocks_below_the_threshold_are_none(driver, bus, timing):
    put_chip(bus, timing, Shock(3.0, 8.0, 20.0), Shock(5.0, 30.0, 20.0))
    async with driver, aclosing(driver.readings()) as readings:
        assert (await anext(readings)).fields["peak"] == pytest.approx(30.0, rel=0.03)


async def test_a_chip_without_shocks_is_asked_all_along(driver, bus, timing):
    chip = put_chip(bus, timing)
    asked = []
    chip.read = lambda count, read=chip.read: asked.append(timing.now) or read(count)
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while timing.now < 160.0:
            await asyncio.sleep(0)
        assert driver.health.state is State.RUNNING
        assert timing.now - asked[-1] < 0.2
        pending.cancel()
        await asyncio.wait([pending])
    assert catalog.module("sensors.adxl375").interval({}) is None


async def test_read_once_gives_the_acceleration_of_now(driver, bus, timing):
    put_chip(bus, timing, noise=0.0, gravity=(0.0, -0.49, 0.98))
    async with driver:
        reading = await driver.read_once()
    assert reading.kind == "acceleration"
    assert dict(reading.fields) == pytest.approx({"x": 0.0, "y": -0.49, "z": 0.98})
    assert driver.health.state is State.CLOSED


async def test_read_once_beside_waiting_for_shocks(driver, bus, timing):
    put_chip(bus, timing)
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        await asyncio.sleep(0.01)
        once = await driver.read_once()
        assert once.kind == "acceleration"
        assert await pending is once


async def test_a_dip_of_the_supply_is_noticed_and_the_chip_armed_again(driver, bus, timing):
    chip = put_chip(bus, timing, Shock(30.0, 50.0, 20.0))
    begin = timing.now
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while timing.now < begin + 20.0:
            await asyncio.sleep(0)
        chip.fault("reset")
        shock = await pending
    assert shock.fields["peak"] == pytest.approx(50.0, rel=0.03)
    assert driver.health.counters["resets"] == 1
    assert driver.health.counters.get("reopens", 0) == 0


async def test_another_identity_is_not_read(driver, bus, timing):
    put_chip(bus, timing, devid=0x33)
    async with driver:
        with pytest.raises(WrongDevice, match="0x33"):
            await driver.read_once()


async def test_offsets_that_another_program_left_are_cleared(driver, bus, timing):
    chip = put_chip(bus, timing, noise=0.0)
    chip.write(bytes.fromhex("1E 0A F6 64"))  # +15.6 g, -15.6 g, +156 g: always above 10 g
    async with driver:
        reading = await driver.read_once()
    assert dict(reading.fields) == pytest.approx({"x": 0.0, "y": 0.0, "z": 0.98})
    chip.write(b"\x1e")
    assert chip.read(3) == bytes(3)


@pytest.mark.parametrize(
    ("register", "value", "right"),
    [
        (0x1E, 0x05, 0x00),  # an offset of 7.8 g
        (codec.BW_RATE, 0x1D, 0x0D),  # low power: more noise
        (codec.DATA_FORMAT, 0x8B, 0x0B),  # the self-test's force
        (codec.THRESH_ACT, 0xFF, 0x0D),
    ],
)
async def test_what_another_program_changes_is_put_right_within_the_hour(
    driver, bus, timing, monkeypatch, register, value, right
):
    assert adxl375.LOOK_EVERY == 3600.0
    monkeypatch.setattr(adxl375, "LOOK_EVERY", 36.0)
    chip = put_chip(bus, timing, Shock(50.0, 50.0, 20.0))
    begin = timing.now
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while timing.now < begin + 10.0:
            await asyncio.sleep(0)
        chip.write(bytes([register, value]))
        while timing.now < begin + 40.0:
            await asyncio.sleep(0)
        assert chip._registers[register] == right
        assert driver.health.counters["resets"] == 1
        assert (await pending).fields["peak"] == pytest.approx(50.0, rel=0.03)


async def test_the_whole_set_up_is_looked_at_once_an_hour_only(driver, bus, timing, monkeypatch):
    monkeypatch.setattr(adxl375, "LOOK_EVERY", 20.0)
    chip = put_chip(bus, timing)
    looks = []
    chip.write = lambda data, write=chip.write: (
        looks.append(timing.now) if data == bytes([codec.BW_RATE]) else None,
        write(data),
    )
    begin = timing.now
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while timing.now < begin + 70.0:
            await asyncio.sleep(0)
        pending.cancel()
        await asyncio.wait([pending])
    assert [round(at - begin) for at in looks] == [0, 20, 40, 60]


class Floating(Adxl375Chip):
    """Its samples are lost on the way so many times: the bus floats."""

    lost = 0

    def read(self, count):
        answer = super().read(count)
        if count == codec.SAMPLE_LENGTH and self.lost:
            self.lost -= 1
            return b"\xff" * count
        return answer


@pytest.mark.parametrize(("lost", "quality"), [(1, Quality.OK), (2, Quality.SUSPECT)])
async def test_a_sample_that_perhaps_nobody_sent_is_read_again(driver, bus, timing, lost, quality):
    chip = bus.chips[ADDRESS] = Floating((), random.Random(1), timing.monotonic)
    chip.lost = lost
    async with driver:
        assert (await driver.read_once()).quality is quality
        assert driver.health.counters["bad frames"] == 1


async def test_a_waveform_that_was_lost_on_the_way_is_suspect(driver, bus, timing):
    shock = Shock(3.0, 60.0, 20.0)
    chip = bus.chips[ADDRESS] = Floating([shock], random.Random(1), timing.monotonic)
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while timing.now < 102.0:
            await asyncio.sleep(0)
        chip.lost = 20
        reading = await pending
    assert reading.quality is not Quality.OK


class Deaf(Adxl375Chip):
    """Ignores what is written to BW_RATE."""

    def write(self, data):
        if data[0] == codec.BW_RATE and len(data) > 1:
            data = bytes([codec.BW_RATE])
        super().write(data)


async def test_a_set_up_that_is_not_effective_is_a_fault(driver, bus, timing):
    bus.chips[ADDRESS] = Deaf((), random.Random(1), timing.monotonic)
    async with driver:
        with pytest.raises(DeviceFault, match="register 0x2c is 0x0a, not 0x0d"):
            await driver.read_once()
        assert driver.health.state is State.FAULTY


async def test_a_chip_in_standby_is_a_fault(driver, bus, timing):
    chip = put_chip(bus, timing)
    async with driver, aclosing(driver.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        await asyncio.sleep(0.01)
        chip.write(bytes([codec.POWER_CTL, 0]))
        chip.read(0)
        while chip._fifo:
            chip.write(bytes([codec.DATAX0]))
            chip.read(6)
        while driver.health.state is State.RUNNING:
            await asyncio.sleep(0)
        assert driver.health.state is State.FAULTY
        assert "no samples" in driver.health.detail
        pending.cancel()
        await asyncio.wait([pending])


class Muffled(Adxl375Chip):
    """So many of the first and of the last samples of a shock are lost on the way: the bus floats."""

    first = last = place = 0

    def read(self, count):
        answer = super().read(count)
        if count != codec.SAMPLE_LENGTH:
            self.place = 0
            return answer
        self.place += 1
        gone = self.place <= self.first or self.place > 32 - self.last
        return b"\xff" * count if gone else answer


@pytest.mark.parametrize(
    ("first", "last", "quality"), [(5, 11, Quality.OK), (6, 11, Quality.SUSPECT)]
)
async def test_a_waveform_of_which_half_is_there_is_good(driver, bus, timing, first, last, quality):
    chip = bus.chips[ADDRESS] = Muffled(
        [Shock(3.0, 60.0, 14.0)], random.Random(1), timing.monotonic
    )
    chip.first, chip.last = first, last
    async with driver, aclosing(driver.readings()) as readings:
        assert (await anext(readings)).quality is quality


@pytest.mark.parametrize("at", [3.085, 3.095, 3.105])
async def test_a_shock_whose_samples_still_come_has_the_moment_of_its_first_sample_beyond_the_threshold(
    driver, bus, timing, at
):
    put_chip(bus, timing, Shock(at, 150.0, 20.0))  # 10 g after half a millisecond
    begin = timing.now
    async with driver, aclosing(driver.readings()) as readings:
        shock = await anext(readings)
    assert shock.monotonic - begin == pytest.approx(at, abs=0.005)
    assert timing.now - shock.monotonic < 0.16  # 30 ms of samples, a look, and armed again


async def test_after_a_shock_it_is_armed_before_anybody_reads_of_it(driver, bus, timing, told):
    put_chip(bus, timing, Shock(3.0, 50.0, 20.0))
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        assert told[-74:-71] == ["38", "?2", 17 / 800]  # 16 are there; for as many, and one more
        assert told[-71:-7] == ["32", "?6"] * 32
        assert told[-7:] == ["2e 00", "38 00", "30", "?1", "38 c8", 0.0125, "2e 10"]
    assert driver.health.counters["shocks"] == 1
