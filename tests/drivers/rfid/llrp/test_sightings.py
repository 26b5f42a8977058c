"""Reads become readings: merged, once each, timed by our clock."""

import dataclasses
from datetime import UTC, datetime

import pytest

from drivers.catalog import check_options
from drivers.links.tcp import Address, parse_address
from drivers.rfid.llrp.antenna_map import antenna_map
from drivers.rfid.llrp.reader_clock import HELD_UNTIL, LATEST, ReaderClock
from drivers.rfid.llrp.reports import Scale, Stamp, TagReport
from drivers.rfid.llrp.sightings import Sighting, Sightings
from foundation.options import OptionError

EPC = bytes.fromhex("3074257BF7194E4000001A85")
REPORT = TagReport(
    epc=EPC,
    antenna=1,
    rssi=-50.0,
    first=Stamp(Scale.UTC, 1_000_000),
    last=Stamp(Scale.UTC, 1_200_000),
    count=3,
    pc=0x3000,
    tid=None,
    phase=None,
)
ONE = Sighting(
    epc=EPC,
    antenna=1,
    tid=None,
    first=10.0,
    last=10.5,
    rssi=-60.0,
    count=2,
    pc=0x3000,
    phase=10.0,
    timed=True,
    utc=None,
)


def test_a_report_that_comes_twice_counts_once():
    sightings = Sightings()
    assert not sightings.is_repeated(REPORT)
    assert sightings.is_repeated(REPORT)
    sightings.drain()  # a reconnect may lie between the two
    assert sightings.is_repeated(dataclasses.replace(REPORT))
    later = Stamp(Scale.UTC, 1_300_000)
    assert not sightings.is_repeated(dataclasses.replace(REPORT, last=later))
    assert not sightings.is_repeated(dataclasses.replace(REPORT, antenna=2))
    assert not sightings.is_repeated(dataclasses.replace(REPORT, first=None))


def test_reads_of_a_tag_on_one_antenna_are_one():
    sightings = Sightings()
    sightings.add(dataclasses.replace(ONE))
    sightings.add(dataclasses.replace(ONE, first=9.5, last=11.0, rssi=-70.0, count=5, phase=90.0))
    sightings.add(dataclasses.replace(ONE, antenna=2))
    first, second = sightings.drain()
    assert (first.first, first.last, first.rssi, first.count) == (9.5, 11.0, -60.0, 7)
    assert first.phase == 90.0
    assert (second.antenna, second.count) == (2, 2)
    assert not sightings.drain()


def test_a_read_without_tid_joins_the_only_tag_it_can_be():
    sightings = Sightings()
    sightings.add(dataclasses.replace(ONE))
    sightings.add(dataclasses.replace(ONE, tid=b"\1"))
    [one] = sightings.drain()
    assert (one.tid, one.count) == (b"\1", 4)


def test_two_tags_with_one_epc_stay_two_and_nobody_s_reads_are_given_away():
    sightings = Sightings()
    for tid in (b"\1", None, b"\2"):
        sightings.add(dataclasses.replace(ONE, tid=tid))
    found = {one.tid: one.count for one in sightings.drain()}
    assert found == {b"\1": 2, b"\2": 2, None: 2}


def utc(seconds):
    return Stamp(Scale.UTC, round(seconds * 1e6))


def test_the_fastest_message_sets_the_offset():
    clock = ReaderClock()
    clock.connect(utc(1000.0), 10.0)
    assert clock.learn(utc(1001.0), 11.4)
    assert clock.monotonic(utc(1001.0), 11.4) == pytest.approx(11.0, abs=1e-3)
    assert clock.learn(utc(1002.0), 11.9)
    assert clock.monotonic(utc(1002.5), 20.0) == pytest.approx(12.4)
    assert clock.monotonic(utc(1099.0), 20.0) == 20.0


def test_reports_a_reader_held_are_no_step_of_its_clock():
    clock = ReaderClock()
    clock.connect(utc(5000.0), 100.0)
    assert clock.learn(utc(5000.0 - 3600.0), 100.5)
    assert clock.monotonic(utc(5000.0 - 3600.0), 100.5) == pytest.approx(100.0 - 3600.0)
    assert clock.steps == 0


@pytest.mark.parametrize("step", [LATEST + 5.0, -LATEST - 5.0])
def test_a_clock_that_was_set_is_noticed_and_followed(step):
    clock = ReaderClock()
    clock.connect(utc(5000.0), 100.0)
    now = 100.0 + HELD_UNTIL + 1.0
    assert not clock.learn(utc(5000.0 + HELD_UNTIL + 1.0 + step), now)
    assert clock.steps == 1
    assert clock.learn(utc(5000.0 + HELD_UNTIL + 2.0 + step), now + 1.0)


def test_a_clock_in_2000_is_not_set():
    clock = ReaderClock()
    assert clock.is_set
    clock.connect(utc(946_684_800.0), 1.0)
    assert (clock.utc, clock.is_set) == (datetime(2000, 1, 1, tzinfo=UTC), False)
    clock.connect(Stamp(Scale.UTC, 2**64 - 1), 2.0)
    assert clock.utc is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("reader", Address("reader", 5084)),
        ("reader:15084", Address("reader", 15084)),
        ("192.0.2.7", Address("192.0.2.7", 5084)),
        ("2001:db8::5", Address("2001:db8::5", 5084)),
        ("[2001:db8::5]", Address("2001:db8::5", 5084)),
        ("[2001:db8::5]:99", Address("2001:db8::5", 99)),
    ],
)
def test_addresses(text, address):
    assert parse_address(text, 5084) == address


def test_antennas():
    assert antenna_map("1-2: door 2, 4") == {1: "door 2", 2: "door 2", 4: ""}
    assert antenna_map("") == {}


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("antennas", "1: a, 1: b", "antenna 1 is named twice"),
        ("antennas", "door", "'door' is not an antenna"),
        ("antennas", "0: a", "numbered from 1 to 256"),
        ("antennas", "5-2: a", "numbered from 1 to 256"),
        ("antennas", "257: a", "numbered from 1 to 256"),
        ("antenna_power", "3: 40", "must be from 0 to 33"),
        ("antenna_power", "3: full", "needs a power in dBm"),
        ("channels", "1, x", "channels"),
        ("address", "reader:none", "not an address"),
        ("address", "reader:0", "not a port"),
        ("address", "", "not an address"),
    ],
)
def test_mistakes_in_a_configuration_are_named(option, value, why):
    with pytest.raises(OptionError, match=why) as raised:
        check_options("rfid.llrp", {"address": "reader", option: value})
    assert raised.value.option == option
