"""Any accelerometer that is read without a break, on a part that the test writes down."""

import asyncio
from collections import deque
from contextlib import aclosing
from types import SimpleNamespace

import pytest

from drivers.driver import Host, State
from drivers.errors import DeviceFault, LinkLost
from drivers.reading import Quality
from drivers.sensors.accelerometer import Accelerometer
from drivers.sensors.sample_stream import Fetched
from drivers.sensors.shock_reading import Scale

REST = [3, 0, 1000, 0, 0, 1000] * 6  # twelve samples with some noise
STILL = [0, 0, 1000] * 12
HIT = [0, 0, 1000] * 4 + [9000, 0, 1000] * 12 + [0, 0, 1000] * 60


class Part(Accelerometer):
    """A part that gives twelve samples in 30 ms, or what `script` says."""

    set_up = ((0x20, 0x77), (0x23, 0xB8))
    place = "the part at x"

    def __init__(self, timing, *, noisy=False, keep=0.0, interval=10.0):
        settings = SimpleNamespace(rate=400, interval=interval, keep=keep, threshold_g=6.0)
        super().__init__("pallet", settings, Host(timing), Scale(0.001, 16.0))
        self.noisy, self.rest = noisy, REST
        self.script, self.asked_for, self.starts, self.registers = deque(), [], 0, {}
        self.deaf = {}

    async def start(self):
        self.starts += 1
        self.registers = dict(self.set_up) | self.deaf
        await self.check()
        self.running()

    async def read_back(self, registers):
        return [self.registers[each] for each in registers]

    async def fetch(self, seconds):
        self.asked_for.append(seconds)
        await self.timing.sleep(min(0.03, seconds))
        found = self.script.popleft() if self.script else self.rest
        if isinstance(found, Exception):
            raise found
        if found is None or (found and isinstance(found[0], Fetched)):
            return found
        return [Fetched(found, False, self.timing.monotonic())]


@pytest.fixture
def part(timing):
    return Part(timing)


async def readings_of(part, count):
    async with part, aclosing(part.readings()) as readings:
        return [await anext(readings) for _ in range(count)]


async def test_vibration_is_summed_up_every_interval(part, timing):
    begin = timing.now
    found = await readings_of(part, 3)
    assert [each.kind for each in found] == ["vibration"] * 3
    assert [each.monotonic - begin for each in found] == pytest.approx([10.0, 20.0, 30.0], abs=0.04)
    assert {str(each.quality) for each in found} == {"ok"}
    assert part.asked_for[0] == 10.0  # no longer than until it is due
    assert part.starts == 1
    assert part.health.counters == {"readings": 3}


async def test_it_is_never_read_for_less_than_a_sample(timing):
    part = Part(timing, interval=9.991)  # 333 looks of 30 ms, and a millisecond
    await readings_of(part, 1)
    assert part.asked_for[-1] == 1 / 400


async def test_what_is_lost_is_counted_and_told(part, timing):
    part.script += [REST, [Fetched(REST, True, timing.now + 0.1)], [Fetched((), True, timing.now)]]
    (found,) = await readings_of(part, 1)
    assert found.fields["gaps"] == 2
    assert part.health.counters["gaps"] == 2


async def test_a_part_that_takes_no_samples_for_a_second_is_faulty(part):
    part.script += [[Fetched((), False, 0.0), Fetched(REST, False, 100.03)], *[[]] * 33, REST]
    await readings_of(part, 1)  # a second of nothing may be
    part.script += [[]] * 40
    async with part, aclosing(part.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while part.health.state is not State.FAULTY:
            await asyncio.sleep(0)
        assert part.health.detail == "the part at x takes no samples"
        assert part.health.cause.id == "sensor.hangs"
        pending.cancel()
        await asyncio.wait([pending])


async def test_a_part_that_lost_its_set_up_gets_it_again(part):
    part.script += [REST, None]
    async with part, aclosing(part.readings()) as readings:
        found = await anext(readings)
        assert part.health.detail == "lost its set-up 1 time and got it again"
        assert part.health.cause.id == "sensor.supply"
        part.script.append(None)
        await anext(readings)
        assert part.health.detail == "lost its set-up 2 times and got it again"
    assert (found.fields["gaps"], part.health.counters["resets"], part.starts) == (1, 2, 3)


async def test_a_register_that_another_program_changed_makes_what_was_felt_doubtful(part):
    async with part, aclosing(part.readings()) as readings:
        first = await anext(readings)
        part.registers[0x23] = 0x88
        second, third = await anext(readings), await anext(readings)
        assert part.registers == {0x20: 0x77, 0x23: 0xB8}
        part.registers[0x20] = 0x57
        part.script.append(HIT)
        shock = await anext(readings)
    found = [str(each.quality) for each in (first, second, third, shock)]
    assert found == ["ok", "suspect", "ok", "suspect"]
    assert (shock.kind, third.fields["gaps"]) == ("shock", 1)
    assert part.health.counters["resets"] == 2
    assert part.health.counters["shocks"] == 1


async def test_a_part_that_does_not_take_its_set_up_is_named_with_the_register(part):
    part.deaf = {0x23: 0x00}
    async with part:
        with pytest.raises(DeviceFault) as raised:
            await part.read_once()
    assert (
        str(raised.value)
        == "the part at x did not take its set-up: register 0x23 is 0x00, not 0xb8"
    )
    assert raised.value.cause.id == "sensor.shared"


async def test_a_part_with_noise_that_rests_wholly_froze(timing):
    part = Part(timing, noisy=True)
    part.rest = STILL
    async with part, aclosing(part.readings()) as readings:
        assert (await anext(readings)).quality is Quality.STUCK
        assert part.health.detail == "the part at x gave the same sample for 10 s"
        assert part.health.cause.id == "sensor.stuck"
        part.rest = REST
        while (found := await anext(readings)).quality is Quality.STUCK:
            pass
        assert found.quality is Quality.OK
        assert part.health.cause is None
    coarse = Part(timing)
    coarse.rest = STILL
    assert (await readings_of(coarse, 1))[0].quality is Quality.OK


async def test_a_shock_and_what_was_around_it(timing):
    part = Part(timing, keep=0.1)
    part.script += [REST, HIT]
    shock, wave = await readings_of(part, 2)
    assert (shock.kind, wave.kind) == ("shock", "waveform")
    assert part.health.counters == {"readings": 2, "shocks": 1, "waveforms": 1}


async def test_what_tears_a_part_off_is_told_before_it_is_missing(timing):
    part = Part(timing, keep=0.5)
    part.script += [REST, HIT, LinkLost("gone")]
    shock, wave, silent = await readings_of(part, 3)
    assert (shock.kind, wave.kind, wave.fields["last"]) == ("shock", "waveform", 1)
    assert (silent.kind, silent.quality) == ("vibration", Quality.NO_ANSWER)
    assert set(silent.fields) >= {"rms", "rms_x", "peak_z", "x_0", "z_100", "histogram", "samples"}
    assert not any(silent.fields.values())


async def test_shocks_without_room_for_a_waveform_are_counted(timing, monkeypatch):
    monkeypatch.setattr("drivers.sensors.shock_recorder.ALLOWED", 0.0)
    part = Part(timing, keep=0.5)
    part.script += [REST, HIT]
    (shock,) = await readings_of(part, 1)
    assert shock.kind == "shock"
    part.script += [REST, HIT]
    async with part, aclosing(part.readings()) as readings:
        await anext(readings)
        await anext(readings)
        assert part.health.counters["waveforms left out"] == 1


async def test_the_acceleration_of_now(part):
    part.script += [[], [Fetched([1, 2, 3, 500, -500, 1000], False, 0.0)]]
    async with part:
        reading = await part.read_once()
    assert (reading.device, reading.kind) == ("pallet", "acceleration")
    assert dict(reading.fields) == {"x": 0.5, "y": -0.5, "z": 1.0}
    assert part.asked_for == [2 / 400] * 2


async def test_the_acceleration_of_now_beside_the_stream(part, timing):
    async with part, aclosing(part.readings()) as readings:
        pending = asyncio.ensure_future(anext(readings))
        while part.starts == 0:
            await asyncio.sleep(0)
        once = await part.read_once()
        assert (once.kind, dict(once.fields)) == ("acceleration", {"x": 0.0, "y": 0.0, "z": 1.0})
        assert await pending is once


async def test_who_takes_no_samples_has_no_acceleration(part, timing):
    part.rest, begin = [], timing.now
    async with part:
        with pytest.raises(DeviceFault, match="the part at x takes no samples"):
            await part.read_once()
    assert timing.now - begin == pytest.approx(1.0, abs=0.01)
