"""`tallyman salvage`: the journal of the gateway before this one, from its card."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from agent.cli.common import add_config, gateway
from agent.identity import IDENTITY_FILE, load
from agent.salvage import salvage

HELP = "take over the journal of the gateway whose place this one took, from its card"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="state folder on the old card")


def run(args: argparse.Namespace) -> int:
    """Copy it, and say what is in it; the old card is only read."""
    os.umask(0o077)
    place = gateway(args)
    identity = load(place.state_dir / IDENTITY_FILE)
    found = salvage(place.state_dir, identity, args.folder)
    print(f"salvaged   {found.records} records of the gateway before, {found.proven} proven")
    if found.records > found.proven:
        left = found.records - found.proven
        print(f"unproven   {left} records that no ledger node has: read them there, no bundle has")
    print("next       tallyman bundle --epochs shows both gateways in one bundle")
    return 0
