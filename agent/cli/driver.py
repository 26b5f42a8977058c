"""`tallyman driver`: a new device's files, and how a driver does against its device.

The bench does both: its files come with the source, not with an installation.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.util import find_spec

from agent.cli.errors import Mistake

HELP = "make a new driver's files, or check a driver; in the source"

BENCH = "hil"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.usage = "tallyman driver {new,check} NAME …"
    parser.epilog = (
        "tallyman driver new --help, tallyman driver check --help. CONTRIBUTING.md, "
        '"A new device", says what comes when.'
    )
    parser.add_argument(
        "rest", metavar="new|check …", nargs=argparse.REMAINDER, help="what the bench is to do"
    )


def run(args: argparse.Namespace) -> int:
    """Have the bench do it; return its exit code."""
    if find_spec(BENCH) is None:
        raise Mistake(
            "this is an installation: drivers are made in the source",
            advice="clone the repository, make setup, and say it there",
        )
    words = args.rest or ["--help"]
    return subprocess.call([sys.executable, "-m", BENCH, "driver", *words])  # noqa: S603  ourselves
