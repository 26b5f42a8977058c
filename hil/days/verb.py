"""`python -m hil days`: of how many frauds a gateway's own records tell, and how often wrongly."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from agent.cli.arguments import count
from foundation.printing import say, say_each
from hil.days.frauds import FRAUDS, Way
from hil.days.tally import FraudDay, Tally, found, wrongly
from hil.days.trip import honest_trip
from hil.days.verdict import Word, told

HELP = "honest days of a truck and days with one fraud: what is found, and false alarms"

HONEST = FRAUD = 200
SEED = 20261130
APART = 100_000  # between the seeds of honest days and of the others
IN_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--honest", type=count, default=HONEST, metavar="N", help=f"days ({HONEST})"
    )
    parser.add_argument(
        "--fraud", type=count, default=FRAUD, metavar="N", help=f"days with one each ({FRAUD})"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--jobs", type=count, default=cores, metavar="N", help=f"processes at once ({cores})"
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 when false alarms are few and what contradicts anything is found; else 1."""
    say(
        f"seed {args.seed}; days of a truck, each lived through by the agent's own parts",
        flush=True,
    )
    honest = lives(((args.seed + number, None) for number in range(args.honest)), args.jobs)
    say_each(wrongly(Tally(honest, ())), flush=True)
    done = [chosen(number) for number in range(args.fraud)]
    seeds = range(args.seed + APART, args.seed + APART + args.fraud)
    told_of = lives(zip(seeds, (way for _, way in done), strict=True), args.jobs)
    frauds = [
        FraudDay(number, kind, way, words)
        for number, ((kind, way), words) in enumerate(zip(done, told_of, strict=True))
    ]
    tally = Tally(honest, frauds)
    say_each(found(tally))
    return 0 if tally.well else 1


def lives(days: Iterable[tuple[int, Way | None]], jobs: int) -> list[Sequence[Word]]:
    """Live through days of a seed and a way each, so many at once; return what is told of each."""
    if jobs == 1:
        return [lived(*day) for day in days]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(lived, *zip(*days, strict=True)))


def chosen(number: int) -> tuple[str, Way]:
    """Return kind and way of a fraud day: each kind in turn, and of each kind each way."""
    kinds = list(FRAUDS)
    kind = kinds[number % len(kinds)]
    ways = FRAUDS[kind]
    return kind, ways[number // len(kinds) % len(ways)]


def lived(seed: int, way: Way | None = None) -> Sequence[Word]:
    """Live through one day, honest or with something done in some way; return what is told."""
    trip = honest_trip(seed)
    if way is not None:
        way.do(trip)
    where = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        return told(trip, Path(folder))
