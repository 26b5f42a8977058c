"""How far off the clock may be: holdover, renewal, and which source is the sharper."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.clock.belief import Source
from agent.clock.clock import RENEW_AFTER, Clock
from tests.agent.clock.one_clock import FIX, at, utc_ms
from tests.agent.fakes import FakeSystemClock, FakeTiming


def test_holdover_grows_by_500_ppm():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    at(system, 3600.0)
    assert clock.bound_ms() == 1000 + 1800
    assert clock.now().bound_ms == 2800
    assert clock.stamp(1800.0).bound_ms == 1900


def test_ntp_lost_keeps_its_time_and_its_name_with_a_growing_bound():
    system = FakeSystemClock(FakeTiming(0.0))
    system.ntp_ms = 10
    clock = Clock(system, 1)
    system.ntp_ms = None
    system.offset_ms += 86_400_000  # somebody sets the date by hand
    at(system, 1000.0)
    assert clock.poll() is None
    now = clock.now()
    assert (now.source, now.bound_ms) == ("ntp", 100 + 500)
    assert now.wall_ms == system.offset_ms - 86_400_000 + 1_000_000


def test_jitter_of_one_source_moves_no_stamp():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    before = clock.stamp(10.0).wall_ms
    for second in range(1, 60):
        at(system, second)
        late = second + (0.3 if second % 2 else 0.0)
        assert clock.offer(Source.GNSS, FIX + timedelta(seconds=second), late, 1000) is None
    assert clock.stamp(10.0).wall_ms == before


def test_a_source_is_renewed_after_a_while():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    at(system, RENEW_AFTER)
    later = FIX + timedelta(seconds=RENEW_AFTER, milliseconds=200)
    assert clock.offer(Source.GNSS, later, RENEW_AFTER, 1000) is None
    assert clock.bound_ms() == 1000
    assert clock.now().wall_ms == utc_ms(later)


@pytest.mark.parametrize(("after", "renewed"), [(599.9, False), (600.0, True)])
def test_an_offset_is_kept_for_ten_minutes_whenever_it_was_taken(after, renewed):
    system = FakeSystemClock(FakeTiming(7000.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 7000.0, 1000)
    at(system, 7000.0 + after)
    later = FIX + timedelta(seconds=after, milliseconds=200)
    assert clock.offer(Source.GNSS, later, 7000.0 + after, 1000) is None
    kept = FIX + timedelta(seconds=after)
    assert clock.now().wall_ms == utc_ms(later if renewed else kept)


def test_the_tighter_source_wins_and_the_other_takes_over_when_it_is_lost():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(FIX))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    system.ntp_ms = 10
    change = clock.poll()
    assert change is not None
    assert change.new_source is Source.NTP
    system.ntp_ms = None
    at(system, 1000.0)
    soon = FIX + timedelta(seconds=1000)
    assert clock.offer(Source.GNSS, soon, 1000.0, 1000) is None
    at(system, 2000.0)  # 100 + 1000 ms of holdover: now the receiver knows better
    change = clock.offer(Source.GNSS, FIX + timedelta(seconds=2000), 2000.0, 1000)
    assert change is not None
    assert change.new_source is Source.GNSS


@pytest.mark.parametrize(("bound_ms", "taken"), [(1000, True), (1001, False)])
def test_a_word_of_the_same_source_is_news_where_it_is_twice_as_sharp(bound_ms, taken):
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 2000)
    assert (clock.offer(Source.GNSS, FIX, 0.0, bound_ms) is not None) is taken
    assert clock.bound_ms() == (1000 if taken else 2000)


def test_better_bounds_are_taken_at_once_and_worse_ones_never():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX + timedelta(seconds=3), 0.0, 19_000)  # leap seconds unknown
    at(system, 5.0)
    change = clock.offer(Source.GNSS, FIX + timedelta(seconds=5), 5.0, 1000)
    assert change is not None
    assert (change.offset_ms, change.bound_ms, change.suspect) == (-3000, 1000, False)
    at(system, 2 * RENEW_AFTER)
    late = FIX + timedelta(seconds=2 * RENEW_AFTER)
    assert clock.offer(Source.GNSS, late, 2 * RENEW_AFTER, 19_000) is None
    assert clock.bound_ms() == 1000 + 597  # 1195 s at 500 ppm
