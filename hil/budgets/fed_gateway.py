"""A gateway fed with traced days, its ledger of four members, and a counter on the wire."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.journal.places import FILE_NAME
from hil.budgets.begun import BEGUN, Begun
from hil.budgets.compiled import compiled
from hil.budgets.counting_proxy import CountingProxy
from hil.budgets.fed_agent import KIND
from hil.site.consortium import Consortium
from hil.site.gateway import Gateway
from hil.site.processes import Processes, ProcessFailed

SEED = 1
LIMIT_S = 240.0
LOOK_S = 0.02
ASK_S = 0.1

OF_THE_UNIT = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""What systemd/tallyman.service sets that memory depends on."""

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Feed:
    """The readings: so many as fast as they are taken, then so many at 20 a second.

    `held`: all are made before the first is fed, so that making them takes no part in what is
    measured; else each is made when its turn comes, and takes no part in the agent's memory.
    """

    fast: int
    paced: int = 0
    held: bool = True


@dataclass(frozen=True, slots=True)
class Fed:
    """What is being measured."""

    gateway: Gateway
    processes: Processes
    proxy: CountingProxy
    pid: int

    def begun(self) -> Begun:
        """Return when the feed began."""
        path = self.gateway.folder / BEGUN
        self.processes.await_path(path)
        return Begun.read(path)

    def await_confirmed(self, records: int, look: Callable[[], None] = lambda: None) -> None:
        """Return once so many records are confirmed and no body is owed; `look` is called often.

        ProcessFailed if it takes too long. Until the records are sealed, the batches are read
        beside the agent, which pays nothing for being watched. A proof may wait in its memory to be
        written with the next batch, so for the last of them it is asked itself: in a feed of any
        length it answers as often.
        """
        deadline = time.monotonic() + LIMIT_S
        with closing(connect(self.gateway.folder / "state" / FILE_NAME)) as batches:
            while sealed_records(batches) < records:
                self._wait(records, deadline, LOOK_S, look)
        while not self._confirmed(records):
            self._wait(records, deadline, ASK_S, look)

    def _wait(
        self, records: int, deadline: float, seconds: float, look: Callable[[], None]
    ) -> None:
        self.processes.check()
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{records} records not confirmed within {LIMIT_S:g} s")
        look()
        time.sleep(seconds)

    def _confirmed(self, records: int) -> bool:
        journal = self.gateway.status()["journal"]
        return journal["confirmed_upto"] >= records and not journal["bodies_owed"]

    def cpu_s(self) -> float:
        """Return the CPU time that the agent's threads have used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICK  # utime, stime: proc(5)

    def rss_mb(self) -> float:
        """Return the agent's resident memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024


def connect(journal: Path) -> sqlite3.Connection:
    """Open the agent's batches for reading only."""
    return sqlite3.connect(f"file:{journal}?mode=ro", uri=True)


def sealed_records(batches: sqlite3.Connection) -> int:
    """Return how many of the first records are sealed."""
    (upto,) = batches.execute("SELECT coalesce(max(first + count), 0) FROM batch").fetchone()
    return int(upto)


@contextmanager
def fed_gateway(folder: Path, home: Path, batch: int, feed: Feed) -> Iterator[Fed]:
    """Run it all: the ledger and logs in `folder`, which is new, what the gateway keeps in `home`.

    As on a card, its control socket and last state are not on the device of `home`.
    """
    (folder / "log").mkdir(parents=True)
    (folder / "run").mkdir()
    with Processes(folder / "log") as processes:
        consortium = Consortium(folder / "ledger", processes)
        gateway = Gateway(
            home, processes, seal_records=batch, seal_seconds=3600, runtime=folder / "run"
        )
        consortium.found()
        consortium.start()
        gateway.enrol(consortium, [{"name": "truck", "kind": KIND}])
        port = consortium.ports[0]
        proxy = CountingProxy(port)
        text = gateway.config.read_text().replace(f":{port}", f":{proxy.port}")
        gateway.config.write_text(text)
        numbers = map(str, (SEED, feed.fast, feed.paced, int(feed.held)))
        module = "hil.budgets.run_fed"
        argv = [sys.executable, "-m", module, str(gateway.config), *numbers]
        processes.start(gateway.name, argv, {**compiled(folder.parent / "pyc"), **OF_THE_UNIT})
        try:
            processes.await_path(gateway.control)
            yield Fed(gateway, processes, proxy, processes.running[gateway.name].pid)
        finally:
            proxy.close()
