"""Lists of antennas and channels in a configuration, and times of reports on our clock."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from drivers.links.tcp import Address
from drivers.rfid.llrp.antenna_map import antenna_map, antenna_numbers
from drivers.rfid.llrp.reader_clock import ReaderClock, utc
from drivers.rfid.llrp.reports import Scale, Stamp
from drivers.rfid.llrp.settings import tls_context
from drivers.rfid.llrp.sightings import MOST, MOST_BYTES, Sighting, Sightings
from foundation.options import OptionError
from tests.drivers.rfid.llrp.chosen import chosen


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1", {1: ""}),
        (" 1 - 3 : door 2 , 256", {1: "door 2", 2: "door 2", 3: "door 2", 256: ""}),
        ("7-7: a:b", {7: "a:b"}),
        (",, 1: a ,", {1: "a"}),
    ],
)
def test_antennas_and_their_values(text, found):
    assert antenna_map(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x: a", "'x' is not an antenna"),
        ("1-: a", "'1-' is not an antenna"),
        ("-2: a", "'-2' is not an antenna"),
        ("1-x", "'1-x' is not an antenna"),
        ("0", "from 1 to 256, not 0"),
        ("257", "from 1 to 256, not 257"),
        ("250-257", "from 1 to 256, not 250-257"),
        ("3-2", "from 1 to 256, not 3-2"),
        ("1-3, 2: a", "antenna 2 is named twice"),
    ],
)
def test_what_is_no_list_of_antennas(text, why):
    with pytest.raises(ValueError, match=f"{why}$"):
        antenna_map(text)


@pytest.mark.parametrize(
    ("value", "fits"), [("0", True), ("33", True), ("-0.1", False), ("33.1", False)]
)
def test_numbers_of_antennas_have_bounds(value, fits):
    if fits:
        assert antenna_numbers(f"3: {value}", 0.0, 33.0, "a power") == {3: float(value)}
        return
    with pytest.raises(ValueError, match=r"^antenna 3: a power must be from 0 to 33$"):
        antenna_numbers(f"3: {value}", 0.0, 33.0, "a power")


def test_an_antenna_without_a_number_is_named():
    with pytest.raises(ValueError, match=r"^antenna 3 needs a power, not 'full'$"):
        antenna_numbers("3: full", 0.0, 33.0, "a power")


@pytest.mark.parametrize(
    ("option", "value", "kept"),
    [
        ("channels", "1, 64,", (1, 64)),
        ("channels", "0", "channels are numbered from 1 to 64"),
        ("channels", "65", "channels are numbered from 1 to 64"),
        ("channels", "4, 4", "a channel is named twice"),
        ("antenna_mode", "1: 0, 2: 65535", {1: 0, 2: 65535}),
        ("antenna_mode", "1: 65536", "an RF mode must be from 0 to 65535"),
        ("antenna_power", "1: 33", {1: 33.0}),
        ("antenna_power", "1: 34", "a power in dBm must be from 0 to 33"),
        ("mode", -1, -1),
        ("mode", 65535, 65535),
        ("mode", -2, "mode"),
        ("session", 3, 3),
        ("session", 4, "session"),
        ("population", 0, "population"),
        ("gpi_port", 8, 8),
        ("gpi_port", 9, "gpi_port"),
        ("keepalive", 0.5, "keepalive"),
        ("power_dbm", 33.1, "power_dbm"),
    ],
)
def test_options_at_their_bounds(option, value, kept):
    if not isinstance(kept, str):
        assert getattr(chosen(**{option: value}), option) == kept
        return
    with pytest.raises(OptionError, match=kept):
        chosen(**{option: value})


def test_what_stands_where_nothing_is_chosen():
    plain = chosen()
    assert dataclasses.asdict(plain) == {
        "address": "reader", "tls": False, "tls_ca": "", "tls_name": "", "antennas": {},
        "power_dbm": 30.0, "antenna_power": {}, "mode": -1, "antenna_mode": {}, "region": "as-set",
        "session": 1, "population": 32, "search_mode": "dual", "channels": (),
        "low_duty_cycle": False, "tid": False, "phase": False, "trigger": "immediate",
        "period": 60.0, "duration": 10.0, "gpi_port": 1, "gpi_level": True, "inputs": False,
        "reader_utc": False, "keepalive": 10.0, "report_interval": 1.0,
    }  # fmt: skip
    assert plain.endpoint == Address("reader", 5084)
    assert chosen(tls=True).endpoint == Address("reader", 5085)
    assert tls_context(plain) is None


EPOCH_S = 1_800_000_000.0  # s since 1970: a clock that is set


def at(seconds, scale=Scale.UTC):
    return Stamp(scale, round((EPOCH_S + seconds) * 1e6))


def connected(now=100.0):
    clock = ReaderClock()
    clock.connect(at(0.0), now)
    return clock


@pytest.mark.parametrize(
    ("behind", "after", "steps"),
    [
        (60.0, 31.0, 0), (60.1, 31.0, 1), (60.1, 30.0, 0), (3600.0, 1.0, 0),
        (-59.9, 1.0, 0), (-60.1, 1.0, 1), (-60.1, 31.0, 1),
    ],
)  # fmt: skip
def test_how_far_a_clock_may_be_off_before_it_was_set(behind, after, steps):
    """A drift of 1e-4 is allowed on top: half a minute makes three milliseconds."""
    clock = connected()
    assert clock.learn(at(after - behind), 100.0 + after) is (steps == 0)
    assert clock.steps == steps


def test_a_reader_that_drifts_is_followed_slowly():
    clock = connected()
    assert clock.learn(at(1000.0), 1100.05)  # 50 ms late, and 100 ms may be drift
    assert clock.monotonic(at(1000.0), 2000.0) == pytest.approx(1100.05)
    assert clock.learn(at(2000.0), 2100.25)  # 200 ms late are a slow message
    assert clock.monotonic(at(2000.0), 3000.0) == pytest.approx(2100.05)


def test_each_clock_of_a_reader_is_learnt_for_itself():
    clock = connected()
    assert clock.monotonic(at(5.0, Scale.UPTIME), 777.0) == 777.0
    assert clock.learn(at(9.0, Scale.UPTIME), 200.0)
    assert clock.monotonic(at(10.0, Scale.UPTIME), 777.0) == pytest.approx(201.0)
    assert clock.monotonic(at(10.0), 777.0) == pytest.approx(110.0)
    assert clock.utc == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)


def test_a_new_connection_forgets_what_was_learnt():
    clock = connected()
    clock.connect(None, 500.0)
    assert clock.monotonic(at(5.0), 777.0) == 777.0
    assert clock.learn(at(-9999.0), 501.0)
    assert clock.steps == 0


def test_nothing_was_heard_after_it_arrived():
    assert connected().monotonic(at(50.0), 120.0) == 120.0


def test_a_date_beyond_the_calendar_is_none():
    assert utc(Stamp(Scale.UTC, 2**64 - 1)) is None
    assert utc(Stamp(Scale.UTC, 0)) == datetime(1970, 1, 1, tzinfo=UTC)


ONE = Sighting(
    epc=b"\x30" * 12, antenna=1, tid=None, first=10.0, last=10.5, rssi=-60.0, count=2, pc=0x3000,
    phase=10.0, timed=True, utc=datetime(2027, 1, 1, tzinfo=UTC),
)  # fmt: skip


def joined(**more):
    first = dataclasses.replace(ONE)
    first.join(dataclasses.replace(ONE, **more))
    return dataclasses.asdict(first) | {"count": None}


@pytest.mark.parametrize(
    ("other", "changed"),
    [
        ({}, {}),
        ({"last": 11.0, "phase": 20.0, "utc": None}, {"last": 11.0, "phase": 20.0, "utc": None}),
        ({"last": 11.0, "phase": None}, {"last": 11.0}),
        ({"last": 10.5, "phase": 20.0}, {"phase": 20.0}),
        ({"last": 10.4, "phase": 20.0, "utc": None}, {}),
        ({"first": 9.0}, {"first": 9.0}),
        ({"rssi": -50.0}, {"rssi": -50.0}),
        ({"rssi": -70.0}, {}),
        ({"rssi": None}, {}),
        ({"pc": 0x3400}, {}),
        ({"pc": 0x2800, "epc_bits": 96}, {"pc": 0x2800, "epc_bits": 96}),
        ({"timed": False}, {"timed": False}),
    ],
)
def test_what_two_reports_of_one_tag_make_together(other, changed):
    assert joined(**other) == dataclasses.asdict(ONE) | {"count": None} | changed


def test_what_the_first_report_lacked_comes_from_the_second():
    first = dataclasses.replace(ONE, rssi=None, pc=None, phase=None)
    first.join(dataclasses.replace(ONE, count=5))
    assert first == dataclasses.replace(ONE, count=7)


def test_how_much_is_kept_before_it_must_go():
    many = Sightings()
    for number in range(MOST):
        assert not many.full
        many.add(dataclasses.replace(ONE, epc=number.to_bytes(12)))
    assert many.full
    assert (len(many), MOST, MOST_BYTES) == (20_000, 20_000, 4_000_000)
    assert len(many.drain()) == MOST
    assert not many.full
    large = Sightings()
    large.add(dataclasses.replace(ONE, epc=bytes(MOST_BYTES - 3), tid=b"\1\2"))
    assert not large.full
    large.add(dataclasses.replace(ONE, epc=b"\1"))
    assert large.full
