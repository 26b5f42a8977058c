"""From the start of `tallyman run` to its first durable signed record."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from agent.journal.ring_reader import FILE_NAME
from hil.consortium import Consortium
from hil.gateway import Gateway
from hil.processes import Processes, ProcessFailed

STARTS = 7
LIMIT_S = 20.0
POLL_S = 0.001


def start_s(folder: Path) -> float:
    """Return the median time from fork to the transaction that holds the batch of `boot`.

    The gateway is enrolled; its node does not run, and nothing waits for it. Its modules are
    compiled, as an installed package's are."""
    (folder / "log").mkdir(parents=True)
    with Processes(folder / "log") as processes:
        consortium = Consortium(folder / "ledger", processes)
        gateway = Gateway(folder / "gateway", processes)
        consortium.found()
        gateway.enrol(consortium, [])
        compiled = {"PYTHONPYCACHEPREFIX": str(folder / "pyc"), "PYTHONDONTWRITEBYTECODE": ""}
        times = [_one_start(gateway, processes, compiled) for _ in range(STARTS + 1)]
    return median(times[1:])  # the first one makes keys and the ring, and compiles


def _one_start(gateway: Gateway, processes: Processes, env: Mapping[str, str]) -> float:
    journal = gateway.folder / "state" / FILE_NAME
    before = _batches(journal)
    started = time.perf_counter()
    gateway.start(env)
    while _batches(journal) == before:
        processes.check()
        if time.perf_counter() - started > LIMIT_S:
            raise ProcessFailed(f"no batch was sealed within {LIMIT_S:g} s of the start")
        time.sleep(POLL_S)
    seconds = time.perf_counter() - started
    processes.stop(gateway.name)
    return seconds


def _batches(path: Path) -> int:
    """Return how many batches are durable, as a reader beside the agent sees them."""
    if not path.exists() or path.stat().st_size == 0:
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (count,) = connection.execute("SELECT COUNT(*) FROM batch").fetchone()
    except sqlite3.OperationalError:  # not yet made, or just being changed
        return 0
    else:
        return int(count)
    finally:
        connection.close()
