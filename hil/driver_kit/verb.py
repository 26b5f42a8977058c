"""`python -m hil driver new|check`: a new device's files, and its conformance sheet."""

from __future__ import annotations

import argparse
from pathlib import Path

from drivers.catalog import DEVICES
from foundation.console import told
from foundation.errors import AgentError
from foundation.hints import hint
from foundation.parser import UsageError
from foundation.printing import complain, say
from hil.driver_kit import at_port, emulated
from hil.driver_kit.scaffold import CLASSES, Scaffold
from hil.driver_kit.sheet import Sheet, print_sheet
from hil.rig.emulate import setting

HELP = "make a new driver's files, or check a driver"

ROOT = Path(__file__).parents[2]
EMULATED = "emulated"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `new NAME --class CLASS` and `check NAME --against emulated|PORT`."""
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    text = "write driver, emulator and tests of a new device, to be filled in"
    new = steps.add_parser("new", help=text, description=text)
    new.add_argument("name", metavar="NAME", help="FAMILY.NAME, for example sensors.sht4x")
    new.add_argument("--class", dest="of", required=True, choices=CLASSES, help=classes())
    text = "ask a driver everything that a driver must do, and print the sheet"
    check = steps.add_parser("check", help=text, description=text)
    check.add_argument("name", metavar="NAME", help="its kind, for example sensors.sht3x")
    check.add_argument(
        "--against", default=EMULATED, metavar="emulated|PORT",
        help="its emulator (default), or a real device at a port, bus or HOST:PORT",
    )  # fmt: skip
    check.add_argument(
        "--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], type=setting,
        help="PORT: an option of the driver; may be repeated",
    )  # fmt: skip
    check.add_argument(
        "--unplug", action="store_true", help="PORT: also ask you to pull it, and wait for it"
    )
    check.add_argument("--json", action="store_true", help="print the sheet as one JSON object")


def classes() -> str:
    """Return what the classes are."""
    return "; ".join(f"{name}: {each.about}" for name, each in CLASSES.items())


def run(args: argparse.Namespace) -> int:
    """Do it; 1 where something does not pass, 2 where it cannot be asked."""
    try:
        if args.step == "new":
            return new(args)
        sheet = checked(args)
    except AgentError as error:
        for line in told(error):
            complain(line)
        return error.exit_code
    print_sheet(sheet, as_json=args.json)
    return 0 if sheet.passed else 1


def new(args: argparse.Namespace) -> int:
    """Write the files, and say what comes next."""
    scaffold = Scaffold(ROOT, args.name, CLASSES[args.of])
    for path in scaffold.write():
        say(f"wrote     {path}")
    say('next      the bytes first: CONTRIBUTING.md, "A new device", step 2; then ask')
    say(f"          tallyman driver check {args.name}")
    return 0


def checked(args: argparse.Namespace) -> Sheet:
    """Return the sheet of a driver that there is."""
    if args.name not in DEVICES:
        raise UsageError(
            f"there is no device {args.name!r}{hint(args.name, DEVICES)}",
            advice="make it: tallyman driver new NAME --class CLASS",
        )
    if args.against == EMULATED:
        return emulated.check(ROOT, args.name)
    return at_port.check(args.name, args.against, dict(args.settings), unplug=args.unplug)
