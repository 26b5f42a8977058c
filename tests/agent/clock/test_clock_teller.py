"""How good the clock is, told through a file: never better than known, worse when in doubt."""

from __future__ import annotations

import pytest

from agent.clock.kernel import KernelClock
from agent.clock.teller import tell
from agent.clock.told import (
    EVERY_S,
    LOOK_S,
    OLD_AFTER_S,
    ToldBound,
)
from tests.agent.fakes import FakeTiming


@pytest.fixture
def timing():
    return FakeTiming(1000.0)


@pytest.fixture
def told(tmp_path, timing):
    return ToldBound(timing.monotonic, tmp_path / "bound")


def test_bound_grows_until_it_is_told_anew(tmp_path, timing, told):
    tell(tmp_path / "bound", 12, timing.now)
    assert told.bound_ms() == 12
    timing.now += EVERY_S
    assert told.bound_ms() == 12 + 8  # 500 ppm of 16 s
    tell(tmp_path / "bound", 3, timing.now)
    timing.now += LOOK_S
    assert told.bound_ms() == 3


def test_old_word_counts_for_nothing(tmp_path, timing, told):
    tell(tmp_path / "bound", 12, timing.now)
    timing.now += OLD_AFTER_S
    assert told.bound_ms() is not None
    timing.now += 0.1
    assert told.bound_ms() is None


@pytest.mark.parametrize("text", ["- 999.5\n", "", "12\n", "a b\n", "12 2000.0\n", "1 2 3\n"])
def test_unsynchronised_damaged_or_from_the_future_counts_for_nothing(tmp_path, told, text):
    (tmp_path / "bound").write_text(text)
    assert told.bound_ms() is None


def test_no_file_counts_for_nothing(told):
    assert told.bound_ms() is None


def test_told_only_where_the_kernel_may_not_be_asked(tmp_path, timing, told, monkeypatch):
    tell(tmp_path / "bound", 7, timing.now)
    clock = KernelClock(told=told)
    monkeypatch.setattr(clock, "_adjtimex", lambda _: -1)
    assert clock.ntp_bound_ms() == 7
    monkeypatch.setattr(
        clock, "_adjtimex", lambda timex: timex._obj.__setattr__("status", 0x40) or 0
    )
    assert clock.ntp_bound_ms() is None
