"""`python -m hil days`: of how many frauds a gateway's own records tell, and how often wrongly."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
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


def run(args: argparse.Namespace) -> int:
    """Return 0 when false alarms are few and what contradicts anything is found; else 1."""
    say(
        f"seed {args.seed}; days of a truck, each lived through by the agent's own parts",
        flush=True,
    )
    honest = [lived(args.seed + number) for number in range(args.honest)]
    say_each(wrongly(Tally(honest, ())), flush=True)
    frauds = [
        FraudDay(number, kind, way, lived(args.seed + APART + number, way))
        for number, (kind, way) in enumerate(map(chosen, range(args.fraud)))
    ]
    tally = Tally(honest, frauds)
    say_each(found(tally))
    return 0 if tally.well else 1


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
