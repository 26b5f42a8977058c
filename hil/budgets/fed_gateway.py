"""A gateway fed with the traced day, its ledger of four members, and a counter on the wire."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hil.budgets.compiled import compiled
from hil.budgets.counting_proxy import CountingProxy
from hil.budgets.fed_agent import KIND
from hil.site.consortium import Consortium
from hil.site.gateway import Gateway
from hil.site.processes import Processes, ProcessFailed

SEED = 1
LIMIT_S = 240.0
LOOK_S, SHORT_LOOK_S = 0.25, 0.01
STARTING = 16
"""Records that a gateway makes of itself when it starts, and not more."""

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

    def await_first(self) -> None:
        """Return once the feed has begun."""
        while self.gateway.status()["journal"]["records"] <= STARTING:
            self.processes.check()
            time.sleep(SHORT_LOOK_S)

    def await_confirmed(self, records: int) -> None:
        """Return once so many records are in confirmed batches; ProcessFailed if they never are."""
        deadline = time.monotonic() + LIMIT_S
        while self.gateway.status()["journal"]["confirmed_upto"] < records:
            self.processes.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{records} records were not confirmed within {LIMIT_S:g} s")
            time.sleep(LOOK_S)

    def cpu_s(self) -> float:
        """Return the CPU time that the agent's threads have used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICK  # utime, stime: proc(5)

    def rss_mb(self) -> float:
        """Return the agent's resident memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024


@contextmanager
def fed_gateway(folder: Path, home: Path, batch: int, feed: Feed) -> Iterator[Fed]:
    """Run it all: the ledger and logs in `folder`, which is new, the gateway's files in `home`."""
    (folder / "log").mkdir(parents=True)
    with Processes(folder / "log") as processes:
        consortium = Consortium(folder / "ledger", processes)
        gateway = Gateway(home, processes, seal_records=batch, seal_seconds=3600)
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
        processes.start(gateway.name, argv, compiled(folder.parent / "pyc"))
        try:
            processes.await_path(gateway.control)
            yield Fed(gateway, processes, proxy, processes.running[gateway.name].pid)
        finally:
            proxy.close()
