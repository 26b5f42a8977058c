"""The kernel's own clock, and the boot that it runs in."""

from __future__ import annotations

import time

import pytest

from agent.clock.kernel import KernelClock, boot_id


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
