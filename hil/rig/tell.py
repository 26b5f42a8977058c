"""`hil tell DIR COMMAND…`: give a rig that is up a command, as `bring door-2 pallet 1 2`."""

from __future__ import annotations

import argparse
from pathlib import Path

from foundation.parser import UsageError
from foundation.printing import say
from hil.rig.running import CONTROL, USAGE
from hil.site.control import ask_rig
from hil.site.processes import ProcessFailed

HELP = "give a rig that is up a command"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `DIR COMMAND…`."""
    parser.add_argument("dir", type=Path, metavar="DIR", help="the folder of the rig")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help=USAGE)


def run(args: argparse.Namespace) -> int:
    """Print the answer; 2 where the rig does not take the command, or is not up."""
    try:
        say(ask_rig(args.dir / CONTROL, " ".join(args.command)))
    except ProcessFailed as error:
        raise UsageError(str(error), advice=f"is it up? the commands are {USAGE}") from error
    return 0
