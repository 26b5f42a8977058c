"""Sources that exclude each other: what is told, and who is followed in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.clock.belief import Source
from agent.clock.clock import RENEW_AFTER, Clock
from tests.agent.clock.one_clock import FIX, at, offered, utc_ms
from tests.agent.fakes import FakeSystemClock, FakeTiming


def test_one_wild_fix_moves_nothing_and_is_told():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    news = clock.offer(Source.GNSS, FIX - timedelta(weeks=1024), 0.0, 1000)
    assert news is not None
    assert news.suspect
    assert news.values == {
        "offset_ms": 0,
        "old_source": "gnss",
        "new_source": "gnss",
        "bound_ms": 1000,
        "claim_source": "gnss",
        "claim_ms": -1024 * 7 * 86_400_000,
    }
    assert clock.offer(Source.GNSS, FIX, 0.0, 1000) is None
    assert clock.now().wall_ms == utc_ms(FIX)


@pytest.mark.parametrize("step", [0.1, 1.0, 10.0])
def test_a_jump_counts_once_it_lasted_a_minute_however_often_it_is_said(step):
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    told = offered(clock, system, Source.GNSS, timedelta(days=1), step, until=120.0, first=10.0)
    assert [at for at, _ in told] == [10.0, 70.0]
    claim, change = (change for _, change in told)
    assert (claim.offset_ms, claim.claim_ms) == (0, 86_400_000)
    assert (change.offset_ms, change.suspect) == (86_400_000, True)
    assert clock.disputes() == []


@pytest.mark.parametrize("step", [0.1, 1.0, 10.0])
def test_ten_wrong_seconds_move_nothing_and_are_told_once(step):
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    wrong = offered(clock, system, Source.GNSS, timedelta(days=-1), step, until=10.0, first=step)
    assert len(wrong) == 1
    assert [dispute.source for dispute in clock.disputes()] == [Source.GNSS]
    assert offered(clock, system, Source.GNSS, timedelta(0), step, until=59.0, first=11.0) == []
    assert clock.disputes() != []  # it may only flicker
    assert offered(clock, system, Source.GNSS, timedelta(0), step, until=90.0, first=60.0) == []
    assert clock.disputes() == []
    assert clock.now().wall_ms == utc_ms(FIX) + 1000 * round(system.timing.now)


def test_what_flickers_is_one_claim_and_is_never_followed():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    news = []
    for second in range(1, 600):
        at(system, second)
        wrong = timedelta(hours=1 if second % 20 < 10 else 0)
        moment = FIX + timedelta(seconds=second) + wrong
        news.append(clock.offer(Source.GNSS, moment, float(second), 1000))
    assert len([each for each in news if each is not None]) == 1
    assert clock.now().wall_ms == utc_ms(FIX) + 599_000


@pytest.mark.parametrize("step", [0.1, 1.0, 10.0])
def test_no_receiver_overrules_a_clock_that_ntp_keeps(step):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(FIX))
    system.ntp_ms = 10
    clock = Clock(system, 1)
    told = offered(clock, system, Source.GNSS, timedelta(seconds=3), step, until=4000.0)
    ((when, claim),) = told
    assert when == step
    assert (claim.new_source, claim.claim_source, claim.suspect) == (Source.NTP, Source.GNSS, True)
    assert 2999 <= claim.claim_ms <= 3001
    assert clock.source is Source.NTP
    (dispute,) = clock.disputes()
    assert (dispute.source, dispute.since) == (Source.GNSS, step)


@pytest.mark.parametrize("step", [0.1, 1.0, 10.0])
def test_ntp_overrules_a_receiver_after_a_minute(step):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(FIX))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX - timedelta(hours=2), 0.0, 1000)
    system.ntp_ms = 10
    told = offered(clock, system, Source.GNSS, timedelta(hours=-2), step, until=300.0)
    claim, change, counter_claim = (change for _, change in told)
    assert (claim.new_source, claim.claim_source) == (Source.GNSS, Source.NTP)
    assert (change.new_source, change.suspect) == (Source.NTP, True)
    assert change.offset_ms == pytest.approx(7_200_000, abs=1)
    assert (counter_claim.new_source, counter_claim.claim_source) == (Source.NTP, Source.GNSS)
    assert told[1][0] - told[0][0] == pytest.approx(60.0)
    assert clock.source is Source.NTP
    assert [dispute.source for dispute in clock.disputes()] == [Source.GNSS]


def test_a_receiver_overrules_ntp_that_is_kept_no_more():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(FIX))
    system.ntp_ms = 10
    clock = Clock(system, 1)
    system.ntp_ms = None
    told = offered(clock, system, Source.GNSS, timedelta(hours=1), 10.0, until=3000.0)
    assert [(change.new_source, change.suspect) for _, change in told] == [
        (Source.NTP, True),
        (Source.GNSS, True),
    ]
    assert told[1][0] == 2 * RENEW_AFTER


def test_a_step_of_ntp_itself_counts_after_a_minute():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(FIX))
    system.ntp_ms = 10
    clock = Clock(system, 1)
    system.offset_ms -= 3_600_000
    told = offered(clock, system, None, timedelta(0), 10.0, until=200.0)
    assert [(at, change.offset_ms) for at, change in told] == [(10.0, 0), (70.0, -3_600_000)]


def test_a_weaker_source_cannot_overrule_a_fresh_stronger_one():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    told = offered(clock, system, Source.NITZ, timedelta(minutes=1), 10.0, until=2000.0)
    assert [change.new_source for _, change in told] == [Source.GNSS, Source.NITZ]
    assert told[1][0] == 2 * RENEW_AFTER  # the receiver has been silent for long


def test_what_is_doubtful_may_contradict_but_is_never_believed():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    assert clock.offer(Source.GNSS, FIX, 0.0, 1000, doubtful=True) is None
    assert not clock.synced
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    told = []
    for second in range(200):
        at(system, second)
        moment = FIX + timedelta(days=1, seconds=second)
        told.append(clock.offer(Source.GNSS, moment, float(second), 1000, doubtful=True))
    assert [change.claim_ms for change in told if change is not None] == [86_400_000]
    assert clock.now().wall_ms == utc_ms(FIX) + 199_000


def test_a_source_that_says_something_else_again_begins_its_minute_anew():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    first = offered(clock, system, Source.GNSS, timedelta(days=1), 1.0, until=50.0)
    assert [at for at, _ in first] == [1.0]
    told = offered(clock, system, Source.GNSS, timedelta(days=2), 1.0, until=200.0, first=51.0)
    assert [(at, change.offset_ms) for at, change in told] == [(111.0, 2 * 86_400_000)]


def test_a_claim_is_over_a_minute_after_its_source_agrees_again():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    clock.offer(Source.NITZ, FIX + timedelta(days=1), 0.0, 1000)
    at(system, 10.0)
    assert clock.offer(Source.NITZ, FIX + timedelta(seconds=10), 10.0, 2000) is None
    at(system, 40.0)
    clock.offer(Source.NITZ, FIX + timedelta(seconds=40), 40.0, 2000)  # and agrees still
    at(system, 69.9)
    assert len(clock.disputes()) == 1
    at(system, 70.0)
    assert clock.disputes() == []


def test_a_claim_that_nobody_renews_is_over_after_two_hours():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    clock.offer(Source.NITZ, FIX + timedelta(days=1), 0.0, 1000)
    at(system, 7199.9)
    assert [(each.source, each.differs_ms, each.since) for each in clock.disputes()] == [
        (Source.NITZ, 86_400_000, 0.0)
    ]
    at(system, 7200.0)
    assert clock.disputes() == []
