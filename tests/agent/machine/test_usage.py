"""What the machine is used for, as far as /proc and /sys say; what they hide is unknown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.machine.usage import Interface, MachineUsage, machine_usage, process_usage

STAT = "cpu  100 5 50 1000 20 1 2 3 0 0\ncpu0 50 2 25 500 10 0 1 1 0 0\nintr 1\n"
MEMINFO = "MemTotal:         949444 kB\nMemFree:  12345 kB\nMemAvailable:     600000 kB\nHugePages_Total: 0\n"
NETWORK = (
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
    "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\n"
    "  eth0: 1500 10 0 0 0 0 0 0 2500 12 0 0 0 0 0 0\n"
    "wwan0:7 1 0 0 0 0 0 0 9\n"
    " usb0: 7 1 0 0 0 0 0 0\n"
    " usb1: x 1 0 0 0 0 0 0 9\n"
    " usb2: 7 1 0 0 0 0 0 0 x\n"
)


def files(root, **texts):
    for name, text in texts.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_what_the_kernel_tells(tmp_path):
    proc = files(tmp_path / "proc", stat=STAT, meminfo=MEMINFO, self__net__dev=NETWORK)
    found = machine_usage(proc, tmp_path / "sys")
    tick = 1 / os.sysconf("SC_CLK_TCK")
    modes = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    ticks = (100, 5, 50, 1000, 20, 1, 2, 3)
    assert found.cpu == pytest.approx({m: n * tick for m, n in zip(modes, ticks, strict=True)})
    assert (found.memory_total, found.memory_available) == (949444 * 1024, 600000 * 1024)
    assert found.network == {"eth0": Interface(1500, 2500), "wwan0": Interface(7, 9)}
    assert found.soc_temperature is None
    files(tmp_path / "sys", class__thermal__thermal_zone0__temp="48312\n")
    assert machine_usage(proc, tmp_path / "sys").soc_temperature == 48.312


def test_what_a_confined_service_sees_of_the_processor(tmp_path):
    """ProcSubset=pid hides /proc/stat and /proc/meminfo; the root's cgroup counts as well."""
    cgroup = files(
        tmp_path / "sys" / "fs" / "cgroup",
        **{
            "cpu.stat": "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\nnr_periods 0\n"
        },
    )
    assert cgroup.is_dir()
    found = machine_usage(tmp_path / "proc", tmp_path / "sys")
    assert found.cpu == pytest.approx({"user": 3.0, "system": 2.0})
    assert (found.memory_total, found.memory_available, found.network) == (None, None, {})


def test_nothing_is_told_of_a_machine_that_tells_nothing(tmp_path):
    assert machine_usage(tmp_path, tmp_path) == MachineUsage()
    assert process_usage(tmp_path).resident is None


@pytest.mark.parametrize("text", ["", "cpu\n", "rubbish", "cpu x y\n"])
def test_rubbish_is_unknown(tmp_path, text):
    proc = files(tmp_path / "proc", stat=text, meminfo="MemTotal: x kB\n:", self__net__dev="a:b\n")
    found = machine_usage(proc, tmp_path)
    assert (found.cpu, found.memory_total, found.network) == ({}, None, {})


@pytest.mark.parametrize(
    ("text", "pages"), [("900 25", 25), ("900 25 7 1 0 60 0\n", 25), ("900", None)]
)
def test_the_memory_of_this_process_is_what_is_resident(tmp_path, text, pages):
    proc = files(tmp_path, self__statm=text)
    resident = None if pages is None else pages * os.sysconf("SC_PAGESIZE")
    assert process_usage(proc).resident == resident


def test_this_process():
    found = process_usage(Path("/proc"))
    times = os.times()
    assert 0 < found.cpu_seconds <= times.user + times.system
    assert found.cpu_seconds == pytest.approx(times.user + times.system, abs=1)
    assert 5_000_000 < found.resident < 10_000_000_000
