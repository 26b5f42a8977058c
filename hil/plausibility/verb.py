"""`python -m hil plausibility`: how often what looks doubtful was nothing, and what is found."""

from __future__ import annotations

import argparse
import random

from agent.rules.plausibility import doubts
from agent.rules.valid_time import Sample
from foundation.printing import say
from hil.plausibility.months import ROOMS, Room, Values, frozen_at, iced, month

HELP = "false alarms a month of the plausibility checks, and how many tamperings they find"

MONTHS, SEED = 20, 20261130
MOST_FALSE = 1.0  # a month


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--months", type=int, default=MONTHS, metavar="N", help=f"of each room ({MONTHS})"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")


def run(args: argparse.Namespace) -> int:
    """Return 0 when false alarms stay below one a month and all tamperings are found; else 1."""
    say(f"seed {args.seed}; values every 5 min, a neighbour in the same room", flush=True)
    say(f"{'room':32}{'false a month':>15}{'stuck found':>13}{'ice found':>11}")
    well = True
    for room in ROOMS:
        false, stuck, ice = counted(room, args.months, args.seed)
        found = f"{f'{stuck} of {args.months}':>13}{f'{ice} of {args.months}':>11}"
        say(f"{room.name:32}{false / args.months:>15.2f}{found}", flush=True)
        well = well and false / args.months < MOST_FALSE and ice == args.months
    return 0 if well else 1


def counted(room: Room, months: int, seed: int) -> tuple[int, int, int]:
    """Return false doubts, stuck sensors found and iced sensors found, of so many months each."""
    rng = random.Random(f"{seed} {room.name}")
    false = stuck = ice = 0
    for _ in range(months):
        values, near = month(room, rng)
        false += len(_found(values, near))
        stuck += "stuck" in _found(frozen_at(values, rng), near)
        ice += bool({"too-fast", "apart"} & set(_found(iced(values, rng), near)))
    return false, stuck, ice


def _found(values: Values, near: Values) -> list[str]:
    return [each.what for each in doubts([Sample(*x) for x in values], [Sample(*x) for x in near])]
