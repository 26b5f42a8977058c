"""The gateway's belief about time, with and without anybody who vouches for it."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock.belief import Source
from agent.clock.clock import NTP_FLOOR_MS, RENEW_AFTER, Clock, said
from agent.clock.kernel import KernelClock, boot_id
from foundation.release import RELEASED
from tests.agent.fakes import FakeSystemClock, FakeTiming

FIX = datetime(2026, 9, 21, 12, 0, 0, tzinfo=UTC)


def at(clock: FakeSystemClock, seconds: float) -> None:
    clock.timing.now = seconds


def utc_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def offered(clock, system, source, error, step, *, until, first=None):
    """The news, with their moments, of a source that is wrong by `error`, every `step` seconds.

    The system's clock is polled every ten seconds, as the agent does. None or NTP offers nothing.
    """
    told = []
    due = step if first is None else first
    poll = 10.0 * math.ceil(system.timing.now / 10.0 + 1e-9)
    while min(due, poll) <= until + 1e-9:
        now = min(due, poll)
        at(system, now)
        if now == poll:
            told.append((now, clock.poll()))
            poll += 10.0
        if now == due:
            if source is not None:
                moment = FIX + timedelta(seconds=now) + error
                told.append((now, clock.offer(source, moment, now, 1000)))
            due = round(due + step, 3)
    return [(when, change) for when, change in told if change is not None]


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


def test_a_chip_that_kept_nothing_is_no_source_of_the_time():
    flat = FakeSystemClock(FakeTiming(5.0), wall_ms=utc_ms(datetime(2000, 1, 1, tzinfo=UTC)))
    flat.rtc = True
    assert Clock(flat, 1, RELEASED).now().source == "none"
    assert Clock(FakeSystemClock(wall_ms=utc_ms(FIX), rtc=True), 1, FIX).now().source == "rtc"


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


@pytest.mark.parametrize(("bound_ms", "taken"), [(1000, True), (1001, False)])
def test_a_word_of_the_same_source_is_news_where_it_is_twice_as_sharp(bound_ms, taken):
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 2000)
    assert (clock.offer(Source.GNSS, FIX, 0.0, bound_ms) is not None) is taken
    assert clock.bound_ms() == (1000 if taken else 2000)


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


@pytest.mark.parametrize(
    ("source", "late_ms", "bound_ms", "repeated"),
    [
        (Source.GNSS, 0, 1000, True),
        (Source.GNSS, 1000, 1000, True),
        (Source.GNSS, 1001, 1000, False),  # it does not say the same
        (Source.GNSS, 0, 500, False),  # it knows better
        (Source.NITZ, 0, 1000, True),
        (Source.NITZ, 0, 999, False),
        (Source.GNSS, -500, 1000, True),
        (Source.GNSS, -501, 1000, False),  # earlier than what was signed
        (Source.QUORUM, 0, None, False),
    ],
)
def test_a_word_repeats_what_is_believed_where_nothing_follows_from_it(
    source, late_ms, bound_ms, repeated
):
    clock = Clock(FakeSystemClock(FakeTiming(0.0), wall_ms=0), 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    clock.offer(Source.QUORUM, FIX + timedelta(seconds=300, milliseconds=500), 0.0, None)
    word = said(source, FIX + timedelta(milliseconds=late_ms), 0.0, bound_ms)
    assert clock.repeats(word) is repeated


def test_nothing_repeats_while_somebody_contradicts():
    clock = Clock(FakeSystemClock(FakeTiming(0.0), wall_ms=0), 1)
    word = said(Source.GNSS, FIX, 0.0, 1000)
    clock.hear(word)
    assert clock.repeats(word)
    clock.offer(Source.NITZ, FIX + timedelta(days=1), 0.0, 1000)
    assert not clock.repeats(word)


def test_a_word_is_excluded_by_belief_signature_and_other_claims():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)

    def excluded(moment):
        return clock.excludes(said(Source.GNSS, moment, 0.0, 1000))

    assert excluded(FIX) is False, "nobody vouches for anything"
    clock.offer(Source.QUORUM, FIX, 0.0, None)
    assert excluded(FIX - timedelta(days=1))
    assert not excluded(FIX + timedelta(days=1))
    clock.offer(Source.GNSS, FIX + timedelta(days=1), 0.0, 1000)
    assert excluded(FIX + timedelta(days=1, seconds=3))
    clock.offer(Source.NITZ, FIX + timedelta(days=2), 0.0, 1000)
    assert excluded(FIX + timedelta(days=1))  # one of the two is wrong


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Source.NITZ, Source.NTP, Source.GNSS]),
            st.integers(-10_000, 10_000),
            st.integers(0, 5000),
            st.integers(0, 1000),
        ),
        max_size=30,
    )
)
def test_stamps_are_in_monotonic_order_and_changes_explain_every_move(offers):
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)
    explained = clock.stamp(0.0).wall_ms
    source = clock.source
    for kind, error_ms, bound, wait in offers:
        at(system, system.timing.now + wait)
        now = system.timing.now
        moment = FIX + timedelta(seconds=now, milliseconds=error_ms)
        change = clock.offer(kind, moment, now, bound)
        if change is not None:
            explained += change.offset_ms
            source = change.new_source
            assert clock.stamp(0.0).wall_ms == explained
        else:
            # A renewal in silence stays within what was promised.
            assert clock.source is source
            explained = clock.stamp(0.0).wall_ms
        assert clock.stamp(1.0).monotonic_ms < clock.stamp(1.1).monotonic_ms


def test_the_kernels_clock_answers():
    clock = KernelClock()
    assert clock.monotonic() == pytest.approx(time.monotonic(), abs=60)
    offset_ms = 1000 * (time.clock_gettime(time.CLOCK_REALTIME) - time.monotonic())
    assert clock.wall_offset_ms() == pytest.approx(offset_ms, abs=60_000)
    bound = clock.ntp_bound_ms()
    assert bound is None or bound >= 0


def test_rtc_and_boot_id_are_read_below_their_prefixes(tmp_path, monkeypatch):
    assert not KernelClock(tmp_path).has_rtc()
    rtc = tmp_path / "class/rtc/rtc0"
    rtc.mkdir(parents=True)
    (rtc / "hctosys").write_text("0\n")
    assert KernelClock(tmp_path).has_rtc() is False
    (tmp_path / "class/rtc/rtc1/hctosys").mkdir(parents=True)
    assert KernelClock(tmp_path).has_rtc() is False, "what cannot be read says nothing"
    (rtc / "hctosys").write_text("1\n")
    assert KernelClock(tmp_path).has_rtc()
    monkeypatch.setenv("BOOT_ID", "from-systemd")
    assert boot_id(tmp_path) == "from-systemd"
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("abc-1\n")
    assert boot_id(tmp_path) == "abc-1"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Source.GNSS, Source.GNSS, Source.NITZ, Source.QUORUM]),
            st.floats(0.1, 900.0),  # seconds since the last word
            st.sampled_from([-400_000, -3000, -900, -1, 0, 0, 0, 1, 900, 3000, 90_000_000]),  # ms
            st.sampled_from([150, 1000, 1000, 1000, 19_000]),
            st.sampled_from([None, None, 0, 500]),  # what the kernel says of NTP
        ),
        max_size=25,
    )
)
def test_a_word_that_is_left_out_because_it_repeats_would_have_changed_nothing(words):
    system = FakeSystemClock(FakeTiming(10.0), wall_ms=1000 * round(FIX.timestamp()))
    hears_all = Clock(system, 1, RELEASED)
    spared = Clock(system, 1, RELEASED)
    now = 10.0
    for source, later, error, bound, system.ntp_ms in words:
        now += later
        at(system, now)
        moment = FIX + timedelta(seconds=now, milliseconds=error)
        word = said(source, moment, now, None if source is Source.QUORUM else bound)
        assert hears_all.poll() == spared.poll()
        excluded = hears_all.excludes(word)
        told = hears_all.hear(word)
        if spared.repeats(word):
            assert told is None
            assert not excluded
        else:
            assert spared.hear(word) == told
        assert hears_all.now() == spared.now()
        assert hears_all.disputes() == spared.disputes()
        assert hears_all.not_before() == spared.not_before()
