"""`tallyman status`: one page that fits an 80 × 24 console."""

from __future__ import annotations

import argparse
import os
import sys

from agent.cli import colour
from agent.cli.arguments import add_config, add_json
from agent.cli.place import gateway
from agent.cli.status_page import lines
from agent.cli.times import format_time
from agent.desks.control_client import ask_one
from agent.desks.status import from_dict
from foundation.printing import say, say_json

HELP = "show what runs, what is silent, what is unsent and what to do"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask the agent and print."""
    plain = ask_one(gateway(args).control, {"verb": "status"})
    if args.json:
        say_json(plain)
        return 0
    paint = colour.painter(sys.stdout, os.environ)
    for line in lines(from_dict(plain), lambda ms: format_time(ms, utc=args.utc)):
        say(line, paint=paint)
    return 0
