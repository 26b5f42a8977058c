"""`python -m hil code-mutants`: small mistakes in the product, and whether its tests notice."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from foundation.counting import counted
from foundation.parser import UsageError
from foundation.printing import say, say_each
from hil.code_mutants.campaign import Campaign
from hil.code_mutants.own_tests import Whole
from hil.code_mutants.report import change, lived, table
from hil.code_mutants.sample import PRODUCT, sample
from hil.site.processes import ends_orderly

HELP = "make small mistakes in copies of the product, and see whether its tests notice"

ROOT = Path(__file__).resolve().parents[2]
COUNT, SEED, WORKERS, SECONDS = 300, 1, 2, 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "where", nargs="*", default=PRODUCT, metavar="PATH", help="a file or folder (the product)"
    )
    parser.add_argument("--count", type=int, default=COUNT, metavar="N", help=f"default: {COUNT}")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")
    parser.add_argument(
        "--workers", type=int, default=WORKERS, metavar="N", help=f"copies at once ({WORKERS})"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        metavar="S",
        help=f"of tests for each mutant, the nearest first ({SECONDS:g})",
    )


def run(args: argparse.Namespace) -> int:
    """Print what became of each; return 0, as a mutant that lives may be no mistake at all."""
    if min(args.count, args.workers) < 1:
        raise UsageError(
            "--count and --workers begin at 1", advice="python -m hil code-mutants --help"
        )
    mutants = sample(ROOT, args.seed, args.count, args.where)
    say(f"seed {args.seed}: {counted(len(mutants), 'mutant')}; first all tests without", flush=True)
    if mutants:
        with ends_orderly(), tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            asyncio.run(_tell(Campaign(ROOT, Path(folder), mutants, args.seconds), args.workers))
    return 0


async def _tell(campaign: Campaign, workers: int) -> None:
    whole = await campaign.whole(workers)
    _say_whole(whole)
    verdicts = []
    async for verdict in campaign.verdicts(whole):
        verdicts.append(verdict)
        say(f"{verdict.fate.value:11}{change(verdict.mutant)}", flush=True)
    say()
    say_each(table(verdicts))
    say_each(lived(verdicts))


def _say_whole(whole: Whole) -> None:
    say(f"{counted(len(whole.seconds), 'test')} pass without a mistake", flush=True)
    for name in whole.failed:
        say(f"not asked, as it does not pass without one: {name}", flush=True)
