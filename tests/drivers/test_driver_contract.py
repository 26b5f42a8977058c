"""What every driver stands on: its health, its host, its errors, and numbers that run over."""

from __future__ import annotations

import pytest

from drivers.cause import DeviceFacts, Stage, Word
from drivers.driver import Health, Host, State
from drivers.errors import (
    DAMAGED,
    FAULT,
    LOST,
    MISSING,
    OTHER,
    QUIET,
    SILENT,
    BadFrame,
    CommandTimeout,
    DeviceFault,
    DeviceMissing,
    DriverError,
    LinkLost,
    WrongDevice,
)
from foundation.cause import UNKNOWN, no, yes


def test_a_health_keeps_since_when_its_state_holds():
    health = Health()
    assert (health.state, health.since, health.detail, health.cause) == (
        State.OPENING, 0.0, "", None,
    )  # fmt: skip
    assert health.advice == ""
    health.enter(State.RUNNING, 5.0, "20 dBm", FAULT)
    assert (health.state, health.since, health.detail) == (State.RUNNING, 5.0, "20 dBm")
    assert (health.cause, health.advice) == (FAULT, FAULT.next)
    health.enter(State.RUNNING, 9.0)
    assert (health.since, health.detail, health.cause) == (5.0, "", None)
    health.enter(State.MISSING, 9.0)
    assert health.since == 9.0


def test_counters_begin_at_nothing():
    health = Health()
    health.count("reads")
    health.count("reads", 3)
    health.count("frames", 0)
    assert health.counters == {"reads": 4, "frames": 0}


def test_a_host_keeps_sixteen_alarms_and_knows_nothing_by_itself():
    host = Host()
    host.alarms.extend(str(number) for number in range(17))
    assert list(host.alarms) == [str(number) for number in range(1, 17)]
    assert (host.not_before(), host.budget_spent(), host.flight()) == (None, False, False)


async def test_a_hosts_own_clock_runs_and_calls():
    timing = Host().timing
    called = []
    began = timing.monotonic()
    timing.call_later(0.0, lambda: called.append(True))
    await timing.sleep(0.001)
    await timing.sleep(0.0)
    assert timing.monotonic() > began
    assert called == [True]


def test_buses_of_a_host_are_closed_once():
    host = Host()
    first = host.i2c("/dev/i2c-none")
    chip = host.spi("/dev/spidev0.0", 1_000_000)
    assert host.i2c("/dev/i2c-none") is first is not host.i2c("/dev/i2c-other")
    assert host.spi("/dev/spidev0.1", 1_000_000)._thread is chip._thread
    host.close()
    assert host.i2c("/dev/i2c-none") is not first
    assert host.spi("/dev/spidev0.0", 1_000_000)._thread is not chip._thread
    host.close()


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (DeviceMissing, MISSING), (LinkLost, LOST), (BadFrame, DAMAGED), (CommandTimeout, SILENT),
        (DeviceFault, FAULT), (WrongDevice, OTHER),
    ],
)  # fmt: skip
def test_each_error_has_a_row_and_may_have_a_better_one_or_another_next_step(kind, row):
    assert issubclass(kind, DriverError)
    error = kind("it is so")
    assert (str(error), error.cause, error.advice) == ("it is so", row, row.next)
    assert kind("it is so", cause=QUIET).cause is QUIET
    advised = kind("it is so", cause=QUIET, advice="look again")
    assert (advised.advice, advised.cause.id) == ("look again", QUIET.id)
    assert kind("it is so", advice="look again").cause.id == row.id


def test_an_error_of_no_kind_asks_for_cable_and_power():
    assert DriverError("x").advice == "check the device's cable and power"


@pytest.mark.parametrize(
    ("word", "finding"),
    [
        (None, UNKNOWN),
        (Word("running"), no("its readings come as often as they should")),
        (Word("running", silent=True),
         yes("its driver has nothing to say against it, and no reading comes")),
        (Word("running", silent=True, cause="x"), UNKNOWN),
        (Word("missing", silent=True), UNKNOWN),
    ],
)  # fmt: skip
def test_a_device_whose_readings_stay_away(word, finding):
    assert QUIET.test(DeviceFacts("door", "rfid.m100", {}, word, None)) == finding


def test_options_of_a_device_as_text():
    facts = DeviceFacts("door", "rfid.m100", {"port": "/dev/x", "baudrate": 0}, None, None)
    assert (facts.option("port"), facts.option("baudrate"), facts.option("bus")) == (
        "/dev/x", "0", "",
    )  # fmt: skip


def test_how_far_a_driver_had_come_is_told_in_its_order():
    """From the plug to the content: what lies before a stage is ruled out there."""
    assert [each.name for each in sorted(Stage)] == [
        "ANYWHERE", "PLACE", "OPEN", "ANSWER", "IDENTITY", "FRAMES", "CONTENT", "WORKING",
    ]  # fmt: skip
    assert [each.value for each in Stage] == list(range(8))
