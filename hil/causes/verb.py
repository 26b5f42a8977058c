"""`python -m hil causes [FILE …]`: break rigs, ask `tallyman why`, and see whether it is right."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from foundation.printing import complain, say
from hil.causes.case import CASES, Case, CaseError, Outcome, read_all
from hil.causes.stage import play

HELP = "inject faults and see whether `tallyman why` names the right cause"

FOLDER = Path("build/causes")
FIRST_SHARE = 0.9
"""Of all rows the right cause must come first in so many; first or second in each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="rows or folders of rows; none: all"
    )
    parser.add_argument("--dir", type=Path, default=FOLDER, help="where each row is played")
    parser.add_argument("--workers", type=int, default=2, help="rows at once (default: 2)")
    parser.add_argument("--rig", type=Path, metavar="FILE", help="one row more: a plain rig,")
    parser.add_argument("--break", dest="break_", metavar="COMMAND", help="what breaks it,")
    parser.add_argument("--target", metavar="TARGET", help="what why is asked for,")
    parser.add_argument("--expect", metavar="ID", help="and the right cause")
    parser.add_argument("--only", metavar="WORD", help="rows whose fault has this word in it")


def run(args: argparse.Namespace) -> int:
    """Play the rows and print the table; 0 when the bounds are kept."""
    try:
        cases = chosen(args)
    except CaseError as error:
        complain(str(error))
        return 2
    folder = args.dir.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    say(f"{'fault':<26} {'first cause':<24} {'rank':>4}  {'s':>4}")
    return verdict(list(played(cases, folder, args.workers)))


def played(cases: Sequence[Case], folder: Path, workers: int) -> Iterator[Outcome]:
    """Play the rows, and print a line of the table for each."""
    folders = [folder / str(number) for number in range(len(cases))]
    with ThreadPoolExecutor(workers) as pool:
        for where, outcome in zip(folders, pool.map(play, cases, folders), strict=True):
            say(line(outcome), flush=True)
            if outcome.error:
                say(f"    {outcome.error}; see {where}", flush=True)
            yield outcome


def chosen(args: argparse.Namespace) -> list[Case]:
    """Return the rows that the arguments ask for; CaseError where they are none."""
    if args.rig is None:
        cases = read_all(args.files or [CASES])
        return [each for each in cases if args.only is None or args.only in each.fault]
    if not (args.break_ and args.target and args.expect):
        raise CaseError("--rig takes --break, --target and --expect")
    return [Case(args.rig, args.rig.stem, args.target, args.expect, [args.break_])]


def line(outcome: Outcome) -> str:
    """Return a row of the table."""
    rank = "-" if outcome.error or not outcome.rank else str(outcome.rank)
    wanted = "" if outcome.right or outcome.error else f"  wanted {outcome.case.expect}"
    wrong = "  RULED OUT" if outcome.ruled_out else ""
    first = outcome.first or "-"
    head = f"{outcome.case.fault[:26]:<26} {first:<24} {rank:>4}  {outcome.seconds:4.1f}"
    return f"{head}{wanted}{wrong}"


def verdict(outcomes: Sequence[Outcome]) -> int:
    """Print how many were right; return 0 when that is enough."""
    played = [each for each in outcomes if not each.error.startswith("passed over")]
    first = sum(each.right for each in played)
    among = sum(each.rank in (1, 2) and not each.ruled_out for each in played)
    slowest = max((each.seconds for each in played), default=0.0)
    say()
    say(
        f"{len(played)} faults: right cause first in {first}, first or second in {among}, "
        f"ruled out in {sum(each.ruled_out for each in played)}; slowest answer {slowest:.1f} s"
    )
    enough = first >= FIRST_SHARE * len(played) and among == len(played)
    return 0 if played and enough else 1
