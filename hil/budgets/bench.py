"""`make bench`: the budgets of the design, each beside its floor of the same run."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from foundation.printing import complain, say, say_each
from hil.budgets.day import day_rows
from hil.budgets.dock import dock_rows
from hil.budgets.fed_gateway import SEED
from hil.budgets.flood import flood_rows
from hil.budgets.ledger import SIZES, ledger_rows
from hil.budgets.paced import paced_rows
from hil.budgets.proof import evidence_rows
from hil.budgets.report import report_rows
from hil.budgets.row import Row
from hil.budgets.sealed import sealed_rows
from hil.budgets.start import start_row
from hil.site.processes import ProcessFailed
from hil.traces.records import truck_records

HELP = "measure the budgets, into build/bench.json"

FOLDER = Path("build/bench")
RESULT = Path("build/bench.json")
DAY = 31_577
WARM_UP = 60_000
"""Readings before the device's writes are counted: by then SQLite's log has had its 1,000 pages and
grows no more, which ext4 would note with each flush."""

PACED_S = 120
PARTS = ("evidence", "report", "start", "flood", "dock", "day", "paced", "ledger")
TERMINATED = 128 + signal.SIGTERM


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--rounds", type=int, default=5, help="of a noisy figure; the median counts"
    )
    parser.add_argument(
        "--readings", type=int, default=DAY, help="of a short feed; less for a look"
    )
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
            say_each(row.lines(), flush=True)
    except ProcessFailed as error:
        complain(f"bench failed: {error}")
        return 1
    RESULT.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
    missed = sum(row.verdict.startswith("MISSED") for row in rows)
    unknown = sum(row.measured is None for row in rows)
    say(f"{len(rows)} rows, {missed} missed, {unknown} not measured; also in {RESULT}")
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
        yield from sealed_rows(records)
    if "report" in parts:
        yield from report_rows(args.rounds, folder / "report")
    if "start" in parts:
        yield start_row(folder)
    if "flood" in parts:
        yield from flood_rows(folder / "flood")
    if "dock" in parts:
        yield from dock_rows(folder / "dock", args.rounds)
    if "day" in parts:
        yield from day_rows(records, args.rounds, folder)
    if "paced" in parts:
        warm_up = WARM_UP if args.readings >= DAY else args.readings
        yield from paced_rows(warm_up, args.seconds, folder)
    if "ledger" in parts:
        yield from ledger_rows(folder / "ledger", records, args.entries)
    yield Row("lost or doubled by power cuts and kills -9", None, 0, "", "make campaign counts it")
