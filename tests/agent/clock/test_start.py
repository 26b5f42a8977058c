"""What the clock believes at a start, and once the first source speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.clock.belief import Source
from agent.clock.clock import NTP_FLOOR_MS, Clock
from foundation.release import RELEASED
from tests.agent.clock.one_clock import FIX, at, offered, utc_ms
from tests.agent.fakes import FakeSystemClock, FakeTiming


def test_boot_in_1970_then_a_fix_after_forty_minutes():
    system = FakeSystemClock(FakeTiming(5.0), wall_ms=5000)
    clock = Clock(system, boot=1)
    early = clock.now()
    assert (early.source, early.bound_ms, early.wall_ms) == ("none", None, 5000)
    assert not clock.synced

    at(system, 2400.0)
    change = clock.offer(Source.GNSS, FIX, 2399.5, 1000)
    assert change is not None
    assert (change.old_source, change.new_source) == (Source.NONE, Source.GNSS)
    assert change.bound_ms == 1000
    assert not change.suspect
    # The offset makes the early record's time right within the bound.
    true_early = FIX - timedelta(seconds=2399.5 - 5.0)
    assert abs(early.wall_ms + change.offset_ms - utc_ms(true_early)) <= 1000
    now = clock.now()
    assert abs(now.wall_ms - utc_ms(FIX + timedelta(seconds=0.5))) <= 1
    assert (now.source, now.monotonic_ms, now.boot) == ("gnss", 2_400_000, 1)


def test_the_system_clock_is_named_rtc_where_the_kernel_used_one():
    assert Clock(FakeSystemClock(rtc=True), 1).now().source == "rtc"
    assert Clock(FakeSystemClock(rtc=True), 1).now().bound_ms is None
    assert Clock(FakeSystemClock(rtc=True), 7).boot == 7


def test_ntp_at_start_and_its_bound_never_below_the_floor():
    system = FakeSystemClock()
    system.ntp_ms = 0
    assert Clock(system, 1).now().bound_ms == NTP_FLOOR_MS
    system.ntp_ms = 2500
    assert Clock(system, 1).now().bound_ms == 2500


def test_the_system_clock_syncs_later():
    system = FakeSystemClock(wall_ms=1_000_000)
    clock = Clock(system, 1)
    system.offset_ms += 500_000
    system.ntp_ms = 20
    change = clock.poll()
    assert change is not None
    assert change.offset_ms == 500_000
    assert (change.old_source, change.new_source) == (Source.NONE, Source.NTP)
    assert clock.poll() is None


def test_a_step_of_an_unvouched_clock_is_recorded_a_small_move_is_not():
    system = FakeSystemClock()
    clock = Clock(system, 1)
    system.offset_ms += 400
    assert clock.poll() is None
    system.offset_ms -= 3_600_000
    change = clock.poll()
    assert change is not None
    assert change.offset_ms == -3_600_000
    assert change.old_source is change.new_source is Source.NONE


@pytest.mark.parametrize(("moved_ms", "told"), [(999, False), (1000, True), (-999, False)])
def test_a_move_of_a_second_is_news(moved_ms, told):
    system = FakeSystemClock()
    clock = Clock(system, 1)
    system.offset_ms += moved_ms
    assert (clock.poll() is not None) is told
    assert clock.now().wall_ms == system.offset_ms + 100_000, "followed all the same"


def test_a_chip_that_kept_nothing_is_no_source_of_the_time():
    flat = FakeSystemClock(FakeTiming(5.0), wall_ms=utc_ms(datetime(2000, 1, 1, tzinfo=UTC)))
    flat.rtc = True
    assert Clock(flat, 1, RELEASED).now().source == "none"
    for wall_ms, source in ((utc_ms(FIX), "rtc"), (utc_ms(FIX) - 1, "none")):
        assert Clock(FakeSystemClock(wall_ms=wall_ms, rtc=True), 1, FIX).now().source == source


def test_a_battery_s_clock_that_makes_sense_is_not_overruled_by_one_fix():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(FIX), rtc=True)
    clock = Clock(system, 1, RELEASED)
    told = offered(clock, system, Source.GNSS, timedelta(days=30), 1.0, until=90.0)
    claim, change = (change for _, change in told)
    assert (claim.new_source, claim.bound_ms, claim.claim_ms) == (
        Source.RTC,
        None,
        30 * 86_400_000,
    )
    assert (change.new_source, change.suspect) == (Source.GNSS, True)
    assert told[1][0] - told[0][0] == pytest.approx(60.0)


@pytest.mark.parametrize("wall", [FIX + timedelta(minutes=5), datetime(2000, 1, 1, tzinfo=UTC)])
def test_a_fix_is_believed_at_once_beside_a_battery_s_clock_near_it_or_of_an_empty_battery(wall):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(wall), rtc=True)
    clock = Clock(system, 1, RELEASED)
    change = clock.offer(Source.GNSS, FIX, 0.0, 1000)
    assert change is not None
    assert (change.new_source, change.suspect) == (Source.GNSS, False)


@pytest.mark.parametrize(("away_ms", "believed"), [(86_400_000, True), (86_400_001, False)])
def test_a_battery_s_clock_may_be_a_day_off(away_ms, believed):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(FIX), rtc=True)
    clock = Clock(system, 1, RELEASED)
    for sign in (-1, 1):
        change = clock.offer(Source.GNSS, FIX + sign * timedelta(milliseconds=away_ms), 0.0, 1000)
        assert change is not None
        assert change.suspect is not believed
        clock = Clock(system, 1, RELEASED)
