"""What the page of a bundle costs an auditor: three days of four sensors, a value a minute each."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.chain.building import Place
from agent.journal.journal import SealedBatch
from evidence.leaf import Record
from hil.budgets.proof import BATCH, Consortium, bundle_of
from hil.budgets.row import Row
from hil.site.processes import ProcessFailed
from hil.traces.truck_day import STARTED

DAYS, SENSORS, MINUTE = 3, 4, 60_000
MINUTES = DAYS * 1440
MOST_KB, MOST_S, MOST_MB = 250, 2.0, 60
SEED = 7

ASKED = """
import re, sys, time
from agent.cli.main import main
code = main(["report", *sys.argv[1:]])
peak = re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]
print(time.process_time(), peak)
sys.exit(code)
"""
"""The command, and what it took: getrusage(2) would count the memory of who forked it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run of the command: bytes of its page, s of processor and wall, bytes of peak RSS."""

    page: int
    cpu_s: float
    seconds: float
    rss: int


def climate_records() -> list[Record]:
    """Return the values of all sensors: temperatures that wander, and noisy humidity."""
    chance = random.Random(SEED)
    start_ms = int(STARTED.timestamp()) * 1000
    made: list[Record] = []
    values = [500] * SENSORS
    for at in range(0, MINUTES * MINUTE, MINUTE):
        for sensor in range(SENSORS):
            values[sensor] = min(max(values[sensor] + chance.randint(-15, 15), 200), 900)
            told = {"temperature": values[sensor], "humidity": 6000 + chance.randint(-300, 300)}
            made.append(
                Record(
                    number=len(made), device=f"sensor-{sensor}", kind="temperature", boot=1,
                    monotonic_ms=at, wall_ms=start_ms + at, clock_source="gnss",
                    clock_bound_ms=40, quality="ok", values=told,
                )
            )  # fmt: skip
    return made


def write_bundle(folder: Path) -> tuple[Path, Path]:
    """Write a bundle of them and its policy; return where."""
    consortium = Consortium(int(STARTED.timestamp()) + DAYS * 86_400)
    records, batches = climate_records(), list[SealedBatch]()
    for first in range(0, len(records), BATCH):
        place = Place.after(batches[-1] if batches else None)
        batches.append(consortium.seal(place, records[first : first + BATCH]))
    bundle, policy = folder / "climate.bundle", folder / "policy.txt"
    bundle.write_bytes(bundle_of(consortium, batches))
    policy.write_text(consortium.policy_text())
    return bundle, policy


def measured(bundle: Path, policy: Path) -> Cost:
    """Make the page in a process of its own; return what it cost."""
    page = bundle.with_suffix(".html")
    argv = [sys.executable, "-c", ASKED, str(bundle), "--policy", str(policy), "-o", str(page)]
    started = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603  ours
    seconds = time.monotonic() - started
    if done.returncode:
        raise ProcessFailed(f"tallyman report ended with {done.returncode}: {done.stderr}")
    cpu_s, kilobytes = done.stdout.split()[-2:]
    return Cost(page.stat().st_size, float(cpu_s), seconds, int(kilobytes) * 1024)


def report_rows(rounds: int, folder: Path) -> Iterator[Row]:
    """Yield what the page weighs, and what it takes to make it."""
    folder.mkdir(parents=True)
    bundle, policy = write_bundle(folder)
    costs = [measured(bundle, policy) for _ in range(rounds)]
    records = f"{MINUTES * SENSORS} records in {bundle.stat().st_size / 1000:.0f} kB"
    yield Row(
        f"page of {DAYS} days of {SENSORS} sensors, kB", costs[0].page / 1000, MOST_KB, records
    )
    cpu = f"{min(each.cpu_s for each in costs):.2f} s of processor time"
    yield Row.of("the same, s", [each.seconds for each in costs], MOST_S, cpu)
    yield Row.of("the same, MB at most", [each.rss / 1e6 for each in costs], MOST_MB)
