"""`make demo`: a story in less than a minute, from emulated devices to a verified bundle.

One rig, one sequencer and three witnesses as processes, one gateway. At the end nothing runs any
more but `tallyman verify`. `RIG=warehouse` tells of a pallet at a door instead of a truck's day.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from foundation.printing import complain
from hil.demo.story import Story
from hil.demo.table import Screen
from hil.demo.truck import Truck
from hil.demo.warehouse import Warehouse
from hil.site.consortium import Consortium
from hil.site.gateway import Gateway
from hil.site.processes import Processes, ProcessFailed

HELP = "tell a truck's day, or a pallet at a door, in under a minute"

FOLDER = Path("build/demo")

DEFAULT_SECONDS = 40.0
STORIES: dict[str, type[Story]] = {story.rig: story for story in (Truck, Warehouse)}
NAMES = {"truck": "truck-7", "warehouse": "turin-2"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--seconds",
        type=float,
        default=os.environ.get("DEMO_SECONDS", str(DEFAULT_SECONDS)),
        help="how long devices are read (default: $DEMO_SECONDS or 40)",
    )
    parser.add_argument("--rig", choices=STORIES, default="truck", help="whose story is told")
    parser.add_argument("--dir", type=Path, default=FOLDER, help="where everything is kept")


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 only when everything was confirmed and verified."""
    folder = args.dir.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "log").mkdir(parents=True)
    with Processes(folder / "log") as processes:
        consortium = Consortium(folder / "ledger", processes)
        story_of = STORIES[args.rig]
        gateway = Gateway(
            folder / "gateway", processes, NAMES[args.rig], interfaces=story_of.interfaces
        )
        screen = Screen(sys.stdout)
        story = story_of(folder, args.seconds, processes, consortium, gateway, screen)
        try:
            return story.run()
        except ProcessFailed as error:
            complain(f"demo failed: {error}")
            complain(f"next: read the logs in {folder / 'log'}")
            return 1
        except KeyboardInterrupt:
            return 130
