"""`python -m hil plausibility`: how often what looks doubtful was nothing, and what is found."""

from __future__ import annotations

import argparse
import random
from typing import NamedTuple

from agent.cli.arguments import count
from agent.rules.plausibility import doubts
from agent.rules.valid_time import Sample
from foundation.printing import say
from hil.plausibility.converters import CONVERTERS, false_alarms, is_found
from hil.plausibility.months import (
    ROOMS,
    Room,
    Values,
    frozen_at,
    iced,
    month,
    self_heated,
    switched_off_at_night,
)

HELP = "false alarms a month of the plausibility checks, and how many faults they find"

MONTHS, SEED = 20, 20261130
MOST_FALSE = 1.0  # a month


class Found(NamedTuple):
    """Of so many months: false doubts, and those with a fault that were found, by fault."""

    false: int
    stuck: int
    ice: int
    self_heated: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--months", type=count, default=MONTHS, metavar="N", help=f"of each room ({MONTHS})"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")


def run(args: argparse.Namespace) -> int:
    """Return 0 when false alarms stay below one a month and all faults are found; else 1."""
    well = [*_rooms(args.months, args.seed), *_converters(args.months, args.seed)]
    return 0 if all(well) else 1


def _rooms(months: int, seed: int) -> list[bool]:
    """Print a line for each room; return which are well."""
    say(f"seed {seed}; `profile try`: values every 5 min, a neighbour in the same room, off at")
    say("night; a day without motion, two hours of ice, 3 °C of self-heating", flush=True)
    say(f"{'room':32}{'false a month':>15}{'stuck':>9}{'ice':>9}{'warmed':>9}")
    well = []
    for room in ROOMS:
        found = counted(room, months, seed)
        shares = "".join(f"{f'{each}/{months}':>9}" for each in found[1:])
        say(f"{room.name:32}{found.false / months:>15.2f}{shares}", flush=True)
        well.append(found.false / months < MOST_FALSE and min(found[1:]) == months)
    return well


def _converters(months: int, seed: int) -> list[bool]:
    """Print a line for each part; return which are well."""
    say("quality `stuck` of drivers: values every 10 s, half the noise of the data sheet")
    say(f"{'part':32}{'false a month':>15}{'stuck':>9}", flush=True)
    well = []
    for part in CONVERTERS:
        rng = random.Random(f"{seed} {part.name}")
        false = sum(false_alarms(part, rng) for _ in range(months))
        found = sum(is_found(part, rng) for _ in range(months))
        say(f"{part.name:32}{false / months:>15.2f}{f'{found}/{months}':>9}", flush=True)
        well.append(false / months < MOST_FALSE and found == months)
    return well


def counted(room: Room, months: int, seed: int) -> Found:
    """Return what the checks find in so many months of a room, well and with each fault."""
    rng = random.Random(f"{seed} {room.name}")
    false = stuck = ice = warmed = 0
    for _ in range(months):
        values, near = month(room, rng)
        by_day = switched_off_at_night(values)
        false += len(_found(values, near)) + len(_found(by_day, near))
        stuck += "stuck" in _found(frozen_at(values, rng), near)
        ice += bool({"too-fast", "apart"} & set(_found(iced(values, rng), near)))
        warmed += "self-heated" in _found(self_heated(by_day), near)
    return Found(false, stuck, ice, warmed)


def _found(values: Values, near: Values) -> list[str]:
    return [each.what for each in doubts([Sample(*x) for x in values], [Sample(*x) for x in near])]
