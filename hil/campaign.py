"""`python -m hil campaign`: power cuts and kills by the hundred, each with its seed."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from hil.kill_nine.campaign import Campaign
from hil.power_cut.campaign import RECORDER, campaign
from hil.power_cut.workload import CONTROLS, HONEST
from hil.processes import Processes, ProcessFailed

SEED = 20261122


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--cuts", type=int, default=1000, metavar="N", help="power cuts (1000)")
    parser.add_argument("--kills", type=int, default=1000, metavar="N", help="kills -9 (1000)")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")
    parser.add_argument(
        "--control",
        choices=list(CONTROLS),
        default=HONEST,
        help="break the journal's promises in this way: the cuts must notice",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 when nothing was lost, doubled or out of order; else 1."""
    print(f"seed {args.seed}", flush=True)
    failures = cut_power(args.cuts, args.seed, args.control) if args.cuts else []
    failures += kill(args.kills, args.seed) if args.kills else []
    for failure in failures:
        print(f"FAILED  {failure}")
    return 1 if failures else 0


def cut_power(cuts: int, seed: int, control: str) -> list[str]:
    """Run the power cuts, and say how it went."""
    if not RECORDER.exists():
        raise ProcessFailed(f"{RECORDER} is missing: make build/disk_recorder.so")
    begin = time.monotonic()
    outcome = campaign(cuts, seed, control)
    print(
        f"cuts    {outcome.cuts} in {time.monotonic() - begin:.0f} s: {outcome.torn} left a torn "
        f"commit that was cut and declared, {len(outcome.failures)} lost what was acknowledged",
        flush=True,
    )
    return outcome.failures


def kill(kills: int, seed: int) -> list[str]:
    """Run the kills, and say how it went."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tallyman-kill-") as name:
        folder = Path(name)
        with Processes(folder) as processes:
            outcome = Campaign(folder, processes, seed).run(kills)
    print(
        f"kills   {outcome.kills} in {time.monotonic() - begin:.0f} s: {outcome.shown} records "
        f"shown, {outcome.records} in the journal, {len(outcome.failures)} failures",
        flush=True,
    )
    return outcome.failures
