"""From the start of `tallyman run` to its first durable signed record."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from agent.journal.places import FILE_NAME
from hil.budgets.compiled import compiled
from hil.budgets.floors import bare_start_s
from hil.budgets.row import Row
from hil.site.consortium import Consortium
from hil.site.gateway import Gateway
from hil.site.processes import Processes, ProcessFailed

STARTS = 7
START_PASSES = 12
LIMIT_S = 20.0
POLL_S = 0.001


@dataclass(frozen=True, slots=True)
class Start:
    """One start of the agent, and of a bare Python just before it: the machine may be busy."""

    seconds: float
    bare_s: float

    @property
    def ratio(self) -> float:
        """How much longer the agent took."""
        return self.seconds / self.bare_s


def measure_starts(folder: Path) -> list[Start]:
    """Return STARTS starts: from fork to the transaction that seals `boot`.

    The gateway is enrolled; its node does not run, and nothing waits for it. Its modules are
    compiled, as an installed package's are."""
    (folder / "log").mkdir(parents=True)
    with Processes(folder / "log") as processes:
        consortium = Consortium(folder / "ledger", processes)
        gateway = Gateway(folder / "gateway", processes)
        consortium.found()
        gateway.enrol(consortium, [])
        environ = compiled(folder.parent / "pyc")
        _one_start(gateway, processes, environ)  # makes keys and the ring, and compiles the rest
        starts = []
        for _ in range(STARTS):
            bare = bare_start_s()
            starts.append(Start(_one_start(gateway, processes, environ), bare))
    return starts


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


def start_row(folder: Path) -> Row:
    """Return how long the first signed record takes."""
    starts = measure_starts(folder / "start")
    ms = 1000 * median(start.seconds for start in starts)
    bare_ms = 1000 * median(start.bare_s for start in starts)
    return Row.of(
        "start to first signed record, in `python -c pass`",
        [start.ratio for start in starts],
        START_PASSES,
        f"{ms:.0f} ms; bare {bare_ms:.0f} ms",
        "sqlite3 and cryptography 2.8; the rest is our modules, and opening the journal",
    )
