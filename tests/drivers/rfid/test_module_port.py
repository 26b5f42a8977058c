"""At which rate a serial module is talked to, when it is looked for at others, and what is said."""

from __future__ import annotations

import pytest

from drivers.errors import (
    BadFrame,
    CommandTimeout,
    DeviceFault,
    DeviceMissing,
    LinkLost,
    WrongDevice,
)
from drivers.rfid import causes
from drivers.rfid.module_port import RATES, ModulePort
from tests.drivers.fake_timing import FakeTiming
from tests.drivers.rfid.module_bench import PlayedLink

CONFIGURED = 115200
SILENT, NOISE = CommandTimeout("no answer"), BadFrame("not a frame")
OTHERS = [9600, 57600, 38400, 4800, 19200, 230400, 460800, 921600]


class Bench:
    """A module that answers at the rates `talks`; elsewhere `error` comes of a greeting."""

    def __init__(self, *talks, error=SILENT):
        self.talks, self.error = set(talks), error
        self.timing = FakeTiming()
        self.links, self.tried, self.knocked = [], [], []
        self.knock_error = None
        self.port = ModulePort("an M100 module", "/dev/x", CONFIGURED, self.open_at, self.timing)

    async def open_at(self, rate):
        if isinstance(self.error, DeviceMissing):
            raise self.error
        self.tried.append(rate)
        self.links.append(PlayedLink())
        self.links[-1].rate = rate
        return self.links[-1]

    async def greet(self, link):
        if link.rate not in self.talks:
            raise self.error
        return f"M100 at {link.rate}"

    async def knock(self, link):
        self.knocked.append(link.rate)
        if link.rate not in self.talks:
            raise self.error
        if self.knock_error is not None:
            raise self.knock_error

    async def open(self):
        self.tried.clear()
        self.knocked.clear()
        return await self.port.open(self.greet, self.knock)

    async def refused(self):
        with pytest.raises((BadFrame, CommandTimeout, WrongDevice)) as caught:
            await self.open()
        assert all(link.closed for link in self.links)
        return caught.value


def test_likely_rates_are_tried_first_and_each_once():
    assert list(RATES) == [CONFIGURED, *OTHERS]


async def test_at_the_configured_rate_nothing_else_is_tried():
    bench = Bench(CONFIGURED)
    link, greeted = await bench.open()
    assert (greeted, bench.tried, bench.knocked) == ("M100 at 115200", [CONFIGURED], [])
    assert not link.closed
    assert bench.port.finding == ("", None)


@pytest.mark.parametrize("knock_error", [None, DeviceFault("it says no")])
@pytest.mark.parametrize("error", [SILENT, NOISE])
async def test_a_module_that_talks_at_another_rate_is_found_there_and_said_so(error, knock_error):
    bench = Bench(57600, error=error)
    bench.knock_error = knock_error
    link, greeted = await bench.open()
    assert greeted == "M100 at 57600"
    assert bench.knocked == [9600, 57600]
    assert [each.closed for each in bench.links] == [True, True, True, False]
    assert link is bench.links[-1]
    finding = "heard at 57600 baud, not at 115200 as configured"
    assert bench.port.finding == (finding, causes.OTHER_RATE.of(rate=57600))
    await bench.open()
    assert bench.tried == [57600]


async def test_a_port_where_nothing_answers_is_searched_and_said_to_be_silent():
    bench = Bench()
    error = await bench.refused()
    assert bench.knocked == OTHERS
    assert (type(error), str(error)) == (CommandTimeout, "no answer, at any baud rate")
    assert error.cause is causes.MODULE_SILENT


async def test_a_silent_port_is_searched_again_after_a_minute_and_not_before():
    bench = Bench()
    await bench.refused()
    bench.timing.now += 59.9
    await bench.refused()
    assert bench.knocked == []
    bench.timing.now += 0.1
    await bench.refused()
    assert bench.knocked == OTHERS


async def test_a_noisy_port_is_searched_each_time_and_called_another_device():
    bench = Bench(error=NOISE)
    await bench.refused()
    error = await bench.refused()
    assert bench.knocked == OTHERS
    assert type(error) is WrongDevice
    assert str(error) == ("what answers on /dev/x is not an M100 module, at any rate: not a frame")
    assert error.cause == causes.NOT_THE_MODULE.of(port="/dev/x", baudrate=CONFIGURED)


@pytest.mark.parametrize(
    ("error", "kind", "text", "cause"),
    [
        (SILENT, CommandTimeout, "no answer", causes.MODULE_SILENT),
        (NOISE, BadFrame, "only noise comes from /dev/x: not a frame", causes.MODULE_NOISE),
    ],
)
async def test_a_module_that_answered_before_is_not_looked_for_elsewhere(error, kind, text, cause):
    bench = Bench(CONFIGURED)
    await bench.open()
    bench.links.clear()
    bench.talks, bench.error = set(), error
    told = await bench.refused()
    assert bench.knocked == []
    assert (type(told), str(told), told.cause) == (kind, text, cause)


@pytest.mark.parametrize("error", [DeviceMissing("unplugged"), LinkLost("pulled")])
async def test_what_is_plugged_in_next_may_be_another_module(error):
    bench = Bench(57600)
    await bench.open()
    bench.links.clear()
    bench.talks, bench.error = set(), error
    with pytest.raises(type(error)):
        await bench.open()
    assert bench.port.rate == CONFIGURED
    bench.talks, bench.error = {9600}, SILENT
    _, greeted = await bench.open()
    assert greeted == "M100 at 9600"


async def test_a_fault_of_the_module_is_passed_on_and_its_port_closed():
    bench = Bench(error=DeviceFault("it is too hot"))
    with pytest.raises(DeviceFault, match="it is too hot"):
        await bench.open()
    assert bench.tried == [CONFIGURED]
    assert bench.links[0].closed
