"""How good the clock is, told through a file: never better than known, worse when in doubt."""

from __future__ import annotations

import os
import stat
from types import SimpleNamespace

import pytest

from agent.clock import teller
from agent.clock.kernel import KernelClock
from agent.clock.teller import tell
from agent.clock.told import EVERY_S, ToldBound
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
    timing.now += 0.9
    assert told.bound_ms() == 12 + 8, "the file is not opened for each record"
    timing.now += 0.1
    assert told.bound_ms() == 3


def test_old_word_counts_for_nothing(tmp_path, timing, told):
    tell(tmp_path / "bound", 12, timing.now)
    timing.now += 39.98
    assert told.bound_ms() == 12 + 19  # 19.99 ms
    timing.now = 1040.0
    assert told.bound_ms() == 12 + 20
    timing.now += 0.1
    assert told.bound_ms() is None


def test_a_word_of_this_moment_counts_right_after_boot(tmp_path):
    tell(tmp_path / "bound", 12, 0.0)
    assert ToldBound(FakeTiming(0.0).monotonic, tmp_path / "bound").bound_ms() == 12


@pytest.mark.parametrize("text", ["- 999.5\n", "", "12\n", "a b\n", "12 2000.0\n", "1 2 3\n"])
def test_unsynchronised_damaged_or_from_the_future_counts_for_nothing(tmp_path, told, text):
    (tmp_path / "bound").write_text(text)
    assert told.bound_ms() is None


def test_no_file_counts_for_nothing(told):
    assert told.bound_ms() is None


def kernel_says(clock, monkeypatch, answer, status=0, maxerror=0):
    """Have adjtimex(2) return `answer`, with these fields of struct timex (linux/timex.h)."""

    def adjtimex(pointer):
        timex = pointer._obj
        assert timex.modes == 0, "asked, and nothing set"
        timex.status, timex.maxerror = status, maxerror
        return answer

    monkeypatch.setattr(clock, "_adjtimex", adjtimex)


def test_told_only_where_the_kernel_may_not_be_asked(tmp_path, timing, told, monkeypatch):
    tell(tmp_path / "bound", 7, timing.now)
    clock = KernelClock(told=told)
    kernel_says(clock, monkeypatch, -1)
    assert clock.ntp_bound_ms() == 7
    kernel_says(clock, monkeypatch, 0, status=0x40)
    assert clock.ntp_bound_ms() is None
    kernel_says(clock, monkeypatch, 0, maxerror=250_999)
    assert clock.ntp_bound_ms() == 250


@pytest.mark.parametrize(
    ("answer", "status", "bound_ms"),
    [
        (0, 0x2001, 16),  # TIME_OK; kept by a phase-locked loop, told in nanoseconds
        (1, 0x0011, 16),  # TIME_INS: a leap second is to come
        (5, 0x0040, None),  # TIME_ERROR: STA_UNSYNC
        (5, 0x0041, None),
    ],
)
def test_the_kernel_s_bound_counts_while_somebody_keeps_its_clock(
    monkeypatch, told, answer, status, bound_ms
):
    clock = KernelClock(told=told)
    kernel_says(clock, monkeypatch, answer, status, maxerror=16_000)
    assert clock.kernel_bound_ms() == clock.ntp_bound_ms() == bound_ms


def test_it_tells_again_and_again_and_all_may_read_it(tmp_path, monkeypatch):
    file, found = tmp_path / "bound", []

    def sleep(seconds):
        found.append((seconds, file.read_text(), stat.S_IMODE(file.stat().st_mode)))
        file.unlink()
        if len(found) == 2:
            raise KeyboardInterrupt

    kernel = SimpleNamespace(kernel_bound_ms=lambda: 12, monotonic=lambda: 1000.5)
    monkeypatch.setattr(teller, "TOLD", file)
    monkeypatch.setattr(teller, "KernelClock", lambda: kernel)
    monkeypatch.setattr(teller, "time", SimpleNamespace(sleep=sleep))
    before = os.umask(0o077)
    try:
        with pytest.raises(KeyboardInterrupt):
            teller.main()
    finally:
        os.umask(before)
    assert found == [(16.0, "12 1000.5\n", 0o644)] * 2
