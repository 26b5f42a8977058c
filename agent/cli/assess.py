"""`tallyman assess`: a named person decides what becomes of goods after an excursion, on record."""

from __future__ import annotations

import argparse
from typing import Any

from agent.cli.arguments import add_config, add_json, whole
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.printing import say_found
from agent.cli.times import format_time
from agent.desks.control_client import ask, ask_one
from agent.rules.kinds import DECISIONS
from foundation.console import folded
from foundation.printing import say_each, say_json

HELP = "decide on goods after an excursion or alarm, on record"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object per condition, or the decision")
    parser.add_argument(
        "record", metavar="RECORD", nargs="?", type=whole, help="its number; without: list them"
    )
    parser.add_argument(
        "decision",
        metavar="DECISION",
        nargs="?",
        choices=tuple(DECISIONS),
        help="; ".join(f"{name}: {meaning}" for name, meaning in DECISIONS.items()),
    )
    parser.add_argument("--reason", metavar="TEXT", help="why; stands on record")
    parser.add_argument("--operator", metavar="NAME", help="who decides so; stands on record")


def run(args: argparse.Namespace) -> int:
    """List what may be decided on, or put a decision on record."""
    control = gateway(args).control
    if args.record is None:
        return say_found(
            ask(control, {"verb": "assessable"}),
            lambda each: folded(line(each, utc=args.utc), 2),
            "no excursion or alarm is in the newest records",
            as_json=args.json,
        )
    for name in ("decision", "operator", "reason"):
        if not getattr(args, name):
            raise Mistake(f"a decision needs its {name}", advice=f"tallyman assess RECORD {WHOLE}")
    request = {name: getattr(args, name) for name in ("decision", "operator", "reason")}
    done = ask_one(control, {"verb": "assess", "number": args.record, **request})
    if args.json:
        say_json(done)
    else:
        told = f"{done['device']}: {done['state']} of {done['rule']}, record {done['record']}: "
        say_each(folded(f"{told}{done['decision']} by {done['operator']}; it is on record", 2))
    return 0


WHOLE = 'released --operator keeper-2 --reason "within the stability data"'


def line(each: dict[str, Any], *, utc: bool) -> str:
    """Return a condition as one line, with the number that a decision takes."""
    return f"{each['n']}  {format_time(each['at_ms'], utc=utc)}  {each['device']}: {each['text']}"
