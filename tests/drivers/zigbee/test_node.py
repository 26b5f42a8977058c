"""A node as the agent follows it: its calibration, its newest report, and what it is told."""

import pytest

from drivers import catalog
from drivers.driver import Host, State
from drivers.reading import Quality, Reading
from drivers.zigbee.service import ieee, node_key
from tests.drivers.fake_timing import FakeTiming

GIVEN = {"radio": "radio-1", "ieee": "00:15:8D:00:00:00:00:02"}


def node(**options):
    return catalog.build("zigbee.node", "cold", GIVEN | options, Host(FakeTiming()))


def reading(kind="temperature", quality=Quality.OK, at=100.0, **fields):
    return Reading("cold", kind, fields, at, quality)


def test_an_address_is_written_in_one_way():
    assert ieee("00:15:8D-00:00:00:00:02") == "00158d0000000002"
    assert node_key("radio-1", "00158d0000000002") == "radio-1/00158d0000000002"


@pytest.mark.parametrize(
    ("options", "given", "corrected"),
    [
        ({}, {"temperature": 4.0}, {"temperature": 4.0}),
        ({"temperature_offset": -0.5}, {"temperature": 4.0}, {"temperature": 3.5}),
        ({"temperature_offset": -0.5}, {"temperature": None}, {"temperature": None}),
        ({"temperature_offset": -0.5}, {"humidity": 60}, {"humidity": 60}),
        ({"humidity_offset": 2.0}, {"humidity": 60}, {"humidity": 62.0}),
        ({"humidity_offset": 2.0, "temperature_offset": 1.0}, {"pressure": 1000.0},
         {"pressure": 1000.0}),
    ],
)  # fmt: skip
def test_its_values_are_corrected_as_its_calibration_says(options, given, corrected):
    assert node(**options).finished(reading(**given)) == reading(**corrected)


def test_what_is_no_climate_is_as_it_came():
    battery = reading("battery", temperature=4.0)
    assert node(temperature_offset=1.0).finished(battery) == battery


@pytest.mark.parametrize(("passed", "fresh"), [(300.0, True), (300.1, False)])
async def test_a_report_is_fresh_for_its_interval(passed, fresh):
    driver = node(stack="/nowhere")
    driver.newest = reading(temperature=4.0)
    driver.timing.now += passed
    if fresh:
        assert await driver.read_once() == driver.newest
    else:
        with pytest.raises(Exception, match="does not answer at /nowhere"):
            await driver.read_once()


async def test_a_mark_that_it_is_silent_is_no_report():
    driver = node(stack="/nowhere")
    driver.newest = reading(quality=Quality.NO_ANSWER, temperature=None)
    with pytest.raises(Exception, match="tallyman-zigbee does not answer at /nowhere"):
        await driver.read_once()
    assert driver.health.state is not State.RUNNING


def test_a_radio_s_silence_says_nothing():
    given = {"port": "/dev/ttyUSB1"}
    radio = catalog.build("zigbee.radio", "radio-1", given, Host(FakeTiming()))
    assert radio.no_answer() is None
