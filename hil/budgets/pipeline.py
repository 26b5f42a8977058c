"""One traced day through an agent process to a confirming ledger: CPU, readings/s, memory, wire."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from hil.budgets.fed_gateway import Feed, fed_gateway


@dataclass(frozen=True, slots=True)
class Day:
    """What one day cost."""

    records: int
    seconds: float
    cpu_us: float  # a record, all threads
    wire_bytes: float  # a record, up
    rss_mb: float


def run_day(folder: Path, records: int, batch: int, *, held: bool = True) -> Day:
    """Feed the traced day with batches of `batch`; return once all `records` are confirmed.

    `held` is explained at `Feed`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with fed_gateway(folder, folder / "gateway", batch, Feed(records, held=held)) as fed:
        cpu = fed.cpu_s()
        fed.await_first()
        started = time.monotonic()
        whole = records - batch  # the last ones wait for company
        fed.await_confirmed(whole)
        seconds = time.monotonic() - started
        spent = fed.cpu_s() - cpu
        up = fed.proxy.up_bytes()
        return Day(whole, seconds, spent / whole * 1e6, up / whole, fed.rss_mb())
