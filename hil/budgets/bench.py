"""`make bench`: the budgets that can be measured here, each beside its floor of the same run."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from agent.evidence.body import encode_body
from hil.budgets.flood import ANTENNAS, flood
from hil.budgets.pipeline import SEED, run_day
from hil.processes import ProcessFailed
from hil.trace_records import truck_records

FOLDER = Path("build/bench")
RESULT = Path("build/bench.json")
FLOOD_S = 600.0
HASH_ROUNDS, HASHES = 15, 20_000
NODE_BYTES = 65


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `budget` None where there is none."""

    what: str
    measured: float
    budget: float | None
    floor: str

    @property
    def verdict(self) -> str:
        """Say by how much a budget is missed."""
        if self.budget is None:
            return ""
        if self.measured <= self.budget:
            return "met"
        return f"MISSED by {100 * (self.measured / self.budget - 1):.0f} %"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--rounds", type=int, default=3, help="days at 256; medians are printed")
    parser.add_argument("--readings", type=int, default=31_577, help="of the day; less for a look")


def run(args: argparse.Namespace) -> int:
    """Print the table and write `build/bench.json`; 0 also where a budget is missed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        rows = measure(args.rounds, args.readings)
    except ProcessFailed as error:
        print(f"bench failed: {error}", file=sys.stderr)
        return 1
    for row in rows:
        budget = "" if row.budget is None else f"≤ {row.budget:g}"
        print(f"{row.what:<52}{row.measured:>9.2f}  {budget:<7} {row.verdict:<16} {row.floor}")
    RESULT.write_text(json.dumps([asdict(row) | {"verdict": row.verdict} for row in rows]) + "\n")
    return 0


def measure(rounds: int, readings: int) -> list[Row]:
    """Return all rows."""
    records = truck_records(SEED)[:readings]
    rows = []
    payload = {}
    for size in (256, 1024):
        encoded = [record.to_bytes() for record in records]
        starts = range(0, len(records) - size + 1, size)
        bodies = [encode_body(bytes(32), encoded[at : at + size]) for at in starts]
        payload[size] = sum(map(len, bodies)) / (len(bodies) * size)
    days = []
    ratios = []
    for _ in range(rounds):
        floor = hash_us()
        days.append(run_day(FOLDER.absolute() / "day", len(records), 256))
        ratios.append(days[-1].cpu_us / median((floor, hash_us())))
    large = run_day(FOLDER.absolute() / "day", len(records), 1024)
    wire = {256: median(day.wire_bytes for day in days), 1024: large.wire_bytes}
    for size, budget in ((256, 5.5), (1024, 4.5)):
        floor_text = f"body alone, seed included: {payload[size]:.2f}"
        rows.append(
            Row(f"wire bytes up per reading, batches of {size}", wire[size], budget, floor_text)
        )
    speed = median(day.records / day.seconds for day in days)
    cpu = median(day.cpu_us for day in days)
    rows.append(Row("CPU per reading, in 65-byte SHA-256", median(ratios), 40, f"{cpu:.1f} µs"))
    rows.append(
        Row("readings/s, durable, signed, confirmed", speed, None, "the feed's start included")
    )
    rows.append(Row("resident memory after the day, MB", max(d.rss_mb for d in days), 45, ""))
    rows.append(flood_row(FOLDER.absolute() / "flood"))
    return rows


def flood_row(folder: Path) -> Row:
    """Return what 400 tag reads a second cost a core, with what came of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as empty:
        found = asyncio.run(flood(Path(empty), FLOOD_S))
    return Row(
        f"400 tag reads/s on {ANTENNAS} antennas, % of a core",
        100 * found.cpu,
        60,
        f"{found.reads} reads, {found.changes} state changes, {found.missed} missed, "
        f"{found.record_bytes / 1000:.0f} kB recorded, {found.grown_bytes / 1000:.0f} kB grown",
    )


def hash_us() -> float:
    """Return the µs of one SHA-256 of 65 bytes, the median of several rounds."""
    node = bytes(NODE_BYTES)
    sha256 = hashlib.sha256
    times = []
    for _ in range(HASH_ROUNDS):
        started = time.perf_counter()
        for _ in range(HASHES):
            sha256(node).digest()
        times.append(time.perf_counter() - started)
    return median(times) / HASHES * 1e6
