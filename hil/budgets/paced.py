"""A gateway at 20 readings a second on an ext4 of its own: device bytes, flushes, syscalls."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hil.budgets.device_bytes import SECTOR, Written, mounted
from hil.budgets.fed_agent import PER_SECOND
from hil.budgets.fed_gateway import Fed, Feed, fed_gateway
from hil.budgets.floors import rewrite_pages, written_pages
from hil.budgets.row import Row
from hil.site.processes import ProcessFailed

BATCH = 256
SLACK_S = 20
"""The feed goes on for so much longer than is measured: a loaded machine is late."""

FLOOR_COMMITS = 100
STRACE_LIMIT_S = 10.0


SYSCALLS = 2.4 if sys.version_info >= (3, 12) else 2.6
"""Before 3.12 asyncio asked for the process id at each turn of its loop."""

MOUNTS = (("stock ext4", "noatime", 400), ("the image's mount", "noatime,commit=60", 320))
"""Name, options as in provisioning/image/fstab, and the budget in device bytes a reading."""


@dataclass(frozen=True, slots=True)
class Paced:
    """What a reading cost at 20 a second; the floor is a page written and flushed each second."""

    device_bytes: float
    flushes_per_s: float
    floor_bytes: float
    syscalls: float | None  # None without strace


def can_mount() -> str:
    """Return why no file system can be mounted here; nothing where one can."""
    if os.geteuid() != 0:
        return "only root may mount: sudo make bench"
    missing = [tool for tool in ("mkfs.ext4", "losetup", "mount") if not shutil.which(tool)]
    return f"{', '.join(missing)} missing: apt install e2fsprogs mount" if missing else ""


def run_paced(folder: Path, warm_up: int, seconds: int, options: str) -> Paced:
    """Feed `warm_up` readings at once, so that every file has its size; then count for `seconds`.

    First the device's writes are counted, then, over half the time, the agent's system calls, as
    counting these costs time. `options` are those of mount(8).
    """
    shutil.rmtree(folder, ignore_errors=True)
    paced = PER_SECOND * (seconds + seconds // 2 + SLACK_S)
    with mounted(options) as (device, mount):
        floor = _floor_bytes(device, mount)  # before the agent: its writes are not the floor's
        with fed_gateway(folder, mount / "gateway", BATCH, Feed(warm_up, paced)) as fed:
            fed.await_confirmed(warm_up - BATCH)
            os.sync()
            before, first = Written.now(device), _records(fed)
            time.sleep(seconds)
            os.sync()
            after, last = Written.now(device), _records(fed)
            syscalls = _syscalls(fed, folder / "syscalls", seconds // 2)
    written = (after.sectors - before.sectors) * SECTOR
    flushes = (after.flushes - before.flushes) / seconds
    return Paced(written / (last - first), flushes, floor, syscalls)


def _records(fed: Fed) -> int:
    return int(fed.gateway.status()["journal"]["records"])


def _floor_bytes(device: str, folder: Path) -> float:
    with written_pages(folder) as fd:
        os.sync()
        before = Written.now(device)
        rewrite_pages(fd, FLOOR_COMMITS)
        written = Written.now(device).sectors - before.sectors
    return written * SECTOR / FLOOR_COMMITS / PER_SECOND


def _syscalls(fed: Fed, report: Path, seconds: int) -> float | None:
    """Return the system calls of all threads for one reading, as strace counts them."""
    strace = shutil.which("strace")
    if strace is None:
        return None
    first = _records(fed)
    argv = [strace, "-c", "-f", "-o", str(report), "-p", str(fed.pid)]
    tracer = subprocess.Popen(argv, stderr=subprocess.DEVNULL)  # noqa: S603  a program of the system
    try:
        time.sleep(seconds)
    finally:
        tracer.send_signal(signal.SIGINT)  # it lets go of the agent, and reports
        tracer.wait(STRACE_LIMIT_S)
    last = _records(fed)
    lines = report.read_text().splitlines() if report.exists() else []
    totals = [line.split() for line in lines if line.endswith(" total")]
    if not totals:
        raise ProcessFailed("strace counted nothing: is ptrace allowed here?")
    return int(totals[0][3]) / (last - first)


def paced_rows(warm_up: int, seconds: int, folder: Path) -> Iterator[Row]:
    """Yield what 20 readings a second cost disk and kernel, on each of MOUNTS."""
    refusal = can_mount()
    for name, options, budget in MOUNTS:
        what = f"device bytes per reading, 20/s, {name}"
        if refusal:
            yield Row(what, None, budget, "", refusal)
            continue
        paced = run_paced(folder / "paced", warm_up, seconds, options)
        yield Row(
            what,
            paced.device_bytes,
            budget,
            f"{options}; a page a second: {paced.floor_bytes:.0f}",
            "ring 195, SQLite's log 60, trusted checkpoints 20; the rest is ext4's own journal",
        )
        yield Row(
            f"flushes per second of those, {name}",
            paced.flushes_per_s,
            None,
            "one for the commit; the others seal, confirm, or are ext4's journal",
        )
        yield _syscall_row(f"syscalls per reading, 20/s, {name}", paced.syscalls)


def _syscall_row(what: str, syscalls: float | None) -> Row:
    no_strace = "strace is not there: apt install strace"
    shares = "turns of the loop a quarter, getpid (asyncio before 3.12) a quarter, GIL a fifth"
    floor = "strace -c -f, all threads; no sensor I/O"
    return Row(what, syscalls, SYSCALLS, floor, no_strace if syscalls is None else shares)
