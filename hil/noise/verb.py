"""`python -m hil noise`: a receiver behind a bad line, and sentences that none should send."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from foundation.printing import say, say_text
from hil.noise.epochs import tally
from hil.noise.models import MODELS
from hil.noise.mutants import TOO_LONG, feed, sentences

HELP = "wrong positions that a noisy line makes, and mutants of sentences; none may pass for good"

EPOCHS, MUTANTS, SEED = 280_000, 400_000, 20261122
MOST_GROWTH = 16.0  # MiB; what is kept of a stream does not grow with it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--epochs", type=int, default=EPOCHS, metavar="N", help=f"seconds of driving ({EPOCHS})"
    )
    parser.add_argument(
        "--mutants", type=int, default=MUTANTS, metavar="N", help=f"sentences ({MUTANTS})"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")
    parser.add_argument(
        "--captures",
        type=Path,
        metavar="FOLDER",
        help="real sentences to mutate, *.log (default: gnss in the folder TALLYMAN_DATA names)",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 when no wrong position was called ok and no mutant did harm; else 1."""
    say(f"seed {args.seed}", flush=True)
    failures = noise(args.epochs, args.seed) if args.epochs else []
    failures += mutate(args.mutants, args.seed, args.captures) if args.mutants else []
    for failure in failures:
        say_text(f"FAILED  {failure}")
    return 1 if failures else 0


def noise(epochs: int, seed: int) -> list[str]:
    """Drive through each model of noise, and print what became of the positions."""
    say(f"{'noise':34}{'epochs':>8}{'right, ok':>11}{'suspect':>9}{'wrong':>7}{'wrong, ok':>11}")
    failures = []
    for model in MODELS.values():
        found = asyncio.run(tally(model, round(epochs * model.share), seed))
        wrong = found.wrong_suspect + len(found.wrong_ok)
        say(
            f"{model.name:34}{found.epochs:>8}{found.right_ok:>11}"
            f"{found.right_suspect + found.wrong_suspect:>9}{wrong:>7}{len(found.wrong_ok):>11}",
            flush=True,
        )
        failures += [f"{model.name}: {each}" for each in found.wrong_ok]
    return failures


def mutate(count: int, seed: int, captures: Path | None) -> list[str]:
    """Feed mutants, and print how the driver stood them."""
    if captures is None and (data := os.environ.get("TALLYMAN_DATA")):
        captures = Path(data) / "gnss"
    base = sentences(captures)
    found = asyncio.run(feed(base, count, seed))
    say(
        f"{found.fed} mutants of {len(base)} sentences: {found.positions} readings, "
        f"{len(found.broke)} drivers ended, the slowest took {found.slowest_s * 1000:.1f} ms, "
        f"memory grew by {found.grown_mib:.1f} MiB",
        flush=True,
    )
    failures = list(found.broke)
    if found.slowest_s > TOO_LONG:
        failures.append(f"a mutant took {found.slowest_s:.1f} s")
    if found.grown_mib > MOST_GROWTH:
        failures.append(f"memory grew by {found.grown_mib:.1f} MiB")
    return failures
