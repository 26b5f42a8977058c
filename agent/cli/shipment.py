"""`tallyman shipment`: bind goods, vehicle, seals and sensors; see where they are; end it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.cli.arguments import add_config, add_json
from agent.cli.dock_notice import send
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.printing import say_found
from agent.cli.times import format_time
from agent.desks.control_client import ask, ask_one
from foundation.console import folded
from foundation.counting import counted

LABEL = 12  # width of the left column

HELP = "bind goods, vehicle, seals and sensors; see where they are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object per shipment")
    parser.add_argument(
        "action", nargs="?", choices=("show", "start", "end"), default="show", help="default: show"
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the waybill's number, for example")
    parser.add_argument(
        "--notice", metavar="FILE", type=Path, help="file of the notice of what is aboard"
    )
    parser.add_argument("--vehicle", default="", help="its GIAI or number plate")
    parser.add_argument("--destination", default="", help="where it goes")
    parser.add_argument(
        "--seal", action="append", default=[], help="number of a seal; repeat for more"
    )
    parser.add_argument(
        "--device", action="append", default=[], help="a sensor that travels along; repeat for more"
    )


def run(args: argparse.Namespace) -> int:
    """Start or end a shipment, or show those that are known."""
    control = gateway(args).control
    if args.action != "show" and not args.name:
        raise Mistake("which shipment?", advice=f"tallyman shipment {args.action} NAME")
    if args.action == "start":
        answers = iter([ask_one(control, start_request(control, args))])
    elif args.action == "end":
        answers = iter([ask_one(control, {"verb": "shipment-end", "name": args.name})])
    else:
        answers = ask(control, {"verb": "shipments"} | ({"name": args.name} if args.name else {}))
    return say_found(
        answers,
        lambda shipment: page(shipment, utc=args.utc),
        "there is no shipment",
        as_json=args.json,
    )


def start_request(control: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Send the notice, if there is one; return the request that binds it."""
    request: dict[str, Any] = {
        "verb": "shipment-start",
        "name": args.name,
        "vehicle": args.vehicle,
        "destination": args.destination,
        "seals": args.seal,
        "devices": args.device,
    }
    return request | ({"digest": send(control, args.notice)} if args.notice else {})


def page(shipment: dict[str, Any], *, utc: bool) -> Iterator[str]:
    """Yield the lines about one shipment."""
    yield f"{shipment['name']}, since {format_time(shipment['started_ms'], utc=utc)}"
    if shipment["bound"] > 1:
        again = shipment["bound"] - 1
        yield f"  bound again {counted(again, 'time')}; the journal has each binding"
    for label, text in rows(shipment, utc=utc):
        yield from folded(f"  {label:{LABEL}}{text}", 2 + LABEL)


def rows(shipment: dict[str, Any], *, utc: bool) -> Iterator[tuple[str, str]]:
    """Yield what is known of a shipment, each with its label."""
    if shipment["notice"]:
        yield "goods", f"notice {shipment['notice']}"
    for name in ("vehicle", "destination"):
        if shipment[name]:
            yield name, shipment[name]
    if shipment["seals"]:
        yield "seals", ", ".join(shipment["seals"])
    if shipment["ended_ms"] is not None:
        yield "ended", format_time(shipment["ended_ms"], utc=utc)
        return
    due = shipment["due"]
    yield "due", f"{due}, by its notice" if due else "unknown: no notice says when"
    place = shipment["place"]
    if place is None:
        yield "place", "unknown: no position yet"
    else:
        yield "place", place["text"]
        yield "", f"by {place['device']}, {format_time(place['at_ms'], utc=utc)}"
    for sensor in shipment["sensors"]:
        yield f"{sensor['device']} ", sensor["text"]
