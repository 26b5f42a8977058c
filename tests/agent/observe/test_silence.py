"""Silence opens a gap and return closes it, whatever lies between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock.belief import Stamp
from agent.observe.devices import SETTLE, DeviceStates
from agent.observe.silence import Closed, Opened, Silence, deadline, open_gaps
from agent.records.convert import from_event
from drivers.driver import Health, State
from drivers.errors import MISSING

STAMP = Stamp(3, 100_000, 1_790_000_000_000, "gnss", 1000)


@pytest.mark.parametrize(
    ("interval", "limit", "seconds"),
    [
        (10.0, 300.0, 25.0),  # two readings may be lost
        (60.0, 300.0, 150.0),
        (200.0, 300.0, 300.0),  # EN 12830's limit comes first
        (200.0, 3600.0, 500.0),
        (300.0, 300.0, 310.0),  # a reading on time may be a little late
        (1.0, 300.0, 2.5),
    ],
)
def test_deadlines(interval, limit, seconds):
    assert deadline(interval, limit) == seconds


def test_a_gap_opens_once_and_closes_on_return():
    silence = Silence(300.0)
    silence.expect("cold-1", 60.0, 0.0)
    assert silence.seen("cold-1", 60.0) is None
    assert silence.check(210.0) == []
    assert silence.check(210.1) == [Opened("cold-1", 60.0, 150.0)]
    assert silence.silent("cold-1")
    assert silence.check(500.0) == []
    assert silence.seen("cold-1", 700.0) == Closed("cold-1", 60.0, 700.0, None)
    assert not silence.silent("cold-1")
    assert silence.check(800.0) == []


def test_a_device_that_never_speaks_is_silent_since_the_start():
    silence = Silence(300.0)
    silence.expect("cold-1", 10.0, 5.0)
    assert silence.check(30.1) == [Opened("cold-1", 5.0, 25.0)]


def test_devices_whose_silence_means_nothing_are_not_watched():
    silence = Silence(300.0)
    assert silence.seen("door-reader", 1.0) is None
    assert silence.check(1e6) == []
    assert not silence.silent("door-reader")
    silence.reopen("door-reader", 5)
    assert silence.seen("door-reader", 2.0) is None


@pytest.mark.parametrize("from_ms", [1_790_000_000_000, None])
def test_a_gap_of_an_earlier_run_is_closed_by_this_one(from_ms):
    silence = Silence(300.0)
    silence.expect("cold-1", 10.0, 0.0)
    silence.reopen("cold-1", from_ms)
    assert silence.check(100.0) == []
    assert silence.seen("cold-1", 101.0) == Closed("cold-1", None, 101.0, from_ms)
    assert silence.seen("cold-1", 102.0) is None


def gap(number: int, device: str, state: str, from_ms: int = 5):
    values = {"state": state, "from_ms": from_ms, "reason": "x"}
    return from_event("gap", values, number, STAMP, device=device)


def test_open_gaps_are_found_in_the_records():
    records = [
        gap(0, "a", "open", 1),
        gap(1, "b", "open", 2),
        from_event("boot", {"version": "0"}, 2, STAMP),
        gap(3, "a", "closed"),
        gap(4, "c", "open", 3),
        gap(5, "c", "closed"),
        gap(6, "c", "open", 4),
        from_event("device", {"state": "missing"}, 7, STAMP, device="b"),
    ]
    assert open_gaps(records) == {"b": 2, "c": 4}


@given(st.lists(st.integers(0, 400), max_size=40), st.integers(1, 250))
def test_gaps_open_and_close_in_turn_and_only_after_their_deadline(pauses, interval):
    silence = Silence(300.0)
    silence.expect("d", interval, 0.0)
    limit = deadline(interval, 300.0)
    now, opened = 0.0, 0
    for pause in pauses:
        gaps = silence.check(now + pause)
        opened += len(gaps)
        assert bool(gaps) == (pause > limit)
        now += pause
        closed = silence.seen("d", now)
        assert (closed is not None) == bool(gaps)
        if closed is not None:
            assert closed.until - (closed.since or 0.0) == pytest.approx(pause)
    assert opened == sum(pause > limit for pause in pauses)


def test_device_records_follow_settled_changes_only():
    states, health = DeviceStates(), Health()
    assert states.changed("d", health, 10.0) is None  # opening for the first time
    health.enter(State.RUNNING, 10.0)
    assert states.changed("d", health, 10.5) is None
    assert states.changed("d", health, 10.0 + SETTLE) == {"state": "running"}
    assert states.changed("d", health, 20.0) is None
    health.enter(State.FAULTY, 20.0, "a bad frame")
    health.enter(State.RUNNING, 20.1)
    assert states.changed("d", health, 30.0) is None
    health.enter(State.MISSING, 30.0, "unplugged", MISSING)
    assert states.changed("d", health, 31.0) == {
        "state": "missing",
        "detail": "unplugged",
        "cause": "device.missing",
    }
    health.enter(State.CLOSED, 40.0)
    assert states.changed("d", health, 50.0) is None


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [(120.0, 300.0), (120.1, 300.0), (290.0, 300.0), (295.0, 305.0), (1.0, 2.5)],
)
def test_two_and_a_half_intervals_or_the_limit_of_the_journey_open_a_gap(interval, seconds):
    silence = Silence(300.0)
    silence.expect("d", interval, 100.0)
    assert silence.check(100.0 + seconds) == []
    (opened,) = silence.check(100.1 + seconds)
    assert opened == Opened("d", 100.0, seconds)
    assert silence.check(9999.0) == []
    assert silence.seen("d", 5000.0) == Closed("d", 100.0, 5000.0, None)
    assert silence.seen("d", 5001.0) is None
