"""What Zigbee promises: fields of records, options and their limits, and what tells a cause."""

import pytest

from drivers.zigbee import causes, kinds
from drivers.zigbee.host.reporting import ATTRIBUTES
from foundation.cause import UNKNOWN, no, perhaps, yes
from tests.drivers.promised import (
    as_published,
    every,
    facts,
    is_kept_to,
    kinds_of,
    neighbour,
    published,
    running,
)

NODE = {"radio": "radio-1", "ieee": "00158d0001020304"}
RADIO = {"port": "/dev/ttyUSB1"}


@pytest.mark.parametrize("kind", kinds_of(kinds), ids=lambda kind: kind.name)
def test_records_are_as_they_are_published(kind):
    assert as_published(kind) == published(kind.name)


@pytest.mark.parametrize(
    ("kind", "required", "name", "default", "least", "most"),
    [
        ("zigbee.node", NODE, "interval", 300.0, 0.1, 86_400.0),
        ("zigbee.node", NODE, "temperature_offset", 0.0, -10.0, 10.0),
        ("zigbee.node", NODE, "humidity_offset", 0.0, -20.0, 20.0),
        ("zigbee.radio", RADIO, "channel", 15, 11, 26),
    ],
)
def test_options_have_these_limits(kind, required, name, default, least, most):
    is_kept_to(kind, required, name, default, least, most)


def test_how_often_they_say_something():
    every("zigbee.node", NODE, 300.0)
    every("zigbee.radio", RADIO, None)


@pytest.mark.parametrize(
    ("there", "finding"),
    [(None, UNKNOWN), (True, no("/dev/x is there now")), (False, yes("there is no /dev/x"))],
)
def test_a_stick_that_is_not_plugged_in_has_no_port(there, finding):
    assert causes.NO_STICK.test(facts(port="/dev/x", files={"/dev/x": there})) == finding


@pytest.mark.parametrize(
    ("others", "finding"),
    [
        ([], UNKNOWN),
        ([neighbour("radio-2", running())], UNKNOWN),
        ([neighbour("radio-1", None)], UNKNOWN),
        ([neighbour("radio-1", running())], no("radio-1 runs")),
        (
            [neighbour("radio-1", running(silent=True, detail="a b"))],
            yes("radio-1 is running: a b"),
        ),
    ],
)
def test_a_node_looks_at_its_radio(others, finding):
    assert causes.RADIO_DOWN.test(facts(others=others, radio="radio-1")) == finding


def silent(name, radio="radio-1", kind="k"):
    return neighbour(name, running(silent=True), kind, radio=radio)


@pytest.mark.parametrize(
    ("word", "others", "finding"),
    [
        (running(), [silent("a")], no("it is heard")),
        (running(silent=True), [], UNKNOWN),
        (None, [silent("a")], perhaps("a silent as well")),
        (None, [silent("a", "radio-2"), silent("b", kind="other")], UNKNOWN),
        (None, [neighbour("a", running(), radio="radio-1"), neighbour("b", None, radio="radio-1")],
         UNKNOWN),
        (None, [silent(name) for name in "abcd"], perhaps("a, b, c silent as well")),
    ],
)  # fmt: skip
def test_a_dead_router_silences_others_too(word, others, finding):
    assert causes.PARENT_DEAD.test(facts(word, others, radio="radio-1")) == finding


@pytest.mark.parametrize("row", [causes.NODE_SILENT, causes.AWAY, causes.LEFT])
@pytest.mark.parametrize(
    ("word", "finding"),
    [(None, UNKNOWN), (running(silent=True), UNKNOWN), (running(), no("it is heard"))],
)
def test_a_node_that_is_heard_is_not_silent(row, word, finding):
    assert row.test(facts(word)) == finding


@pytest.mark.parametrize(
    ("cluster", "attribute", "change", "interval", "bounds"),
    [
        (0x0402, 0x0000, 50, 300.0, (30, 300)),  # half a degree
        (0x0402, 0x0000, 50, 0.5, (1, 1)),
        (0x0402, 0x0000, 50, 19.0, (1, 19)),
        (0x0402, 0x0000, 50, 65_534.0, (6553, 65_534)),
        (0x0402, 0x0000, 50, 86_400.0, (6553, 65_534)),  # 0xFFFF would end reporting
        (0x0405, 0x0000, 300, 300.0, (30, 300)),  # 3 % of humidity
        (0x0403, 0x0000, 5, 300.0, (30, 300)),  # 5 hPa
        (0x0006, 0x0000, 1, 300.0, (30, 300)),
        (0x0001, 0x0020, 1, 300.0, (2160, 21_600)),  # a battery's voltage: every six hours
    ],
)
def test_what_a_node_is_told_to_report(cluster, attribute, change, interval, bounds):
    (wanted,) = ATTRIBUTES[cluster]
    assert (wanted.attribute, wanted.change) == (attribute, change)
    assert wanted.bounds(interval) == bounds
