"""The machine's clocks as the Linux kernel keeps them."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path

from agent.clock.told import ToldBound

STA_UNSYNC = 0x0040  # linux/timex.h: nobody has synchronised the clock


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), up to the fields read here; the rest is reserved room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),  # µs
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),  # more than any ABI's remainder
    )


class KernelClock:
    """See `agent.clock.clock.SystemClock`. `sys` is the root of sysfs.

    `told` is asked where adjtimex(2) is forbidden.
    """

    def __init__(self, sys: Path = Path("/sys"), told: ToldBound | None = None) -> None:
        self._sys = sys
        self._told = told or ToldBound(time.monotonic)
        self._forbidden = False
        self._adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    def wall_offset_ms(self) -> int:
        """Wall clock minus monotonic clock, in ms."""
        wall = time.clock_gettime_ns(time.CLOCK_REALTIME)
        return (wall - time.monotonic_ns()) // 1_000_000

    def ntp_bound_ms(self) -> int | None:
        """How far the clock may be off while somebody keeps it; OSError never leaves it."""
        bound = self.kernel_bound_ms()
        return self._told.bound_ms() if bound is None and self._forbidden else bound

    def kernel_bound_ms(self) -> int | None:
        """The kernel's maxerror while STA_UNSYNC is clear."""
        timex = _Timex(modes=0)
        self._forbidden = self._adjtimex(ctypes.byref(timex)) < 0
        if self._forbidden or timex.status & STA_UNSYNC:
            return None
        return int(timex.maxerror) // 1000

    def has_rtc(self) -> bool:
        """Whether any rtc under sysfs says that the kernel took its time (hctosys)."""
        return any(_reads_one(path) for path in self._sys.glob("class/rtc/rtc*/hctosys"))


def _reads_one(path: Path) -> bool:
    try:
        return path.read_text("ascii").strip() == "1"
    except OSError:
        return False


def boot_id(proc: Path = Path("/proc")) -> str:
    """Return the kernel's id of this boot.

    A unit with ProcSubset=pid hides /proc/sys: there systemd's `Environment=BOOT_ID=%b` helps.
    """
    try:
        return (proc / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return os.environ.get("BOOT_ID", "")
