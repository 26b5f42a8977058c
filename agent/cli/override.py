"""`tallyman override`: a person ends an alarm, an excursion or an unknown, and says why."""

from __future__ import annotations

import argparse

from agent.cli.arguments import add_config
from agent.cli.place import gateway
from agent.desks.control_client import ask_one
from foundation.printing import say, say_json

HELP = "end an alarm or an unknown condition, with a reason"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument("device", metavar="DEVICE", help="the sensor; see tallyman status")
    parser.add_argument("rule", metavar="RULE", help="the rule, as status names it")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; stands on record")
    parser.add_argument(
        "--operator", required=True, metavar="NAME", help="who decides so; stands on record"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask the agent for it, and say what was ended."""
    request = {name: getattr(args, name) for name in ("device", "rule", "reason", "operator")}
    done = ask_one(gateway(args).control, {"verb": "override", **request})
    if args.json:
        say_json(done)
    else:
        say(f"{done['device']}: {done['state']} of {done['rule']} ended; it is on record")
        say("The rule begins anew with the next value.")
    return 0
