"""The machine's own clock is set, back or right, while the agent's stamps go on."""

from __future__ import annotations

import pytest

from agent.clock.belief import Source
from agent.clock.clock import Clock
from tests.agent.clock.one_clock import FIX, at, utc_ms
from tests.agent.fakes import FakeSystemClock, FakeTiming


def synced_by_a_fix(wall_ms):
    """A clock that satellites vouch for, on a machine whose own shows `wall_ms`."""
    system = FakeSystemClock(FakeTiming(5.0), wall_ms=wall_ms)
    clock = Clock(system, boot=1)
    at(system, 10.0)
    assert clock.offer(Source.GNSS, FIX, 10.0, 1000) is not None
    return system, clock


def test_a_machine_s_clock_that_is_set_back_moves_nothing_and_is_told_once():
    system, clock = synced_by_a_fix(utc_ms(FIX) - 5000)
    at(system, 20.0)
    assert clock.poll() is None
    before = clock.now().wall_ms
    system.offset_ms -= 3 * 3_600_000
    change = clock.poll()
    assert (change.suspect, change.offset_ms, change.values["claim_source"]) == (True, 0, "none")
    assert change.values["claim_ms"] == pytest.approx(-3 * 3_600_000, abs=5000)
    assert clock.now().wall_ms == before
    assert clock.poll() is None


@pytest.mark.parametrize(("by_ms", "told"), [(59_999, False), (60_000, True), (-60_000, False)])
def test_a_machine_s_clock_that_is_set_back_by_a_minute_is_told(by_ms, told):
    system, clock = synced_by_a_fix(utc_ms(FIX))
    system.offset_ms -= by_ms
    assert (clock.poll() is not None) is told


def test_a_machine_s_clock_that_came_up_wrong_may_be_put_right_and_may_be_wrong_for_long():
    system, clock = synced_by_a_fix(5000)  # 1970
    for seconds in (20.0, 30.0):
        at(system, seconds)
        assert clock.poll() is None
    system.offset_ms = utc_ms(FIX) - 10_000
    assert clock.poll() is None
    system.offset_ms += 30_000  # less than anybody's deed
    assert clock.poll() is None


def test_a_machine_s_clock_that_is_set_back_bit_by_bit_is_told_each_minute_or_two():
    system, clock = synced_by_a_fix(utc_ms(FIX) - 5000)
    told = []
    for seconds in range(20, 320, 10):
        at(system, float(seconds))
        system.offset_ms -= 25_000
        told.append(clock.poll() is not None)
    assert told == [False, False, True] * 10
