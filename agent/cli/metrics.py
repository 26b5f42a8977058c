"""`tallyman metrics`: the gateway in numbers, as Prometheus reads them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from agent.cli.arguments import add_config
from agent.cli.place import gateway
from agent.config.gateway import Gateway
from agent.desks import machine_rows, metric_rows
from agent.desks.control_client import Lost, NotRunning, ask_one
from agent.desks.status import DiskStatus
from agent.journal.places import FILE_NAME
from agent.journal.ring_reader import open_reader
from agent.machine.board import disk_space
from agent.machine.usage import machine_usage
from foundation.errors import AgentError
from foundation.metrics import Family, from_plain, to_plain, to_text
from foundation.printing import say_json, say_text

HELP = "print the gateway's numbers, for Prometheus"

PROC, SYS = Path("/proc"), Path("/sys")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON array of families")
    parser.epilog = (
        "Without an agent: what its files and the machine tell, and tallyman_up 0. "
        "[metrics] folder in the configuration has the agent write them into a file."
    )


def run(args: argparse.Namespace) -> int:
    """Print what the agent knows, and what this machine does."""
    place = gateway(args)
    families = [*gateways(place), *machine_rows.machine(machine_usage(PROC, SYS))]
    if args.json:
        say_json(to_plain(families))
    else:
        say_text(to_text(families))
    return 0


def gateways(place: Gateway) -> Iterator[Family]:
    """Yield what the agent tells, or its files where it does not run."""
    try:
        yield from from_plain(ask_one(place.control, {"verb": "metrics"}))
    except (NotRunning, Lost):  # one that hangs answers nobody
        yield metric_rows.up(0)
        yield from from_files(place.state_dir)


def from_files(state_dir: Path) -> Iterator[Family]:
    """Yield what can be read while no agent runs; what cannot is absent."""
    try:
        reader = open_reader(state_dir / FILE_NAME)
    except (OSError, AgentError):
        return
    try:
        yield from metric_rows.stored(reader.counts())
    except AgentError:
        return
    finally:
        reader.close()
    space = disk_space(state_dir)
    yield from machine_rows.disk(DiskStatus(space.free, space.total))
