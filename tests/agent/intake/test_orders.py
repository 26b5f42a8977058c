"""What a collector passes on to its device, what it refuses, and what a belt takes for a box."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from agent.clock.clock import Clock
from agent.config.devices import Device
from agent.intake.box_belt import BoxBelt
from agent.intake.collector import Collector, closed_values
from agent.intake.declared import Declared
from agent.intake.health_board import HealthBoard
from agent.observe.points import PointMap
from agent.observe.silence import Closed, Silence
from agent.observe.tags import TagStates
from drivers.driver import Health
from drivers.errors import DeviceFault
from drivers.reading import Quality
from tests.agent.fakes import FakeSystemClock, FakeTiming, reading
from tests.agent.observe.points import a_read, point


class Plain:
    """A driver that only reads."""

    name = "d"

    def __init__(self) -> None:
        self.health, self.orders = Health(), []


class Able(Plain):
    """One that does what it is told."""

    async def commission(self, order):
        self.orders.append(order)
        return "written"

    async def order(self, order):
        self.orders.append(order)
        return "done"

    async def switch(self, *, on, cause):
        self.orders.append((on, cause))


def collector(driver: Plain) -> Collector:
    device = Device("d", "fake.kind", "", {}, 10.0)
    clock = Clock(FakeSystemClock(FakeTiming()), boot=1)
    return Collector(
        device, lambda: driver, Declared(device, ("temperature",)), HealthBoard(),
        SimpleNamespace(), clock, Silence(300.0),
    )  # fmt: skip


async def test_a_device_does_what_it_is_told():
    driver = Able()
    told = collector(driver)
    assert await told.commission("tag") == "written"
    assert await told.order({"verb": "permit"}) == "done"
    await told.switch(on=True, cause="alarm")
    assert driver.orders == ["tag", {"verb": "permit"}, (True, "alarm")]
    assert told.health is driver.health
    assert (list(told.kinds), list(told.calibrations), told.last) == (["temperature"], [], None)


@pytest.mark.parametrize(
    ("ask", "said", "advice"),
    [
        (lambda it: it.commission("tag"), "cannot write tags", "use a device of kind rfid.m100"),
        (lambda it: it.order({}), "keeps no network", "name a device of kind zigbee.radio"),
        (
            lambda it: it.switch(on=True, cause="x"),
            "switches nothing",
            "name a device of kind gpio.output",
        ),
    ],
)
async def test_a_device_that_cannot_says_so_and_which_one_can(ask, said, advice):
    with pytest.raises(DeviceFault) as caught:
        await ask(collector(Plain()))
    assert str(caught.value) == f"d (fake.kind) {said}"
    assert caught.value.advice == advice


async def test_one_reading_is_as_the_device_gave_it_with_a_time_or_without():
    driver = Plain()
    once = collector(driver)
    given = [
        reading("d"), reading("d", quality=Quality.SUSPECT),
        reading("d", utc=datetime(2026, 11, 22, 12, tzinfo=UTC)),
    ]  # fmt: skip
    for each in given:

        async def read_once(each=each):
            return each

        driver.read_once = read_once
        assert await once.read_once() is each
    odd = reading("d", "position", lat=1.0)

    async def undeclared():
        return odd

    driver.read_once = undeclared
    assert (await once.read_once()).quality is Quality.SUSPECT


def test_the_end_of_a_gap_says_from_when_it_was_as_far_as_that_is_known():
    timing = FakeTiming(now=100.0)
    clock = Clock(FakeSystemClock(timing, wall_ms=1_790_000_000_000), boot=1)
    end = {"state": "closed", "to_ms": 1_790_000_000_000, "reason": "the device reads again"}
    assert closed_values(Closed("d", 97.5, 100.0, None), clock) == end | {
        "from_ms": 1_789_999_997_500, "duration_ms": 2500,
    }  # fmt: skip
    assert closed_values(Closed("d", None, 100.0, 77), clock) == end | {"from_ms": 77}
    assert closed_values(Closed("d", None, 100.0, None), clock) == end


# Boxes that pass one by one

LINK = "https://id.gs1.org/01/80614141123458/21/6789"
EPC = "3034257BF7194E4000001A85"


class Notes:
    """A recorder that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple] = []

    async def note(self, kind, values, *, device, quality):
        self.told.append((kind, values["verdict"], values.get("epc"), device, quality))


async def compared(scan, *, single=True, epcs=(EPC,), late=0.0, at=12.0):
    belt_point = point(name="belt", single=single)
    points = PointMap([belt_point], {"scanner": "belt", "reader": "belt"})
    states, notes = TagStates(), Notes()
    for epc in epcs:
        for moment in (9.0, 9.5):
            states.take(belt_point, a_read(epc, moment))
    belt = BoxBelt(points, states, notes, late)
    belt.scan(scan)
    await belt.compare(at)
    return notes.told


def scanned(device="scanner", quality=Quality.OK, **fields):
    return reading(device, "barcode", 10.0, quality=quality, **{"uri": LINK} | fields)


async def test_a_box_is_what_was_scanned_and_read_within_two_seconds():
    (same,) = await compared(scanned())
    assert same == ("box-check", "match", EPC, "scanner", Quality.OK)
    (other,) = await compared(scanned(uri=LINK.replace("6789", "1")))
    assert other == ("box-check", "mismatch_instance", EPC, "scanner", Quality.SUSPECT)
    (several,) = await compared(scanned(), epcs=(EPC, EPC.replace("85", "86")))
    assert several[1:3] == ("not_comparable", None)


@pytest.mark.parametrize(
    "scan",
    [
        scanned("another scanner"), scanned(quality=Quality.SUSPECT), scanned(uri=None),
        scanned(uri=""), scanned(uri=5),
    ],
)  # fmt: skip
async def test_what_is_no_clean_scan_of_a_thing_there_is_no_box(scan):
    assert await compared(scan) == []


async def test_where_boxes_do_not_pass_one_by_one_none_is_compared():
    assert await compared(scanned(), single=False) == []


async def test_a_box_waits_for_readers_that_tell_late():
    assert await compared(scanned(), at=11.9) == []
    assert await compared(scanned(), late=1.0) == []
    assert len(await compared(scanned(), late=1.0, at=13.0)) == 1
