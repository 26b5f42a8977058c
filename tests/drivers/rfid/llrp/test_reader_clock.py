"""A reader's clock on ours: how far it may be off, drift, and be set before that is noticed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from drivers.rfid.llrp.reader_clock import ReaderClock, utc
from drivers.rfid.llrp.reports import Scale, Stamp

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
