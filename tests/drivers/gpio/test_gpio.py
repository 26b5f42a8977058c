"""Doors, beams, lamps and buzzers on GPIO lines: each change once, at its moment, and none made up."""

from __future__ import annotations

import asyncio
import functools
import struct
import time

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.errors import BadFrame, DriverError
from drivers.gpio import input as gpio_input
from drivers.gpio import output as gpio_output
from drivers.gpio.means import INPUTS
from drivers.links import gpio_uapi
from drivers.links.gpio import GpioLine
from foundation.options import settings_of
from tests.drivers.gpio.gpio_kernel import Kernel

PATIENCE = 30.0  # s
MODULES = {"gpio.input": (gpio_input, gpio_input.GpioInput),
           "gpio.output": (gpio_output, gpio_output.GpioOutput)}  # fmt: skip


class Wired:
    """A driver on a line of an emulated chip, and what it said."""

    def __init__(self, folder, kind="gpio.input", *, kernel=None, **options):
        self.kernel = kernel or Kernel(folder / "gpiochip0")
        given = {"chip": str(self.kernel.path), "line": 17, "debounce_ms": 0} | options
        if kind == "gpio.output":
            del given["debounce_ms"]
        module, make = MODULES[kind]
        settings = settings_of(module.Settings, catalog.check_options(kind, given))
        opens = functools.partial(GpioLine.open, ioctl=self.kernel)
        self.driver = make("under-test", settings, Host(), opens)
        self.seen = []

    async def __aenter__(self):
        await self.driver.__aenter__()
        self._task = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.wait([self._task])
        await self.driver.__aexit__(None, None, None)
        self.kernel.unplug()

    async def _read(self):
        async for reading in self.driver.readings():
            self.seen.append(reading)

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.005)

    @property
    def states(self):
        return [each.fields["state"] for each in self.seen]

    @property
    def health(self):
        return self.driver.health


@pytest.mark.parametrize("means", INPUTS)
async def test_each_change_is_told_once_with_the_kernels_own_time_of_it(tmp_path, means):
    async with Wired(tmp_path, means=means) as wired:
        await wired.until(lambda: len(wired.seen) == 1)
        before = time.monotonic()
        wired.kernel.drive(1)
        wired.kernel.drive(0)
        after = time.monotonic()
        await wired.until(lambda: len(wired.seen) == 3)
        idle, active = INPUTS[means]
        assert wired.states == [idle, active, idle]
        assert [each.fields["level"] for each in wired.seen] == [0, 1, 0]
        assert all(before <= each.monotonic <= after for each in wired.seen[1:])


async def test_a_contact_may_be_active_at_low_level(tmp_path):
    async with Wired(tmp_path, means="tamper", active="low") as wired:
        await wired.until(lambda: wired.seen)
        wired.kernel.drive(1)
        await wired.until(lambda: len(wired.seen) == 2)
        assert wired.states == ["open", "intact"]


async def test_a_bounce_shorter_than_its_time_is_no_change(tmp_path):
    async with Wired(tmp_path, debounce_ms=200) as wired:
        await wired.until(lambda: wired.seen)
        for level in (1, 0, 1, 0):
            wired.kernel.drive(level)
        wired.kernel.drive(1)
        await wired.until(lambda: len(wired.seen) == 2)
        assert wired.states == ["closed", "open"]


async def test_changes_that_the_kernel_lost_are_counted_and_the_state_is_true(tmp_path):
    async with Wired(tmp_path) as wired:
        await wired.until(lambda: wired.seen)
        wired.kernel.lines.lose(2)
        for level in (1, 0, 1):
            wired.kernel.drive(level)
        await wired.until(lambda: wired.health.counters.get("lost edges") == 2)
        assert wired.states[-1] == "open"
        assert wired.health.cause.id == "gpio.chatter"
        wired.kernel.drive(0)
        await wired.until(lambda: wired.health.cause is None)
        assert wired.states[-1] == "closed"


async def test_a_beam_says_each_break_once_and_a_door_says_again_how_it_is(tmp_path):
    (tmp_path / "b").mkdir()
    async with (
        Wired(tmp_path, means="beam", interval=0.05) as beam,
        Wired(tmp_path / "b", means="door", interval=0.05) as door,
    ):
        beam.kernel.drive(1) if beam.seen else None
        await door.until(lambda: len(door.seen) >= 4)
        assert len(beam.seen) == 1
        assert (await beam.driver.read_once()).fields["state"] == "clear"
    options = {"line": 1, "means": "beam"}
    assert gpio_input.interval(catalog.check_options("gpio.input", options)) is None


async def test_a_line_that_another_has_is_named_with_its_user(tmp_path):
    kernel = Kernel(tmp_path / "gpiochip0", taken=[17])
    async with Wired(tmp_path, kernel=kernel) as wired:
        await wired.until(lambda: wired.health.state is State.MISSING)
        assert wired.health.detail == f"line 17 of {kernel.path} is in use by 'w1'"
        assert wired.health.cause.id == "gpio.held"


async def test_a_line_that_is_not_there_and_a_file_that_is_no_chip(tmp_path):
    async with Wired(tmp_path, line=28) as wired:
        await wired.until(lambda: wired.health.state is State.WRONG_DEVICE)
        assert "there is no line 28" in wired.health.detail
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DriverError, match="is no GPIO chip"):
        await GpioLine.open(str(file), 1, gpio_uapi.INPUT)


async def test_a_lamp_is_switched_and_says_by_what_and_ends_in_time(tmp_path):
    async with Wired(tmp_path, "gpio.output", longest=0.2) as lamp:
        await lamp.until(lambda: lamp.seen)
        await lamp.driver.switch(on=True, cause="alarm too warm at cargo")
        await lamp.until(lambda: len(lamp.seen) == 3)
        assert lamp.states == ["off", "on", "off"]
        assert lamp.kernel.lines.levels[17] == 0
        assert [each.fields["cause"] for each in lamp.seen] == [
            "the gateway's start", "alarm too warm at cargo", "the longest time that it may be on",
        ]  # fmt: skip


async def test_what_was_ordered_holds_once_the_chip_is_back(tmp_path):
    async with Wired(tmp_path, "gpio.output", active="low") as lamp:
        await lamp.until(lambda: lamp.seen)
        assert lamp.kernel.lines.levels[17] == 1, "off is high"
        lamp.kernel.unplug()
        await lamp.until(lambda: lamp.health.state is State.RUNNING)
        with pytest.raises(DriverError):
            await lamp.driver.switch(on=True, cause="alarm")
        await lamp.until(lambda: lamp.health.state is State.MISSING)
        lamp.kernel.plug()
        await lamp.until(lambda: lamp.states[-1] == "on")
        assert lamp.kernel.lines.levels[17] == 0


async def test_a_pin_that_does_not_follow_is_said_and_never_called_on(tmp_path):
    async with Wired(tmp_path, "gpio.output") as lamp:
        await lamp.until(lambda: lamp.seen)
        lamp.kernel.lines.set_values = lambda held, asked: asked  # held low by a short
        with pytest.raises(DriverError, match="stays low"):
            await lamp.driver.switch(on=True, cause="alarm")
        assert lamp.states == ["off"]


@pytest.mark.parametrize(
    "data", [b"\0" * 48, b"\x01" * 47, struct.pack("=QIIII24x", 1, 3, 0, 1, 1)]
)
def test_what_is_no_event_is_refused(data):
    with pytest.raises(BadFrame):
        list(gpio_uapi.edges(data))


def test_structures_have_the_kernels_sizes_and_numbers():
    """linux/gpio.h: the size of each structure stands in bits 16 to 29 of its ioctl's number."""
    asked = gpio_uapi.request(17, "tallyman", gpio_uapi.INPUT, (gpio_uapi.DEBOUNCE, 10_000))
    for number, structure in (
        (gpio_uapi.GET_LINE, asked),
        (gpio_uapi.GET_LINE_INFO, gpio_uapi.info_request(17)),
        (gpio_uapi.GET_VALUES, gpio_uapi.values()),
        (gpio_uapi.SET_VALUES, gpio_uapi.values(1)),
    ):
        assert number >> 16 & 0x3FFF == len(structure)
        assert number >> 8 & 0xFF == 0xB4
    assert asked[256:264] == b"tallyman"
    assert struct.unpack_from("=QI", asked, 288) == (1 << 2, 1)
    assert struct.unpack_from("=IIQQ", asked, 320) == (3, 0, 10_000, 1)
    assert struct.unpack_from("=I", asked, 560) == (1,)
