"""One traced day through an agent process to a confirming ledger: CPU, readings/s, memory, wire."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from hil.budgets.counting_proxy import CountingProxy
from hil.budgets.fed_agent import KIND
from hil.consortium import Consortium
from hil.gateway import Gateway
from hil.processes import Processes, ProcessFailed

SEED = 1
LIMIT_S = 240.0
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Day:
    """What one day cost."""

    records: int
    seconds: float
    cpu_us: float  # a record, all threads
    wire_bytes: float  # a record, up
    rss_mb: float


def run_day(folder: Path, records: int, batch: int) -> Day:
    """Feed the traced day with batches of `batch`; return once all `records` are confirmed."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "log").mkdir(parents=True)
    with Processes(folder / "log") as processes:
        consortium = Consortium(folder / "ledger", processes)
        gateway = Gateway(folder / "gateway", processes, seal_records=batch, seal_seconds=3600)
        consortium.found()
        consortium.start()
        gateway.enrol(consortium, [{"name": "truck", "kind": KIND}])
        port = consortium.ports[0]
        proxy = CountingProxy(port)
        text = gateway.config.read_text().replace(f":{port}", f":{proxy.port}")
        gateway.config.write_text(text)
        argv = [
            sys.executable,
            "-m",
            "hil.budgets.fed_agent",
            str(gateway.config),
            *map(str, (SEED, records)),
        ]
        processes.start(gateway.name, argv)
        processes.await_path(gateway.control)
        pid = processes.running[gateway.name].pid
        cpu, started = _cpu_s(pid), time.monotonic()
        whole = records - batch  # the last ones wait for company
        _await_confirmed(gateway, processes, whole)
        seconds = time.monotonic() - started
        spent = _cpu_s(pid) - cpu
        rss = _rss_mb(pid)
        proxy.close()
        return Day(whole, seconds, spent / whole * 1e6, proxy.up_bytes() / whole, rss)


def _await_confirmed(gateway: Gateway, processes: Processes, records: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while gateway.status()["journal"]["confirmed_upto"] < records:
        processes.check()
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{records} records were not confirmed within {LIMIT_S:g} s")
        time.sleep(0.5)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK  # utime, stime: proc(5)


def _rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
