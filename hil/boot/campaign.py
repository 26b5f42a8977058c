"""`python -m hil boot-test`: the very card in a virtual machine, and what may happen to it."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from foundation.printing import say, say_text
from hil.boot import builds, first_boots, incidents, lost_data, power_cuts, updates
from hil.boot.card import Card, ToolFailed, tools_missing
from hil.boot.card_bench import CardBench, build_card
from hil.boot.console import GuestSilent
from hil.boot.drill_bench import Drill, DrillBench, DrillFailed, Figures
from hil.boot.machine import MachineFailed
from hil.boot.qmp import QmpError
from hil.site.processes import Processes, ProcessFailed, ends_orderly

HELP = "put the card through its life in a virtual machine"

SEED = 20261122
FAULTS = (DrillFailed, GuestSilent, MachineFailed, ProcessFailed, QmpError, ToolFailed)

DRILLS: Mapping[str, Drill] = {
    "units": incidents.inspected,
    "kill": incidents.killed,
    "hang": incidents.hangs,
    "usb": incidents.unplugged,
    "full": incidents.fills,
    "panic": incidents.panics,
    "update": updates.kept,
    "update-bad": updates.given_back,
    "update-cut": updates.cut_short,
    "update-cycles": updates.power_cycled,
    "data-missing": lost_data.data_missing,
    "cuts": power_cuts.cut,
    "clock": first_boots.clock_stands,
    "raspi3b": first_boots.on_a_pi,
    "again": builds.built_again,
}
NAMES = ", ".join(DRILLS)
WITHOUT_THE_GATEWAY = (first_boots.clock_stands, first_boots.on_a_pi, builds.built_again)
"""These bring a card of their own; the gateway of the others is switched off."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--card", type=Path, help="built of this source; default: build one")
    parser.add_argument(
        "--drill", action="append", choices=DRILLS, metavar="NAME", dest="drills",
        help=f"after the first boot; may be repeated; default: all of {NAMES}",
    )  # fmt: skip
    parser.add_argument("--cuts", type=int, default=20, metavar="N", help="power cuts (20)")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")
    parser.add_argument("--dir", type=Path, help="keep everything here; default: nothing is kept")


def run(args: argparse.Namespace) -> int:
    """Return 0 when every drill ended in a confirmed record and nothing shown was lost."""
    if missing := tools_missing():
        say(f"boot-test needs {', '.join(missing)}:")
        say("  sudo apt install qemu-system-arm ipxe-qemu mtools dosfstools fdisk e2fsprogs")
        say("  QEMU 10 is in Debian 13; on 12: -t bookworm-backports qemu-system-arm")
        return 2
    with ends_orderly(), tempfile.TemporaryDirectory(prefix="tallyman-boot-") as name:
        folder = args.dir or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        with Processes(folder) as processes:
            start = time.monotonic()
            try:
                built = Card(args.card) if args.card else build_card(folder)
                card_bench = CardBench.set_up(folder, processes)
                bench = DrillBench(card_bench, built, random.Random(args.seed), args.cuts)
            except FAULTS as error:
                say_text(f"FAILED  {error}")
                return 1
            row("card built, ledger and parts ready", time.monotonic() - start)
            return campaign(bench, args.drills or list(DRILLS))


def campaign(bench: DrillBench, names: Sequence[str]) -> int:
    """Do each drill, also after one that failed; return the exit code."""
    start = time.monotonic()
    with bench.gateway:
        failed = [name for name in names if not passes(bench, name)]
    row(f"{len(names) - len(failed)} of {len(names)} drills passed", time.monotonic() - start)
    return 1 if failed else 0


def passes(bench: DrillBench, name: str) -> bool:
    """Do one drill and print its figures; after a fault the guest's log is kept."""
    drill = DRILLS[name]
    try:
        if drill in WITHOUT_THE_GATEWAY:
            bench.gateway.power_cut()
        else:
            tell(bench.settle_gateway())
        tell(drill(bench))
    except FAULTS as error:
        say_text(f"FAILED  {name}: {error}")
        bench.gateway.keep_log(name)
        bench.gateway.power_cut()
        return False
    return True


def tell(figures: Figures) -> None:
    """Print each figure as it comes."""
    for what, seconds in figures:
        row(what, seconds)


def row(what: str, seconds: float) -> None:
    """Print one line of the table."""
    say(f"{what:<66} {seconds:6.1f} s", flush=True)
