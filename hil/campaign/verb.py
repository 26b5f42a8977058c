"""`python -m hil campaign`: power cuts, failed writes, kills and damage, each with a seed."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from foundation.printing import say, say_text
from hil.kill_nine.campaign import Campaign, Outcome
from hil.kill_nine.damage import DAMAGE
from hil.kill_nine.stores import StoreCampaign
from hil.nth_write import sweep
from hil.power_cut.campaign import RECORDER, campaign
from hil.power_cut.workload import CONTROLS, HONEST
from hil.site.processes import Processes, ProcessFailed

HELP = "cut the power and kill -9 by the hundred, each with a seed"

SEED = 20261122


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--cuts", type=int, default=1000, metavar="N", help="power cuts (1000)")
    parser.add_argument("--kills", type=int, default=1000, metavar="N", help="kills -9 (1000)")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="fail each Nth write once (1; 0: none)"
    )
    parser.add_argument(
        "--stores", type=int, default=200, metavar="N", help="kills -9 with a damaged store (200)"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")
    parser.add_argument(
        "--control",
        choices=list(CONTROLS),
        default=HONEST,
        help="break the journal's promises in this way: the cuts must notice",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 when nothing was lost, doubled or out of order; else 1."""
    say(f"seed {args.seed}", flush=True)
    failures = cut_power(args.cuts, args.seed, args.control) if args.cuts else []
    failures += fail_writes(args.every, args.seed) if args.every else []
    failures += kill(args.kills, args.seed) if args.kills else []
    failures += damage_stores(args.stores, args.seed) if args.stores else []
    for failure in failures:
        say_text(f"FAILED  {failure}")
    return 1 if failures else 0


def cut_power(cuts: int, seed: int, control: str) -> list[str]:
    """Run the power cuts, and say how it went."""
    if not RECORDER.exists():
        raise ProcessFailed(f"{RECORDER} is missing: make build/disk_recorder.so")
    begin = time.monotonic()
    outcome = campaign(cuts, seed, control)
    say(
        f"cuts    {outcome.cuts} in {time.monotonic() - begin:.0f} s: {outcome.torn} left a torn "
        f"commit that was cut and declared, {len(outcome.failures)} lost what was acknowledged",
        flush=True,
    )
    return outcome.failures


def fail_writes(every: int, seed: int) -> list[str]:
    """Let each call that writes go wrong once, in each way, and say how it went."""
    if not sweep.SHIM.exists():
        raise ProcessFailed(f"{sweep.SHIM} is missing: make build/nth_write.so")
    failures = []
    for fault in sweep.FAULTS:
        begin = time.monotonic()
        outcome = sweep.swept(fault, every, seed)
        say(
            f"writes  {outcome.calls} calls, {fault}, in {time.monotonic() - begin:.0f} s: "
            f"{len(outcome.failures)} lost, doubled or disordered something",
            flush=True,
        )
        failures += outcome.failures
    return failures


def kill(kills: int, seed: int) -> list[str]:
    """Kill as many gateways beside one another as there are processors, and say how it went."""
    begin = time.monotonic()
    gateways = min(kills, os.cpu_count() or 1)
    shares = [len(range(at, kills, gateways)) for at in range(gateways)]
    with ThreadPoolExecutor(gateways) as pool:
        outcomes = list(pool.map(kill_one, shares, range(seed, seed + gateways)))
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    seconds = time.monotonic() - begin
    say(
        f"kills   {sum(outcome.kills for outcome in outcomes)} of {gateways} gateways in "
        f"{seconds:.0f} s ({seconds / kills:.2f} s each): "
        f"{sum(outcome.shown for outcome in outcomes)} records shown, "
        f"{sum(outcome.records for outcome in outcomes)} in the journals, "
        f"{len(failures)} failures",
        flush=True,
    )
    return failures


def kill_one(kills: int, seed: int) -> Outcome:
    """Kill one gateway so many times."""
    with tempfile.TemporaryDirectory(prefix="tallyman-kill-") as name:
        folder = Path(name)
        with Processes(folder) as processes:
            return Campaign(folder, processes, seed).run(kills)


def damage_stores(cases: int, seed: int) -> list[str]:
    """Kill one gateway so many times, damage a store of its each time, and say how it went."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tallyman-stores-") as name:
        folder = Path(name)
        with Processes(folder) as processes:
            outcome = StoreCampaign(folder, processes, seed).run(cases)
    seconds = time.monotonic() - begin
    say(
        f"stores  {outcome.cases} kills with damage in {seconds:.0f} s, {outcome.shown} records "
        f"shown: {len(outcome.failures)} failures",
        flush=True,
    )
    for kind in DAMAGE:
        told = ", ".join(f"{count[kind]} {what}" for what, count in outcome.told() if count[kind])
        say(f"        {kind}: {told}", flush=True)
    return outcome.failures
