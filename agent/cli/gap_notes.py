"""The gaps of one device, and notes on them: `tallyman gap DEVICE`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.printing import say_found
from agent.cli.times import format_time
from agent.desks.control_client import ask, ask_one
from agent.records.duration import duration
from foundation.console import folded
from foundation.printing import say_each, say_json


def run(args: argparse.Namespace) -> int:
    """Note what a person knows of a device's gap, or list its gaps."""
    control = gateway(args).control
    if args.note is None:
        return say_found(
            ask(control, {"verb": "gaps", "device": args.device}),
            lambda gap: folded(line(gap, utc=args.utc), 2),
            f"no gap of {args.device} is in the newest records",
            as_json=args.json,
        )
    if not args.operator:
        raise Mistake("who notes that?", advice="name yourself: --as technician-1")
    request = {
        "verb": "gap-note",
        "device": args.device,
        "text": args.note,
        "operator": args.operator,
    }
    if args.record is not None:
        request["number"] = args.record
    noted = ask_one(control, request)
    if args.json:
        say_json(noted)
        return 0
    say_each(page(noted, utc=args.utc))
    return 0


def line(gap: dict[str, Any], *, utc: bool) -> str:
    """Return a gap record as one line, with the number that --record takes."""
    return f"{gap['n']}  {format_time(gap['at_ms'], utc=utc)}  {gap['text']}"


def page(noted: dict[str, Any], *, utc: bool) -> Iterator[str]:
    """Yield what was noted, and of which gap."""
    yield f"gap       of {noted['device']}, record {noted['gap']}, {noted['state']}"
    ends = [format_time(noted[name], utc=utc) for name in ("from_ms", "to_ms") if name in noted]
    if ends:
        lasting = f" ({duration(noted['duration_ms'])})" if "duration_ms" in noted else ""
        yield f"no data   {' to '.join(ends)}{lasting}"
    yield from folded(f"noted     {noted['text']}, by {noted['operator']}", 10)
    if "shipment" in noted:
        yield from folded(f"shipment  {noted['shipment']}", 10)
    yield "signed    the note is a record of its own, and sealed at once"
