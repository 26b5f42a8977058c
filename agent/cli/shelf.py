"""`tallyman shelf`: what is at each read point now, or the newest raw reads of one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from agent.cli.arguments import add_config, add_json
from agent.cli.place import gateway
from agent.cli.times import format_time
from agent.desks.control_client import ask
from agent.dock.goods_identity import of_uri
from foundation.console import folded
from foundation.printing import say, say_each, say_json

HELP = "show what is at each read point now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object per read point, tag or read")
    parser.add_argument("read_point", metavar="READ_POINT", nargs="?", help="only this one")
    parser.add_argument(
        "--reads", action="store_true", help="also show the newest raw reads, to set up antennas"
    )


def run(args: argparse.Namespace) -> int:
    """Print what the agent knows."""
    request: dict[str, Any] = {"verb": "shelf", "reads": args.reads}
    if args.read_point is not None:
        request["read_point"] = args.read_point
    before = ""
    for answer in ask(gateway(args).control, request):
        if args.json:
            say_json(answer)
            continue
        if answer.get("read", before) != before:
            before = answer["read"]
            say(f"newest reads at {before}")
        say_each(page(answer, utc=args.utc))
    return 0


def page(answer: dict[str, Any], *, utc: bool) -> Iterator[str]:
    """Yield the lines about a read point, a read or a tag: each has a key of its own."""
    if "kind" in answer:
        yield point_line(answer, utc=utc)
        if answer["not_reading"]:
            away = ", ".join(answer["not_reading"])
            yield from folded(f"  STALE: not reading now: {away}; see: tallyman devices", 4)
    elif "read" in answer:
        yield read_line(answer, utc=utc)
    else:
        yield from tag_lines(answer, utc=utc)


def point_line(point: dict[str, Any], *, utc: bool) -> str:
    """Return what heads the tags of a read point."""
    when = format_time(point["as_of_ms"], utc=utc)
    return f"{point['read_point']} ({point['kind']}), as of {when}"


def read_line(read: dict[str, Any], *, utc: bool) -> str:
    """Return one raw read, for who sets up antennas."""
    level = "" if read["rssi"] is None else f", {read['rssi']:.0f} dBm"
    when = format_time(read["at_ms"], utc=utc)
    return f"  {when}  {read['epc']} antenna {read['antenna']}{level}"


def tag_lines(tag: dict[str, Any], *, utc: bool) -> Iterator[str]:
    """Yield a tag that is present, and since when."""
    yield f"  {of_uri(tag['uri'], tag['epc'])}"
    yield f"    since {format_time(tag['since_ms'], utc=utc)}"
    if tag.get("belongs"):
        yield f"    belongs on {' or '.join(tag['belongs'])}"
