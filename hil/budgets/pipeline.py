"""Traced days through an agent process to a confirming ledger: CPU, readings/s, memory, wire.

What a reading costs is the slope between a short feed and a long one: starting, the wait for the
first acceptance and the last checkpoint are the same in both, and drop out.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from hil.budgets.fed_gateway import Feed, fed_gateway
from hil.budgets.floors import HashFloor


@dataclass(frozen=True, slots=True)
class Fed:
    """What one feed cost from its first reading until all was confirmed and no body was owed."""

    records: int
    seconds: float
    cpu_s: float  # all threads of the agent
    up_bytes: int  # packets with their headers, from the gateway's start
    rss_mb: float
    hash_us: float  # SHA-256 of 65 bytes in the same seconds, beside the same processes


def run_feed(folder: Path, records: int, batch: int, *, held: bool = True) -> Fed:
    """Feed so many readings with batches of `batch`; `held` is explained at `Feed`."""
    shutil.rmtree(folder, ignore_errors=True)
    with fed_gateway(folder, folder / "gateway", batch, Feed(records, held=held)) as fed:
        floor, begun = HashFloor(), fed.begun()
        whole = records - batch  # the last ones wait for company
        fed.await_confirmed(whole, floor.look)
        seconds, spent = time.monotonic() - begun.at, fed.cpu_s() - begun.cpu_s
        return Fed(whole, seconds, spent, fed.proxy.up_bytes(), fed.rss_mb(), floor.us)


@dataclass(frozen=True, slots=True)
class Slope:
    """A short and a long feed of the same minute."""

    short: Fed
    long: Fed

    @property
    def _records(self) -> int:
        return self.long.records - self.short.records

    @property
    def per_s(self) -> float:
        """Readings a second, with all that a confirmation takes."""
        return self._records / (self.long.seconds - self.short.seconds)

    @property
    def cpu_us(self) -> float:
        """CPU of one reading in µs."""
        return (self.long.cpu_s - self.short.cpu_s) / self._records * 1e6

    @property
    def cpu_hashes(self) -> float:
        """CPU of one reading in SHA-256 of 65 bytes."""
        return self.cpu_us / self.long.hash_us

    @property
    def wire_bytes(self) -> float:
        """Bytes of one reading on the wire, up."""
        return (self.long.up_bytes - self.short.up_bytes) / self._records

    @property
    def fixed_s(self) -> float:
        """Seconds that a feed takes whatever its length: first acceptance, last checkpoint."""
        return self.short.seconds - self.short.records / self.per_s


def run_slope(folder: Path, short: int, long: int, batch: int) -> Slope:
    """Run both feeds, one after the other."""
    return Slope(run_feed(folder, short, batch), run_feed(folder, long, batch))
