"""`tallyman uplink`: each way to the ledger, what it costs, and what went over it day by day."""

from __future__ import annotations

import argparse
from typing import Any

from agent.cli.arguments import add_config, add_json
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.uplink_page import lines
from agent.desks.control_client import ask_one
from agent.desks.status import Status, from_dict
from foundation.printing import say, say_each, say_json

HELP = "show the ways to the ledger, their costs, the bytes of each day"

STATES = ("on", "off")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object")
    parser.add_argument(
        "--flight", choices=STATES, help="switch flight mode: the modems' radios are off in it"
    )
    parser.add_argument(
        "--operator", metavar="NAME", help="who switches flight mode; stands on record"
    )


def run(args: argparse.Namespace) -> int:
    """Ask the agent, and print what it says."""
    if args.flight is not None:
        return switch_flight(args)
    status = from_dict(ask_one(gateway(args).control, {"verb": "status"}))
    if args.json:
        say_json(as_json(status))
    else:
        say_each(lines(status))
    return 0


def switch_flight(args: argparse.Namespace) -> int:
    """Switch flight mode on or off."""
    if not args.operator:
        raise Mistake(
            "flight mode needs a name: it stands on record", advice="give --operator NAME"
        )
    request = {"verb": "flight", "state": args.flight, "operator": args.operator}
    done = ask_one(gateway(args).control, request)
    if args.json:
        say_json(done)
    else:
        say(f"flight mode is {done['state']}; it is on record")
        say("The modems follow with their next reading.")
    return 0


def as_json(status: Status) -> dict[str, Any]:
    """Return what a status says of ways and bytes."""
    plain = status.to_dict()
    return {name: plain[name] for name in ("ways", "days", "uplink", "names", "flight")}
