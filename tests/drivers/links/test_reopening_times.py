"""How long a driver waits before it opens its device again, second by second."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers.driver import Host, State
from drivers.errors import CommandTimeout, DeviceFault, DeviceMissing, WrongDevice
from drivers.links.reopen import ReopeningDriver
from drivers.reading import Quality, Reading
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.links.test_reopen import SWITCHED_OFF

PATIENCE = 30.0  # s


class Share:
    """A chance that is always the same."""

    def __init__(self, share):
        self.share = share

    def random(self):
        return self.share


class Clock(FakeTiming):
    """Notes for how long somebody slept."""

    def __init__(self):
        super().__init__()
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await super().sleep(seconds)


class Device(ReopeningDriver):
    """Each session plays one list: numbers are readings, errors are raised."""

    def __init__(self, *sessions, share=0.0):
        super().__init__("probe", Host(Clock(), Share(share)))
        self.sessions = list(sessions)
        self.closed = 0

    async def session(self):
        try:
            for item in self.sessions.pop(0):
                if isinstance(item, Exception):
                    raise item
                self.running()
                yield Reading("probe", "temperature", {"temperature": item}, 0.0)
        finally:
            self.closed += 1


async def read(driver, count):
    async with asyncio.timeout(PATIENCE):
        stream = driver.readings()
        return [(await anext(stream)).fields["temperature"] for _ in range(count)]


GONE, OTHER, SICK = DeviceMissing("gone"), WrongDevice("a scale"), DeviceFault("sick")


@pytest.mark.parametrize(
    ("sessions", "slept"),
    [
        ([[GONE], [1]], [1.0]),
        ([[GONE]] * 6 + [[1]], [1.0, 2.0, 4.0, 4.0, 4.0, 4.0]),
        ([[SICK]] * 12 + [[1]], [1.0, 2.0] + [4.0] * 10),
        ([[OTHER], [OTHER], [1]], [60.0, 60.0]),
        ([[OTHER], [GONE], [1]], [60.0, 2.0]),
    ],
)
@pytest.mark.parametrize(("share", "left"), [(0.0, 1.0), (1.0, 0.75), (0.5, 0.875)])
async def test_waits_double_up_to_four_seconds_and_chance_takes_a_quarter_at_most(
    sessions, slept, share, left
):
    driver = Device(*map(list, sessions), share=share)
    assert await read(driver, 1) == [1]
    assert driver.timing.slept == [seconds * left for seconds in slept]
    assert driver.health.counters == {"reopens": len(slept), "readings": 1}


async def test_after_an_answer_waits_begin_anew():
    driver = Device([GONE], [GONE], [1, GONE], [2])
    assert await read(driver, 2) == [1, 2]
    assert driver.timing.slept == [1.0, 2.0, 1.0]


async def test_a_driver_begins_with_what_it_is_and_knows():
    driver = Device([1])
    health = driver.health
    assert (driver.name, health.state, health.since) == ("probe", State.OPENING, 100.0)
    assert health.detail == "not opened yet"
    assert driver.no_answer() is None
    assert not driver.asked


async def test_running_says_what_is_unusual_and_since_when():
    driver = Device([1])
    driver.timing.now = 123.0
    driver.running("two of three", SWITCHED_OFF)
    health = driver.health
    assert (health.state, health.since, health.detail) == (State.RUNNING, 123.0, "two of three")
    assert health.cause is SWITCHED_OFF


async def test_what_a_session_ended_with_is_told_at_its_own_moment():
    driver = Device([SICK], [1])
    driver.timing.now = 50.0
    states = []

    async def sleeping(seconds):
        states.append((driver.health.state, driver.health.since, driver.health.cause))

    driver.timing.sleep = sleeping
    await read(driver, 1)
    assert states == [(State.FAULTY, 50.0, SICK.cause)]


async def test_somebody_who_wants_the_device_ends_the_wait():
    driver = Device([GONE], [1])
    asleep = asyncio.Event()

    async def sleeping(seconds):
        asleep.set()
        await asyncio.get_running_loop().create_future()

    driver.timing.sleep = sleeping
    reading = asyncio.ensure_future(read(driver, 1))
    await asyncio.wait_for(asleep.wait(), PATIENCE)
    driver.reopen_now()
    assert await reading == [1]


async def test_who_wants_the_device_once_ends_one_wait_alone():
    driver = Device([GONE], [GONE], [1])
    waits, let_go = [], asyncio.Event()

    async def sleeping(seconds):
        waits.append(seconds)
        await let_go.wait()

    driver.timing.sleep = sleeping
    reading = asyncio.ensure_future(read(driver, 1))
    async with asyncio.timeout(PATIENCE):
        while not waits:
            await asyncio.sleep(0)
        driver.reopen_now()
        while len(waits) < 2:
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert (waits, reading.done()) == ([1.0, 2.0], False)
        let_go.set()
        assert await reading == [1]


async def test_a_clock_that_ends_ends_the_readings():
    driver = Device([GONE], [1])

    class Over(Exception):
        pass

    async def sleeping(seconds):
        raise Over

    driver.timing.sleep = sleeping
    with pytest.raises(Over):
        await read(driver, 1)


async def test_a_session_that_ends_without_a_word_is_opened_again():
    driver = Device([1], [2])
    assert await read(driver, 2) == [1, 2]
    assert driver.closed == 1
    assert driver.timing.slept == [1.0]


async def test_one_reading_counts_and_closes_what_it_opened():
    driver = Device([7, 8], [])
    assert (await driver.read_once()).fields["temperature"] == 7
    assert driver.closed == 1
    assert driver.health.counters == {"readings": 1}
    with pytest.raises(CommandTimeout, match=r"^probe closed without a reading$"):
        await driver.read_once()


async def test_a_reading_in_vain_counts_as_a_failure():
    driver = Device([GONE], [GONE], [1])
    with pytest.raises(DeviceMissing):
        await driver.read_once()
    assert await read(driver, 1) == [1]
    assert driver.timing.slept == [2.0]


async def test_leaving_twice_is_leaving_once():
    driver = Device([1, 2])
    async with driver:
        await read(driver, 1)
    assert driver.closed == 1
    driver.timing.now = 200.0
    await driver.__aexit__(None, None, None)
    assert (driver.health.state, driver.closed) == (State.CLOSED, 1)


class Watched(Device):
    def no_answer(self):
        return Reading("probe", "temperature", {"temperature": None}, 0.0, Quality.NO_ANSWER)


async def test_a_device_that_says_itself_that_it_is_silent_is_not_said_to_be_so_again():
    class Telling(Watched):
        async def session(self):
            self.running()
            item = self.sessions.pop(0)
            if isinstance(item, Exception):
                raise item
            yield (
                self.no_answer()
                if item is None
                else Reading("probe", "temperature", {"temperature": item}, 0.0)
            )

    driver = Telling(1, None, GONE, 2)
    assert await read(driver, 4) == [1, None, None, 2]


async def test_who_waits_for_a_reading_and_gives_up_disturbs_nobody():
    driver = Device([1, 2, 3])
    async with driver:
        stream = driver.readings()
        await anext(stream)
        given_up = asyncio.ensure_future(driver.read_once())
        wanted = asyncio.ensure_future(driver.read_once())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        given_up.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await given_up
        await anext(stream)
        assert (await wanted).fields["temperature"] == 2
        assert not driver.asked
        driver.timing.sleep = lambda seconds: asyncio.Event().wait()
        pausing = asyncio.ensure_future(driver.pause(60.0))
        for _ in range(3):
            await asyncio.sleep(0)
        assert not pausing.done()  # nobody wants another one
        pausing.cancel()


async def test_a_pause_that_ends_early_leaves_nothing_running():
    driver = Device([1])

    async def sleeping(seconds):
        await asyncio.get_running_loop().create_future()

    driver.timing.sleep = sleeping
    async with driver as entered, driver._device:
        assert entered is driver
        before = asyncio.all_tasks()
        pausing = asyncio.ensure_future(driver.pause(60.0))
        asking = asyncio.ensure_future(driver.read_once())
        await asyncio.wait_for(pausing, PATIENCE)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        for _ in range(3):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
