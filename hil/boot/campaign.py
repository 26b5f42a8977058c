"""`python -m hil boot-test`: the very card in a virtual machine, and what may happen to it."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from foundation.printing import say, say_text
from hil.boot import builds, first_boots, incidents, kvm, lost_data, power_cuts, updates
from hil.boot.boards import QUICK, Board
from hil.boot.card import Card
from hil.boot.card_bench import CardBench, build_card
from hil.boot.console import GuestSilent
from hil.boot.drill_bench import Drill, DrillBench, DrillFailed, Figures
from hil.boot.machine import MachineFailed
from hil.boot.qmp import QmpError
from hil.boot.tools import ToolFailed, how_they_come, tools_missing
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

OF_A_PI = ("raspi3b",)
"""Drills that only a Pi's card can be put through."""

PI_ARCH = "arm64"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--arch", choices=QUICK, default=PI_ARCH,
        help=f"the card's: {PI_ARCH}, a Pi's (default), or amd64 with the same units, sooner",
    )  # fmt: skip
    parser.add_argument("--no-kvm", action="store_true", help="emulate, also where KVM would work")
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
    board = QUICK[args.arch]
    if wrong := [name for name in args.drills or [] if name not in drills_of(board)]:
        say(f"{', '.join(wrong)} needs a Pi's card: --arch {PI_ARCH}")
        return 2
    if missing := tools_missing(board.qemu):
        say(f"boot-test needs {', '.join(missing)}:")
        say_text("\n".join(how_they_come(board.qemu)))
        return 2
    with ends_orderly(), tempfile.TemporaryDirectory(prefix="tallyman-boot-") as name:
        folder = args.dir or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        with Processes(folder) as processes:
            start = time.monotonic()
            try:
                built = Card(args.card) if args.card else build_card(folder, board.arch)
                card_bench = CardBench.set_up(folder, processes)
                board = board if args.no_kvm else accelerated(board, built, folder)
                bench = DrillBench(card_bench, built, board, random.Random(args.seed), args.cuts)
            except FAULTS as error:
                say_text(f"FAILED  {error}")
                return 1
            row("card built, ledger and parts ready", time.monotonic() - start)
            return campaign(bench, args.drills or drills_of(board))


def drills_of(board: Board) -> list[str]:
    """Return the names of all drills that the board's card can be put through."""
    return [name for name in DRILLS if board.pi_card or name not in OF_A_PI]


def accelerated(board: Board, built: Card, folder: Path) -> Board:
    """Return the board with the fastest processor that works here, and tell which."""
    board, which = kvm.choose(board, built.boot(folder, board), folder)
    say_text(f"{board.arch}: the guest is {which}")
    return board


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
