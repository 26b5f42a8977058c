"""What the machine's parts are used for: processor, memory, network, and this process's share.

As far as this process may see it: systemd's ProcSubset= hides what no process's own folder has,
and of that the kernel says some elsewhere. What it does not say is None, or missing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.machine.board import read_text, soc_temperature

KIB = 1024
STAT_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")  # proc(5)
CGROUP_MODES = {"user_usec": "user", "system_usec": "system"}  # cgroup-v2, cpu.stat of the root
MICRO = 1e-6
SENT_AT = 8  # the column of bytes sent in /proc/net/dev; the first one is of bytes received


@dataclass(frozen=True, slots=True)
class Interface:
    """Bytes that a network interface has received and sent since it came up."""

    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class MachineUsage:
    """The whole machine: processor seconds by mode since it started, bytes of memory."""

    cpu: Mapping[str, float] = field(default_factory=dict)
    memory_total: int | None = None
    memory_available: int | None = None
    network: Mapping[str, Interface] = field(default_factory=dict)
    soc_temperature: float | None = None


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """A process: processor seconds, bytes of memory that are resident."""

    cpu_seconds: float
    resident: int | None


def machine_usage(proc: Path, sys: Path) -> MachineUsage:
    """Return what can be seen now."""
    memory = _memory(proc)
    return MachineUsage(
        _cpu(proc, sys),
        memory.get("MemTotal"),
        memory.get("MemAvailable"),
        _network(read_text(proc / "self/net/dev") or ""),
        soc_temperature(sys),
    )


def process_usage(proc: Path) -> ProcessUsage:
    """Return what this process uses."""
    times = os.times()
    pages = (read_text(proc / "self/statm") or "").split()  # proc(5): size, resident …
    resident = int(pages[1]) * os.sysconf("SC_PAGESIZE") if len(pages) > 1 else None
    return ProcessUsage(times.user + times.system, resident)


def _cpu(proc: Path, sys: Path) -> dict[str, float]:
    """Return seconds of all processors by mode."""
    for line in (read_text(proc / "stat") or "").splitlines():
        name, *ticks = line.split()
        if name == "cpu":
            tick = 1 / os.sysconf("SC_CLK_TCK")
            pairs = zip(STAT_MODES, ticks, strict=False)
            return {mode: int(n) * tick for mode, n in pairs if n.isdigit()}
    found = {}
    for line in (read_text(sys / "fs/cgroup/cpu.stat") or "").splitlines():
        key, _, count = line.partition(" ")
        if key in CGROUP_MODES and count.isdigit():
            found[CGROUP_MODES[key]] = int(count) * MICRO
    return found


def _memory(proc: Path) -> dict[str, int]:
    """Return bytes by the names that /proc/meminfo has."""
    found = {}
    for line in (read_text(proc / "meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        amount = rest.split()
        if amount and amount[0].isdigit():
            found[name] = int(amount[0]) * KIB
    return found


def _network(text: str) -> dict[str, Interface]:
    """Return the interfaces of /proc/net/dev, but for the machine's talk with itself."""
    found = {}
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        counts = rest.split()
        if not colon or len(counts) <= SENT_AT or name.strip() == "lo":
            continue
        if counts[0].isdigit() and counts[SENT_AT].isdigit():
            found[name.strip()] = Interface(int(counts[0]), int(counts[SENT_AT]))
    return found
