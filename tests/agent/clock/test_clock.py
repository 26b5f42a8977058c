"""The gateway's belief about time, with and without anybody who vouches for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.clock.clock import CONFIRMATIONS, NTP_FLOOR_MS, RENEW_AFTER, Clock, Source
from agent.clock.kernel import KernelClock, boot_id
from tests.agent.fakes import FakeSystemClock, FakeTiming

FIX = datetime(2026, 9, 21, 12, 0, 0, tzinfo=UTC)


def at(clock: FakeSystemClock, seconds: float) -> None:
    clock.timing.now = seconds


def utc_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


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


def test_one_wild_fix_moves_nothing_and_a_lasting_jump_is_suspect():
    system = FakeSystemClock(FakeTiming(0.0))
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    back = timedelta(weeks=-1024)
    assert clock.offer(Source.GNSS, FIX + back, 0.0, 1000) is None
    assert clock.offer(Source.GNSS, FIX, 0.0, 1000) is None
    for _ in range(CONFIRMATIONS - 1):
        assert clock.offer(Source.GNSS, FIX + back, 0.0, 1000) is None
        assert clock.now().wall_ms == utc_ms(FIX)
    change = clock.offer(Source.GNSS, FIX + back, 0.0, 1000)
    assert change is not None
    assert change.suspect
    assert change.offset_ms == -1024 * 7 * 86_400_000


def test_a_weaker_source_cannot_overrule_a_fresh_stronger_one():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=utc_ms(FIX) + 60_000)
    clock = Clock(system, 1)
    clock.offer(Source.GNSS, FIX, 0.0, 1000)
    system.ntp_ms = 5
    assert [clock.poll() for _ in range(10)] == [None] * 10
    at(system, 2 * RENEW_AFTER)  # the receiver has been silent for long
    changes = [clock.poll() for _ in range(CONFIRMATIONS)]
    assert changes[:-1] == [None] * (CONFIRMATIONS - 1)
    assert changes[-1] is not None
    assert changes[-1].suspect


def test_the_quorum_is_a_lower_bound_only():
    system = FakeSystemClock(FakeTiming(0.0), wall_ms=0)
    clock = Clock(system, 1)
    change = clock.offer(Source.QUORUM, FIX, 0.0, None)
    assert change is not None
    assert change.bound_ms is None
    assert "bound_ms" not in change.values
    assert clock.source is Source.QUORUM
    assert not clock.synced
    assert clock.offer(Source.QUORUM, FIX - timedelta(days=1), 0.0, None) is None
    assert clock.now().wall_ms == utc_ms(FIX)
    assert clock.poll() is None  # the system's 1970 does not take it back
    clock.offer(Source.GNSS, FIX + timedelta(hours=1), 0.0, 1000)
    assert clock.offer(Source.QUORUM, FIX + timedelta(days=9), 0.0, None) is None


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
    assert clock.wall_offset_ms() > 0
    bound = clock.ntp_bound_ms()
    assert bound is None or bound >= 0


def test_rtc_and_boot_id_are_read_below_their_prefixes(tmp_path, monkeypatch):
    assert not KernelClock(tmp_path).has_rtc()
    rtc = tmp_path / "class/rtc/rtc0"
    rtc.mkdir(parents=True)
    (rtc / "hctosys").write_text("1\n")
    assert KernelClock(tmp_path).has_rtc()
    monkeypatch.setenv("BOOT_ID", "from-systemd")
    assert boot_id(tmp_path) == "from-systemd"
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("abc-1\n")
    assert boot_id(tmp_path) == "abc-1"
