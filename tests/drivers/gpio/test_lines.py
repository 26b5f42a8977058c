"""Inputs and outputs on a line that the test writes down: what is asked of it, and what is told."""

import asyncio
from collections import deque
from contextlib import aclosing

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import DeviceFault, LinkLost
from drivers.gpio import input as gpio_input
from drivers.gpio import output as gpio_output
from drivers.links import gpio_uapi
from drivers.links.gpio import Edge
from drivers.reading import Quality
from foundation.options import settings_of
from tests.drivers.fake_timing import FakeTiming

MODULES = {"gpio.input": (gpio_input, gpio_input.GpioInput),
           "gpio.output": (gpio_output, gpio_output.GpioOutput)}  # fmt: skip


def edge(serial, level, at):
    return Edge(at=at, level=level, serial=serial)


class Held(FakeTiming):
    """Time that passes only when the test says so."""

    async def sleep(self, seconds):
        due = self.now + seconds
        while self.now < due:
            await asyncio.sleep(0)

    async def passes(self, seconds):
        self.now += seconds
        for _ in range(20):
            await asyncio.sleep(0)


class Line:
    """A line whose edges come by a script: lists of them, or nothing for as long as it is asked."""

    def __init__(self, timing):
        self.timing, self.now, self.script = timing, 0, deque()
        self.pin = None  # its level, where the edges do not tell it
        self.asked, self.closed, self.stuck, self.opened = [], 0, False, []

    async def open(self, *given):
        self.opened.append(given)
        return self

    async def edges(self, left):
        self.asked.append(left)
        if self.script:
            found = self.script.popleft()
            if isinstance(found, Exception):
                raise found
            self.now = found[-1].level
            return found
        await self.timing.sleep(left)
        return []

    def level(self):
        return self.now if self.pin is None else self.pin

    def drive(self, level):
        self.now = self.now if self.stuck else level

    def close(self):
        self.closed += 1


def wired(kind, timing=None, **options):
    module, make = MODULES[kind]
    timing = timing or FakeTiming()
    line = Line(timing)
    given = catalog.check_options(kind, {"chip": "/dev/gpiochip0", "line": 17} | options)
    driver = make("door", settings_of(module.Settings, given), Host(timing), line.open)
    return driver, line, timing


def told(reading, *names):
    return tuple(reading.fields[each] for each in names)


@pytest.mark.parametrize(
    ("options", "bias", "debounce"),
    [
        ({}, gpio_uapi.BIAS_UP, (gpio_uapi.DEBOUNCE, 10_000)),
        ({"bias": "down", "debounce_ms": 1}, gpio_uapi.BIAS_DOWN, (gpio_uapi.DEBOUNCE, 1000)),
        ({"bias": "off", "debounce_ms": 0}, gpio_uapi.BIAS_OFF, None),
        ({"bias": "as-is", "debounce_ms": 0}, 0, None),
    ],
)
async def test_an_input_is_taken_as_it_is_configured(options, bias, debounce):
    driver, line, _ = wired("gpio.input", **options)
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        assert driver.health.state is State.RUNNING
    both = gpio_uapi.INPUT | gpio_uapi.EDGE_RISING | gpio_uapi.EDGE_FALLING
    assert line.opened == [("/dev/gpiochip0", 17, both | bias, debounce)]
    assert line.closed == 1


async def test_a_door_says_each_change_and_again_how_it_is():
    driver, line, _ = wired("gpio.input")
    line.script.append([edge(1, 1, 101.5), edge(2, 0, 101.75)])
    async with driver, aclosing(driver.readings()) as readings:
        found = [await anext(readings) for _ in range(4)]
    assert [(each.kind, *told(each, "state", "level"), each.monotonic) for each in found] == [
        ("input", "closed", 0, 100.0), ("input", "open", 1, 101.5), ("input", "closed", 0, 101.75),
        ("input", "closed", 0, 400.0),
    ]  # fmt: skip
    assert line.asked[:2] == [300.0, 300.0]
    assert driver.health.counters == {"readings": 4}
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}  # nobody waits for more


async def test_a_beam_is_waited_for_all_day_and_its_silence_says_nothing():
    driver, line, _ = wired("gpio.input", means="beam")
    line.script.append([edge(1, 1, 101.5)])
    async with driver, aclosing(driver.readings()) as readings:
        assert [(await anext(readings)).fields["state"] for _ in range(2)] == ["clear", "broken"]
        assert line.asked[0] == 86_400.0
    assert driver.no_answer() is None


async def test_changes_that_the_kernel_lost_are_counted():
    driver, line, _ = wired("gpio.input")
    line.script += [[edge(1, 1, 101.0)], [edge(4, 0, 102.0)], [edge(5, 1, 103.0)]]
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings), await anext(readings)
        assert told(await anext(readings), "level") == (0,)
        assert driver.health.counters["lost edges"] == 2
        assert driver.health.detail == "2 changes were lost"
        assert driver.health.cause.id == "gpio.chatter"
        assert told(await anext(readings), "level") == (1,)
        assert driver.health.cause is None


async def test_a_change_that_is_none_is_not_told_and_one_that_was_missed_is():
    driver, line, timing = wired("gpio.input")
    line.script += [[edge(1, 0, 101.0)], [edge(2, 0, 102.0)]]
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        line.pin = 1  # another level than the last edge says
        found = await anext(readings)
        assert (*told(found, "state", "level"), found.monotonic) == ("open", 1, timing.now)


async def test_a_new_session_counts_the_kernel_s_serials_anew():
    driver, line, _ = wired("gpio.input")
    line.script += [[edge(5, 1, 101.0)], LinkLost("gone"), [edge(1, 1, 103.0)]]
    async with driver, aclosing(driver.readings()) as readings:
        found = [await anext(readings) for _ in range(5)]
    assert [(*told(each, "state", "level"), str(each.quality)) for each in found] == [
        ("closed", 0, "ok"), ("open", 1, "ok"), (None, None, "no-answer"), ("open", 1, "ok"),
        ("open", 1, "ok"),
    ]  # fmt: skip
    assert driver.health.counters["lost edges"] == 4  # of the first session only
    assert line.closed == 2


async def test_who_asks_is_told_the_state_at_once():
    driver, line, _ = wired("gpio.input")
    given_up = []

    async def edges(left):
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(left)

    line.edges = edges
    async with driver, aclosing(driver.readings()) as readings:
        first = await anext(readings)
        pending = asyncio.ensure_future(anext(readings))
        line.now = 1
        once = await driver.read_once()
        assert (once.fields["state"], first.fields["state"]) == ("open", "closed")
        assert await pending is once
        assert given_up == [300.0]


@pytest.mark.parametrize(("active", "off", "on"), [("high", 0, 1), ("low", 1, 0)])
async def test_a_lamp_is_taken_at_its_level_and_told_with_its_cause(active, off, on):
    driver, line, _ = wired("gpio.output", active=active)
    line.now = off
    async with driver, aclosing(driver.readings()) as readings:
        first = await anext(readings)
        assert line.opened == [
            ("/dev/gpiochip0", 17, gpio_uapi.OUTPUT, (gpio_uapi.OUTPUT_VALUES, off))
        ]
        assert told(first, "state", "level", "cause") == (
            "off", off, "the gateway's start",
        )  # fmt: skip
        switching = asyncio.ensure_future(driver.switch(on=True, cause="alarm " + "x" * 200))
        second = await anext(readings)
        await switching
        state, level, cause = told(second, "state", "level", "cause")
        assert (state, level, line.now) == ("on", on, on)
        assert cause.startswith("alarm xxx")
        assert len(cause) == 200
        third = await anext(readings)
        assert told(third, "state") == ("on",)
        assert third.monotonic - first.monotonic == pytest.approx(300.0)
        fourth = await anext(readings)
        assert fourth.monotonic - third.monotonic == pytest.approx(300.0)
    assert line.closed == 1


@pytest.mark.parametrize(("longest", "ends"), [(20.0, True), (0.0, False)])
async def test_a_buzzer_ends_in_time_and_one_without_a_limit_does_not(longest, ends):
    driver, line, timing = wired("gpio.output", Held(), longest=longest)
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        pending = asyncio.ensure_future(anext(readings))
        await driver.switch(on=True, cause="alarm")
        assert told(await pending, "state", "cause") == ("on", "alarm")
        pending = asyncio.ensure_future(anext(readings))
        await timing.passes(19.9)
        assert (line.now, pending.done()) == (1, False)
        await timing.passes(0.1)
        assert (line.now, pending.done()) == (int(not ends), ends)
        await timing.passes(280.0)
        state, cause = told(await pending, "state", "cause")
        enough = ("off", "the longest time that it may be on")
        assert (state, cause) == (enough if ends else ("on", "alarm"))


async def test_an_order_of_off_has_no_end():
    driver, _, timing = wired("gpio.output", Held(), longest=20.0)
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        pending = asyncio.ensure_future(anext(readings))
        await driver.switch(on=False, cause="all is well")
        assert told(await pending, "state", "cause") == ("off", "all is well")
        pending = asyncio.ensure_future(anext(readings))
        await timing.passes(30.0)
        assert not pending.done()
        pending.cancel()
        await asyncio.wait([pending])


async def test_a_line_that_does_not_follow_is_faulty():
    driver, line, _ = wired("gpio.output")
    line.stuck = True
    async with driver, aclosing(driver.readings()) as readings:
        await anext(readings)
        pending = asyncio.ensure_future(anext(readings))
        with pytest.raises(DeviceFault, match="line 17 of /dev/gpiochip0 stays low") as raised:
            await driver.switch(on=True, cause="alarm")
        assert raised.value.cause.id == "gpio.stuck"
        silent = await pending
    assert silent.quality is Quality.NO_ANSWER
    assert dict(silent.fields) == {"state": None, "level": None, "cause": None}
    assert driver.health.state is not State.RUNNING
