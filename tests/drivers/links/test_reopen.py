import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from drivers.driver import Host, State
from drivers.errors import (
    FAULT,
    BadFrame,
    CommandTimeout,
    DeviceFault,
    DeviceMissing,
    DriverError,
    LinkLost,
    WrongDevice,
)
from drivers.links import reopen
from drivers.links.reopen import ReopeningDriver, state_after
from drivers.reading import Quality, Reading

SWITCHED_OFF = replace(FAULT, next="switch NMEA on")


class FakeTiming:
    """Time passes only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Scripted(ReopeningDriver):
    """Each session plays one list: numbers are readings, errors are raised."""

    def __init__(self, host, *sessions):
        super().__init__("probe", host)
        self.sessions = list(sessions)
        self.open = self.opened = 0

    async def session(self):
        assert self.open == 0, "opened twice"
        self.open += 1
        self.opened += 1
        try:
            for item in self.sessions.pop(0):
                if isinstance(item, DriverError):
                    raise item
                if isinstance(item, asyncio.Event):
                    await item.wait()
                    continue
                self.running()
                yield self.reading(item)
        finally:
            self.open -= 1

    def reading(self, value):
        return Reading("probe", "temperature", {"temperature": value}, self.timing.monotonic())


def scripted(*sessions):
    timing = FakeTiming()
    return Scripted(Host(timing, random.Random(1)), *sessions), timing


async def take(driver, count):
    values = []
    async for reading in driver.readings():
        values.append(reading.fields["temperature"])
        if len(values) == count:
            return values
    raise AssertionError("readings ended")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeviceMissing("x"), State.MISSING),
        (LinkLost("x"), State.MISSING),
        (CommandTimeout("x"), State.MISSING),
        (WrongDevice("x"), State.WRONG_DEVICE),
        (DeviceFault("x"), State.FAULTY),
        (BadFrame("x"), State.FAULTY),
    ],
)
def test_state_after(error, state):
    assert state_after(error) is state


async def test_readings_go_on_through_lost_devices():
    driver, _ = scripted([1, 2, LinkLost("pulled")], [DeviceMissing("gone")], [3])
    async with driver:
        assert await take(driver, 3) == [1, 2, 3]
        assert driver.health.state is State.RUNNING
        assert driver.health.counters["reopens"] == 2
        assert driver.health.counters["readings"] == 3
    assert driver.health.state is State.CLOSED


class Watched(Scripted):
    """Its silence means something."""

    def no_answer(self):
        return replace(self.reading(None), quality=Quality.NO_ANSWER)


async def test_one_reading_marks_the_moment_at_which_a_watched_device_stopped_answering():
    gone = DeviceMissing("gone")
    timing = FakeTiming()
    sessions = [gone], [1, LinkLost("pulled")], [gone], [gone], [2, LinkLost("pulled")], [gone], [3]
    driver = Watched(Host(timing, random.Random(1)), *sessions)
    async with driver:
        assert await take(driver, 5) == [1, None, 2, None, 3]
        assert driver.health.counters["readings"] == 5


async def test_health_says_what_happened_since_when_and_what_to_do():
    hold = asyncio.Event()
    driver, timing = scripted([1, LinkLost("pulled", advice="plug it in")], [hold])
    async with driver:
        reading = asyncio.ensure_future(take(driver, 2))
        while driver.opened < 2:
            await asyncio.sleep(0)
        assert driver.health.state is State.MISSING
        assert driver.health.detail == "pulled"
        assert driver.health.advice == "plug it in"
        assert driver.health.since == 100.0 < timing.now
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading


async def test_back_off_doubles_to_a_cap_below_five_seconds_and_starts_anew_after_success():
    missing = [[DeviceMissing("gone")]] * 5
    driver, timing = scripted(*missing, [1, LinkLost("pulled")], [2])
    async with driver:
        await take(driver, 2)
    limits = [1, 2, 4, 4, 4, 1]
    assert len(timing.slept) == len(limits)
    for slept, limit in zip(timing.slept, limits, strict=True):
        assert limit * (1 - reopen.JITTER) <= slept <= limit
    assert len(set(timing.slept)) == len(limits)  # jitter


async def test_a_wrong_device_is_left_alone_for_long():
    driver, timing = scripted([WrongDevice("a scale answers")], [1])
    async with driver:
        await take(driver, 1)
    assert timing.slept[0] >= 45


async def test_read_once_opens_a_short_session_when_nobody_reads():
    driver, _ = scripted([7, 8])
    async with driver:
        assert (await driver.read_once()).fields["temperature"] == 7
        assert driver.open == 0


async def test_read_once_raises_what_prevented_it():
    driver, _ = scripted([DeviceMissing("gone")])
    async with driver:
        with pytest.raises(DeviceMissing, match="gone"):
            await driver.read_once()
        assert driver.health.state is State.MISSING


async def test_read_once_beside_readings_gets_the_next_one_and_opens_nothing():
    hold = asyncio.Event()
    driver, _ = scripted([1, hold, 2])
    async with driver:
        stream = driver.readings()
        assert (await anext(stream)).fields["temperature"] == 1
        following = asyncio.ensure_future(anext(stream))
        asked = [asyncio.ensure_future(driver.read_once()) for _ in range(2)]
        await asyncio.sleep(0)
        assert driver.asked
        hold.set()
        for future in asked:
            assert (await future).fields["temperature"] == 2
        assert (await following).fields["temperature"] == 2
        assert driver.opened == 1
        assert not driver.asked


async def test_read_once_beside_readings_fails_with_the_session():
    hold = asyncio.Event()
    driver, _ = scripted([1, hold, LinkLost("pulled")], [2])
    async with driver:
        stream = driver.readings()
        await anext(stream)
        following = asyncio.ensure_future(anext(stream))
        asked = asyncio.ensure_future(driver.read_once())
        await asyncio.sleep(0)
        hold.set()
        with pytest.raises(LinkLost, match="pulled"):
            await asked
        await following


async def test_read_once_during_back_off_tries_at_once():
    driver, timing = scripted([DeviceMissing("gone")], [5], [6])
    retry = asyncio.Event()

    async def sleep(seconds):
        await retry.wait()

    timing.sleep = sleep
    async with driver:
        following = asyncio.ensure_future(take(driver, 1))
        while driver.health.state is not State.MISSING:
            await asyncio.sleep(0)
        assert (await driver.read_once()).fields["temperature"] == 5
        retry.set()
        assert await following == [6]


async def test_read_once_has_twelve_seconds(monkeypatch):
    assert reopen.READ_ONCE_TIMEOUT == 12.0
    monkeypatch.setattr(reopen, "READ_ONCE_TIMEOUT", 0.02)
    driver, _ = scripted([asyncio.Event()], [asyncio.Event()])
    async with driver:
        with pytest.raises(CommandTimeout, match="no reading within"):
            await driver.read_once()
        assert driver.open == 0
        waiting = asyncio.ensure_future(take(driver, 1))
        while not driver.open:
            await asyncio.sleep(0)
        with pytest.raises(CommandTimeout, match="no reading within"):
            await driver.read_once()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert driver.open == 0


@asynccontextmanager
async def followed_in_vain(monkeypatch):
    """A device that gives nothing to who follows it; who reads once waits for 20 ms."""
    monkeypatch.setattr(reopen, "READ_ONCE_TIMEOUT", 0.02)
    driver, timing = scripted([asyncio.Event()])
    async with driver:
        waiting = asyncio.ensure_future(take(driver, 1))
        while not driver.open:
            await asyncio.sleep(0)
        yield driver, timing
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


@pytest.mark.parametrize(("state", "cause"), [(State.FAULTY, None), (State.RUNNING, SWITCHED_OFF)])
async def test_what_explains_nothing_is_not_told_to_who_waits_in_vain(monkeypatch, state, cause):
    """What is said of a running device is of before."""
    async with followed_in_vain(monkeypatch) as (driver, timing):
        driver.health.enter(state, timing.now, "sends UBX, no NMEA", cause)
        with pytest.raises(CommandTimeout, match=r"gave no reading within 0\.02 s$"):
            await driver.read_once()


async def test_who_waits_in_vain_is_told_what_is_known_of_the_device(monkeypatch):
    async with followed_in_vain(monkeypatch) as (driver, timing):
        driver.health.enter(State.FAULTY, timing.now, "sends UBX, no NMEA", SWITCHED_OFF)
        with pytest.raises(CommandTimeout, match=r"no reading within.*: sends UBX") as raised:
            await driver.read_once()
        assert raised.value.advice == "switch NMEA on"


async def test_leaving_the_context_closes_a_device_whose_reader_stopped_half_way():
    driver, _ = scripted([1, 2])
    async with driver:
        async for _reading in driver.readings():
            break
        assert driver.open == 1
    assert driver.open == 0


async def test_pause_ends_early_when_a_reading_is_asked_for():
    driver, timing = scripted([])

    async def sleep(seconds):
        await asyncio.Event().wait()

    timing.sleep = sleep
    pausing = asyncio.ensure_future(driver.pause(60.0))
    await asyncio.sleep(0)
    async with driver._device:
        asking = asyncio.ensure_future(driver.read_once())
        await asyncio.wait_for(pausing, 60)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_committed_is_counted():
    driver, _ = scripted([])
    driver.committed(12)
    assert driver.health.counters["committed"] == 12
