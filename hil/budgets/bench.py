"""`make bench`: the budgets of the design, each beside its floor of the same run."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NoReturn

from evidence.body import encode_body
from evidence.leaf import Record
from hil.budgets import floors
from hil.budgets.fed_gateway import SEED
from hil.budgets.flood import ANTENNAS, SETTLE, flood
from hil.budgets.ledger import SIZES, ledger_rows
from hil.budgets.paced import can_mount, run_paced
from hil.budgets.pipeline import Day, run_day
from hil.budgets.proof import BATCHES, proof_bytes, verification
from hil.budgets.row import Row
from hil.budgets.start import measure_start
from hil.site.processes import ProcessFailed
from hil.traces.records import truck_records
from hil.traces.truck_day import STARTED

HELP = "measure the budgets, into build/bench.json"

FOLDER = Path("build/bench")
RESULT = Path("build/bench.json")
DAY = 31_577
WARM_UP = 25_000
"""Readings before the device's writes are counted: SQLite's log has its size after a hundred
batches."""

SHORT_DAY = 2_048
"""Memory is measured with as few readings as make the agent busy."""

PACED_S = 120
FLOOD_S = 600.0 + SETTLE  # ten minutes of reads, and the time in which all tags must leave
PARTS = ("evidence", "start", "flood", "day", "paced", "ledger")
TERMINATED = 128 + signal.SIGTERM

THINGSBOARD_PER_S = 3_852
"""The gateway of ThingsBoard from end to end, as its makers published it; it is not run here."""

WIRE_SHARES = {
    256: "body 4.9, statement 1.2, ZeroMQ and CURVE 0.7, TCP/IP 0.5, envelopes 0.2",
    1024: "body 4.1, statement 0.3, ZeroMQ, CURVE and envelopes 0.3, TCP/IP 0.3",
}
"""What the bytes of a reading are, by the records of a batch."""

QR_BYTES = 2_400
"""What one QR code holds with room to be read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--rounds", type=int, default=3, help="days at 256; medians are printed")
    parser.add_argument("--readings", type=int, default=DAY, help="of the day; less for a look")
    parser.add_argument("--seconds", type=int, default=PACED_S, help="at 20 readings a second")
    parser.add_argument("--entries", type=int, default=SIZES[-1], help="of the largest log")
    parser.add_argument("--part", choices=PARTS, action="append", help="measure this only")


def run(args: argparse.Namespace) -> int:
    """Print the table and write `build/bench.json`; 0 also where a budget is missed."""
    signal.signal(signal.SIGTERM, _stop)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    rows = []
    try:
        for row in measure(args):
            rows.append(row)
            print("\n".join(row.lines()), flush=True)
    except ProcessFailed as error:
        print(f"bench failed: {error}", file=sys.stderr)
        return 1
    RESULT.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
    missed = sum(row.verdict.startswith("MISSED") for row in rows)
    unknown = sum(row.measured is None for row in rows)
    print(f"{len(rows)} rows, {missed} missed, {unknown} not measured; also in {RESULT}")
    return 0


def _stop(*_: object) -> NoReturn:
    """End by an exception, so that every process started here is stopped on the way out."""
    sys.exit(TERMINATED)


def measure(args: argparse.Namespace) -> Iterator[Row]:
    """Yield all rows, each as soon as it is known."""
    parts, folder = args.part or PARTS, FOLDER.absolute()
    records = truck_records(SEED)[: args.readings]
    if "evidence" in parts:
        yield from evidence_rows(records, folder)
    if "start" in parts:
        yield start_row(folder)
    if "flood" in parts:
        yield from flood_rows(folder / "flood")
    if "day" in parts:
        yield from day_rows(records, args.rounds, folder)
    if "paced" in parts:
        yield from paced_rows(min(WARM_UP, args.readings), args.seconds, folder)
    if "ledger" in parts:
        yield from ledger_rows(folder / "ledger", records, args.entries)
    yield Row("lost or doubled by power cuts and kills -9", None, 0, "", "make campaign counts it")


def evidence_rows(records: list[Record], folder: Path) -> Iterator[Row]:
    """Yield what needs no process: proof and light client."""
    now = int(STARTED.timestamp())
    floor = 32 * (8 + 27) + 64 * 6  # hashes of both paths; statement, receipt, log, three members
    yield Row(
        "proof of one record, log of 10^8, bytes",
        proof_bytes(records, now),
        QR_BYTES,
        f"hashes and signatures alone {floor}",
    )
    cost = verification(records, now, folder)
    check = floors.ed25519_verify_us()
    yield Row(
        f"light client, {BATCHES} batches, in signature checks",
        cost.cpu_us / (cost.signatures * check),
        1.3,
        f"{cost.signatures} Ed25519 signatures, a check {check:.0f} µs;"
        f" an ECDSA check {floors.ecdsa_verify_us():.0f}",
        f"{BATCHES} of them are one, the log's over its root: checked once; the rest reads CBOR",
    )


def start_row(folder: Path) -> Row:
    """Return how long the first signed record takes."""
    start = measure_start(folder / "start")
    return Row(
        "start to first signed record, in `python -c pass`",
        start.ratio,
        8,
        f"{1000 * start.seconds:.0f} ms; bare {1000 * start.bare_s:.0f} ms",
        "asyncio, sqlite3 and cryptography 6.4; our 70 dataclasses 2.6; our other modules 4.6",
    )


def flood_rows(folder: Path) -> Iterator[Row]:
    """Yield what ten minutes of 400 tag reads a second cost, and what came of them."""
    folder.mkdir()
    found = asyncio.run(flood(folder, FLOOD_S))
    yield Row(
        f"400 tag reads/s on {ANTENNAS} antennas, % of a core",
        100 * found.cpu,
        60,
        f"{found.reads} reads; {found.grown_bytes / 1000:.0f} kB grown",
        "the reader's own side is counted, too",
    )
    yield Row(
        "bytes recorded of those ten minutes, kB",
        found.record_bytes / 1000,
        None,
        f"{found.records} records before packing; no read is one",
    )
    missed = found.missed + found.invented
    yield Row(
        "state changes missed or invented of those",
        missed,
        None,
        f"{found.changes} in all; none may",
    )


def day_rows(records: list[Record], rounds: int, folder: Path) -> Iterator[Row]:
    """Yield what a day as fast as it is taken costs: wire, CPU, readings/s, memory."""
    days: list[Day] = []
    ratios = []
    for _ in range(rounds):
        floor = floors.hash_us()
        days.append(run_day(folder / "day", len(records), 256))
        ratios.append(days[-1].cpu_us / median((floor, floors.hash_us())))
    large = run_day(folder / "day", len(records), 1024)
    for size, budget, of in ((256, 5.5, days), (1024, 4.5, [large])):
        yield Row(
            f"wire bytes up per reading, batches of {size}",
            median(day.wire_bytes for day in of),
            budget,
            f"body alone, seed included: {body_bytes(records, size):.2f}",
            WIRE_SHARES[size],
        )
    yield Row(
        "CPU per reading, in SHA-256 of 65 bytes",
        median(ratios),
        40,
        f"{median(day.cpu_us for day in days):.1f} µs; the hash {floors.hash_us():.2f} µs",
        "pure Python; the read-back that guards the ring's only copy is a tenth of it",
    )
    yield Row(
        "readings/s, durable, signed, confirmed",
        median(day.records / day.seconds for day in days),
        10 * THINGSBOARD_PER_S,
        f"ThingsBoard {THINGSBOARD_PER_S}/s, as published",
        "from an idle gateway to the last confirmation; two cores carry the ledger's nodes, too",
        at_least=True,
    )
    short = run_day(folder / "day", min(SHORT_DAY, len(records)), 256, held=False)
    yield Row(
        "resident memory of a busy agent, MB",
        short.rss_mb,
        45,
        f"a bare Python {floors.bare_rss_mb():.0f}",
        f"after {SHORT_DAY} readings as fast as they are taken, with the bench's own modules",
    )


def body_bytes(records: list[Record], size: int) -> float:
    """Return the bytes of a body for each of its records, the mean over whole batches."""
    encoded = [record.to_bytes() for record in records]
    starts = range(0, len(records) - size + 1, size)
    bodies = [encode_body(bytes(32), encoded[at : at + size]) for at in starts]
    return sum(map(len, bodies)) / max(1, len(bodies) * size)


def paced_rows(warm_up: int, seconds: int, folder: Path) -> Iterator[Row]:
    """Yield what 20 readings a second cost disk and kernel."""
    names = (
        "device bytes per reading, 20/s, stock ext4",
        "flushes per second, one commit a second",
        "syscalls per reading at 20/s",
    )
    refusal = can_mount()
    if refusal:
        for name, budget in zip(names, (400, None, 0.6), strict=True):
            yield Row(name, None, budget, "", refusal)
        return
    paced = run_paced(folder / "paced", warm_up, seconds)
    yield Row(
        names[0],
        paced.device_bytes,
        400,
        f"a page a second: {paced.floor_bytes:.0f}",
        "ring 185, SQLite's log 105, trusted checkpoints 20; the rest is ext4's own journal",
    )
    yield Row(
        names[1],
        paced.flushes_per_s,
        None,
        "one for the commit; the others seal, confirm, or are ext4's journal",
    )
    yield Row(
        names[2],
        paced.syscalls,
        0.6,
        "strace -c -f, all threads; no sensor I/O",
        (
            "strace is not there: apt install strace"
            if paced.syscalls is None
            else "turns of the loop a quarter, getpid (asyncio before 3.12) a quarter, GIL a fifth"
        ),
    )
