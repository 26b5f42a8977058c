"""`python -m hil boot-test`: the very card in a virtual machine, and what may happen to it."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from hil.boot.bench import CardBench, await_confirmed, build_card, shown
from hil.boot.card import Card, ToolFailed, tools_missing
from hil.boot.console import GuestSilent
from hil.boot.drills import DRILLS, await_devices, records
from hil.boot.machine import Boot, MachineFailed
from hil.boot.nbd_disk import NbdDisk
from hil.processes import Processes, ProcessFailed

ROOT = Path(__file__).parents[2]
SEED = 20261122
LABEL = "card-1"
CUT_AFTER_S = (1.0, 25.0)
"""A cut falls somewhere in this time after a boot's first confirmed record."""


COMPARED = 40
"""Records before a cut that are held against those after it: some seconds' worth."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--card", type=Path, help="a card built before; default: build one")
    parser.add_argument("--cuts", type=int, default=20, metavar="N", help="power cuts (20)")
    parser.add_argument("--no-drills", action="store_true", help="boot and cut only")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"default: {SEED}")
    parser.add_argument("--dir", type=Path, help="keep everything here; default: nothing is kept")


def run(args: argparse.Namespace) -> int:
    """Return 0 when every drill ended in a confirmed record and nothing acknowledged was lost."""
    if missing := tools_missing():
        print(
            f"boot-test needs {', '.join(missing)}: sudo apt install qemu-system-arm mtools fdisk"
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="tallyman-boot-") as name:
        folder = args.dir or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        with Processes(folder) as processes:
            try:
                return campaign(args, folder, processes)
            except (ProcessFailed, MachineFailed, ToolFailed, GuestSilent) as error:
                print(f"FAILED  {error}")
                return 1


def campaign(args: argparse.Namespace, folder: Path, processes: Processes) -> int:
    """Boot, enrol, drill and cut; print a line each."""
    built = Card(args.card) if args.card else build_card(ROOT, folder)
    bench = CardBench.set_up(folder, processes)
    card = built.copy(folder / "running.img")
    card.put_seed(bench.consortium.seed(LABEL, "card"))
    boot = card.boot(folder)
    if not args.no_drills:
        drill(bench, card, boot)
    return cut(bench, card, boot, args.cuts, random.Random(args.seed))


def drill(bench: CardBench, card: Card, boot: Boot) -> None:
    """The first boot with its enrolment, then every drill on the running machine."""
    with bench.machine(str(card.image), boot) as machine:
        start = time.monotonic()
        machine.start()
        machine.plug()
        bench.connect(machine)
        say("power on to a shell", machine.await_shell())
        await_confirmed(machine, 0)
        say("power on to enrolled, first record confirmed", time.monotonic() - start)
        await_devices(machine)
        say("power on to every device read", time.monotonic() - start)
        for name, action in DRILLS.items():
            say(name, action(bench, machine))
        bench.pull()


def cut(bench: CardBench, card: Card, boot: Boot, cuts: int, rng: random.Random) -> int:
    """Cut the power `cuts` times, dropping what was not flushed; 1 when something was lost."""
    lost = 0
    before: dict[int, str] = {}
    for number in range(1, cuts + 1):
        disk = NbdDisk(card.image, bench.folder / "card.nbd", rng)
        disk.start()
        with bench.machine(f"nbd+unix:///?socket={disk.path}", boot) as machine:
            start = time.monotonic()
            machine.start()
            machine.plug()
            bench.connect(machine)
            machine.await_shell()
            await_confirmed(machine, max(before, default=0))
            took = time.monotonic() - start
            time.sleep(rng.uniform(*CUT_AFTER_S))
            after = shown(machine, min(before, default=0))
            lost += sum(after.get(each) != line for each, line in before.items())
            before = shown(machine, max(0, records(machine) - COMPARED))
            bench.pull()
            machine.power_cut()
        disk.stop()
        dropped = disk.cut()
        say(f"power cut {number}, {dropped} unflushed writes dropped or torn", took)
    print(f"cuts    {cuts}: {lost} records that had been shown were lost or changed")
    return 1 if lost else 0


def say(what: str, seconds: float) -> None:
    """Print one line of the table."""
    print(f"{what:<64} {seconds:6.1f} s", flush=True)
