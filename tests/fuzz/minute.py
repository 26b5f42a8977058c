"""The kept inputs and mutations of them, without instruments: what `.ci/run` does for a minute.

python -m tests.fuzz.minute [--seconds N] [--seed N]     every target, N seconds (60) in all
python -m tests.fuzz.minute TARGET FILE...               these inputs only
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from tests.fuzz.corpus import Hang, guard, hangs_are_found, keep, kept
from tests.fuzz.mutations import mutate
from tests.fuzz.targets import TARGETS, Check, signatures_hold, try_one

FOUND = Path("build/fuzz/found")


def run(name: str, check: Check, data: bytes) -> bool:
    """Try one input; one that breaks the target is written down, and what it raised goes on."""
    try:
        with guard():
            return try_one(check, data)
    except (Exception, Hang):
        print(f"{name}: broken by {keep(FOUND / name, data)}", file=sys.stderr)
        raise


def spend(name: str, seconds: float, seed: int) -> tuple[int, int]:
    """Run the kept inputs, then mutations for so long; return how many ran and were taken."""
    chance, inputs = random.Random(f"{name} {seed}"), kept(name)
    taken = sum(run(name, TARGETS[name], data) for data in inputs)
    ran, end = len(inputs), time.monotonic() + seconds
    while time.monotonic() < end:
        taken += run(name, TARGETS[name], mutate(chance.choice(inputs), inputs, chance))
        ran += 1
    return ran, taken


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.minute")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("inputs", nargs="*", help="TARGET FILE...")
    arguments = parser.parse_args()
    with signatures_hold(), hangs_are_found():
        if arguments.inputs:
            name, *files = arguments.inputs
            for file in files:
                print(
                    file,
                    "taken" if run(name, TARGETS[name], Path(file).read_bytes()) else "refused",
                )
            return
        for name in TARGETS:
            ran, taken = spend(name, arguments.seconds / len(TARGETS), arguments.seed)
            print(f"{name:12}{ran:8} inputs, {taken} taken, nothing broken")


if __name__ == "__main__":
    main()
