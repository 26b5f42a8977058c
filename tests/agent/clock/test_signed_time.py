"""What the witnesses signed, and the release: nothing lies before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.clock.belief import Source
from agent.clock.clock import Clock
from foundation.release import RELEASED
from tests.agent.clock.one_clock import FIX, at, offered, utc_ms
from tests.agent.fakes import FakeSystemClock, FakeTiming


def test_the_quorum_is_a_lower_bound_only():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)
    change = clock.offer(Source.QUORUM, FIX, 0.0, None)
    assert change is not None
    assert (change.bound_ms, change.suspect) == (None, False)
    assert "bound_ms" not in change.values
    assert clock.source is Source.QUORUM
    assert not clock.synced
    assert clock.offer(Source.QUORUM, FIX - timedelta(days=1), 0.0, None) is None
    assert clock.now().wall_ms == utc_ms(FIX)
    assert clock.poll() is None  # the system's 1970 does not take it back
    clock.offer(Source.GNSS, FIX + timedelta(hours=1), 0.0, 1000)
    news = clock.offer(Source.QUORUM, FIX + timedelta(days=9), 0.0, None)
    assert news is not None  # both cannot be right
    assert (news.offset_ms, news.claim_source) == (0, Source.QUORUM)
    assert clock.now().wall_ms == utc_ms(FIX + timedelta(hours=1))


@pytest.mark.parametrize("source", [Source.GNSS, Source.NTP])
def test_what_lies_before_a_signed_time_is_refused_and_told_once(source):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)
    clock.offer(Source.QUORUM, FIX, 0.0, None)
    told = offered(clock, system, source, timedelta(days=-31), 1.0, until=600.0)
    ((_, claim),) = told
    assert claim.values == {
        "offset_ms": 0,
        "old_source": "quorum",
        "new_source": "quorum",
        "claim_source": str(source),
        "claim_ms": -31 * 86_400_000,
    }
    assert claim.suspect
    assert not clock.synced
    assert [dispute.source for dispute in clock.disputes()] == [source]
    change = clock.offer(source, FIX + timedelta(seconds=600), 600.0, 1000)
    assert change is not None
    assert change.new_source is source


@pytest.mark.parametrize(
    ("behind_ms", "believed"), [(300_000, True), (301_000, True), (301_001, False)]
)
def test_a_clock_may_be_five_minutes_and_its_own_bound_behind_the_witnesses(behind_ms, believed):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)
    clock.offer(Source.QUORUM, FIX, 0.0, None)
    change = clock.offer(Source.GNSS, FIX - timedelta(milliseconds=behind_ms), 0.0, 1000)
    assert change is not None
    assert change.suspect is not believed
    assert clock.source is (Source.GNSS if believed else Source.QUORUM)


@pytest.mark.parametrize(("ahead_ms", "told"), [(301_000, False), (301_001, True)])
def test_witnesses_contradict_who_is_farther_behind_than_they_may_be_ahead(ahead_ms, told):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    news = clock.offer(Source.QUORUM, FIX + timedelta(milliseconds=ahead_ms), 0.0, None)
    assert (news is not None) is told
    assert clock.source is Source.GNSS


def test_what_lies_before_the_release_is_refused():
    clock = Clock(FakeSystemClock(FakeTiming(0.0), wall_ms=0), 1, RELEASED)
    before = RELEASED - timedelta(days=1)
    news = clock.offer(Source.GNSS, before, 0.0, 1000)
    assert news is not None
    assert (news.claim_source, clock.synced) == (Source.GNSS, False)


def test_what_is_over_for_sure():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    assert Clock(system, 1).not_before() is None
    clock = Clock(system, 1, RELEASED)
    assert clock.not_before() == RELEASED
    clock.offer(Source.QUORUM, FIX, 0.0, None)
    assert clock.not_before() == FIX - timedelta(seconds=300)
    clock.offer(Source.GNSS, FIX + timedelta(hours=1), 0.0, 1000)
    at(system, 2000.0)
    assert clock.not_before() == FIX + timedelta(hours=1, seconds=2000 - 2)  # held over: 2 s
