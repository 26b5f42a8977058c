"""`tallyman shelf`: what is at each read point now, or the newest raw reads of one."""

from __future__ import annotations

import argparse
from typing import Any

from agent.cli.arguments import add_config, add_json
from agent.cli.place import gateway
from agent.cli.printing import print_json
from agent.cli.times import format_time
from agent.desks.control_client import ask
from agent.dock.goods_identity import of_uri

HELP = "show what is at each read point now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object a read point and a tag")
    parser.add_argument("read_point", metavar="READ_POINT", nargs="?", help="only this one")
    parser.add_argument(
        "--reads", action="store_true", help="the newest raw reads as well, to set up antennas"
    )


def run(args: argparse.Namespace) -> int:
    """Print what the agent knows."""
    request: dict[str, Any] = {"verb": "shelf", "reads": args.reads}
    if args.read_point is not None:
        request["read_point"] = args.read_point
    before = ""
    for answer in ask(gateway(args).control, request):
        if args.json:
            print_json(answer)
            continue
        if answer.get("read", before) != before:
            before = answer["read"]
            print(f"newest reads at {before}")
        print(line(answer, utc=args.utc))
    return 0


def line(answer: dict[str, Any], *, utc: bool) -> str:
    """Return one line about a read point, a tag or a read."""
    if "kind" in answer:
        when = format_time(answer["as_of_ms"], utc=utc)
        return f"{answer['read_point']} ({answer['kind']}), as of {when}"
    if "read" in answer:
        level = "" if answer["rssi"] is None else f", {answer['rssi']:.0f} dBm"
        when = format_time(answer["at_ms"], utc=utc)
        return f"  {when}  {answer['epc']} antenna {answer['antenna']}{level}"
    what = of_uri(answer["uri"], answer["epc"])
    return f"  {what}\n    since {format_time(answer['since_ms'], utc=utc)}"
