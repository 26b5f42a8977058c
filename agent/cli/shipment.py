"""`tallyman shipment`: bind goods, vehicle, seals and sensors; where they are, how they fared."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agent.cli.arguments import add_config, add_json
from agent.cli.dock_notice import send
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.printing import say_found
from agent.cli.shipment_page import page
from agent.cli.times import moment
from agent.desks.control_client import ask, ask_one
from foundation.console import folded
from foundation.printing import say, say_each, say_json

HELP = "bind goods, vehicle, seals and sensors; see where they are"

NOT_READY = 1
"""The exit code of `check` where something is missing: see to it, then the same again will do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object per shipment")
    parser.add_argument(
        "action",
        metavar="ACTION",
        nargs="?",
        choices=tuple(ACTIONS),
        default="show",
        help=f"{', '.join(ACTIONS)}; default: show",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the waybill's number, for example")
    _add_bound(parser)
    _add_custody(parser)
    parser.add_argument(
        "--bundle", metavar="FILE", type=Path, help="tell it from a bundle, without a gateway"
    )
    parser.add_argument(
        "--policy", metavar="FILE", type=Path, help="policy that the bundle is checked against"
    )


def _add_bound(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--notice", metavar="FILE", type=Path, help="file of the notice of what is aboard"
    )
    parser.add_argument("--vehicle", default="", help="its GIAI or number plate")
    parser.add_argument("--destination", default="", help="where it goes")
    parser.add_argument("--owner", default="", metavar="WHO", help="whose goods they are")
    parser.add_argument("--custodian", default="", metavar="WHO", help="who answers for them")
    parser.add_argument(
        "--seal", action="append", default=[], help="number of a seal; repeat for more"
    )
    parser.add_argument(
        "--device", action="append", default=[], help="a sensor that travels along; repeat for more"
    )
    parser.add_argument(
        "--paper",
        action="append",
        default=[],
        metavar="TYPE",
        help="a type of papers that must be there before it leaves; repeat for more",
    )
    parser.add_argument("--model", default="", help="what a test report must be about")
    parser.add_argument(
        "--into", metavar="NAME", help="split, merge: the shipment that the goods go on in"
    )
    parser.add_argument("--as", dest="operator", default="", metavar="WHO", help="who does this")


def _add_custody(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="WHO", help="custody: who takes it")
    parser.add_argument(
        "--from", dest="giver", metavar="WHO", help="who gives it; default: who answers for it"
    )
    parser.add_argument("--place", help="custody: where it changes hands")
    parser.add_argument("--remark", help="custody: what is wrong with the goods")
    parser.add_argument(
        "--at", type=moment, metavar="TIME", help="custody: who answered for it then?"
    )


def run(args: argparse.Namespace) -> int:
    """Do what is asked of a shipment."""
    if args.action not in WITHOUT_NAME and not args.name and args.bundle is None:
        raise Mistake("which shipment?", advice=f"tallyman shipment {args.action} NAME")
    check_options(args)
    return ACTIONS[args.action](args)


def check_options(args: argparse.Namespace) -> None:
    """Refuse options that say nothing to the action: who gives one means something by it."""
    for actions, names in OPTIONS_OF.items():
        given = [name for name in names if getattr(args, name)]
        if given and args.action not in actions:
            raise Mistake(
                f"{args.action} takes no {FLAGS.get(given[0], f'--{given[0]}')}",
                advice=f"it is for: {', '.join(f'tallyman shipment {each}' for each in actions)}",
            )


def show(args: argparse.Namespace) -> int:
    """Show the shipment of that name, or all that are known."""
    request = {"verb": "shipments"} | ({"name": args.name} if args.name else {})
    return _said(ask(gateway(args).control, request), args)


def start(args: argparse.Namespace) -> int:
    """Begin a shipment, or bind it anew."""
    control = gateway(args).control
    return _said([ask_one(control, bound("shipment-start", control, args))], args)


def bind(args: argparse.Namespace) -> int:
    """Bind more to a shipment, or take something off it."""
    control = gateway(args).control
    return _said([ask_one(control, bound(f"shipment-{args.action}", control, args))], args)


def part(args: argparse.Namespace) -> int:
    """Have a part of a shipment, or all of it, go on under another name."""
    control = gateway(args).control
    request = bound(f"shipment-{args.action}", control, args) | {"into": args.into or ""}
    return _said(ask(control, request), args)


def end(args: argparse.Namespace) -> int:
    """End a shipment."""
    request = {"verb": "shipment-end", "name": args.name} | _operator(args)
    return _said([ask_one(gateway(args).control, request)], args)


def check(args: argparse.Namespace) -> int:
    """Tell whether a shipment's papers let it leave."""
    request = {"verb": "shipment-check", "name": args.name} | _operator(args)
    found = ask_one(gateway(args).control, request)
    if args.json:
        say_json(found)
    elif found["ready"]:
        wanted = ", ".join(found["papers"])
        say(f"{found['name']} is ready to leave")
        say_each(folded(f"  papers    {wanted or 'none were asked for: --paper names them'}", 12))
    else:
        say(f"{found['name']} is NOT READY to leave")
        for fault in found["faults"]:
            say_each(folded(f"  {fault['what']:10}{fault['text']}", 12))
    return 0 if found["ready"] else NOT_READY


def custody(args: argparse.Namespace) -> int:
    """Hand a shipment over, or tell who answers and answered for it."""
    from agent.cli import shipment_custody  # noqa: PLC0415  a proof takes long to load

    return shipment_custody.run(args)


def summary(args: argparse.Namespace) -> int:
    """Tell how a shipment fared, from the records alone."""
    from agent.cli.shipment_records import records_told  # noqa: PLC0415  a proof takes long to load
    from agent.cli.summary_page import page as summary_page  # noqa: PLC0415  as above
    from agent.shipments.summary import summarized  # noqa: PLC0415  as above

    told = records_told(args)
    found = summarized(told.name, told.records)
    if not found.legs:
        raise Mistake(
            f"the records here do not tell what was bound to {told.name}",
            advice="take a bundle that shows its start: tallyman bundle --shipment",
        )
    if args.json:
        say_json(found.to_json() | {"lacks": told.lacks})
    else:
        say_each(summary_page(found, told.lacks, utc=args.utc))
    return 0


WITHOUT_NAME = frozenset({"show"})

NAMED = ("vehicle", "destination", "owner", "custodian", "model")

OPTIONS_OF = {
    ("start", "bind", "split"): ("vehicle", "destination"),
    ("start", "bind"): ("notice", "owner", "custodian", "model"),
    ("start", "bind", "unbind", "split"): ("seal", "device"),
    ("start", "bind", "unbind"): ("paper",),
    ("start", "bind", "unbind", "split", "merge", "check", "end"): ("operator",),
    ("split", "merge"): ("into",),
    ("custody",): ("to", "giver", "place", "remark", "at"),
    ("custody", "summary"): ("bundle", "policy"),
}
"""Which actions take which options."""

FLAGS = {"operator": "--as", "giver": "--from"}
"""Options that are called otherwise on the command line."""

ACTIONS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "show": show,
    "start": start,
    "bind": bind,
    "unbind": bind,
    "split": part,
    "merge": part,
    "check": check,
    "custody": custody,
    "summary": summary,
    "end": end,
}


def bound(verb: str, control: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Send the notice, if there is one; return the request that binds it with the rest."""
    request: dict[str, Any] = {
        "verb": verb,
        "name": args.name,
        "seals": args.seal,
        "devices": args.device,
        "papers": args.paper,
        **{name: getattr(args, name) for name in NAMED if getattr(args, name)},
        **_operator(args),
    }
    return request | ({"digest": send(control, args.notice)} if args.notice else {})


def _operator(args: argparse.Namespace) -> dict[str, Any]:
    return {"operator": args.operator} if args.operator else {}


def _said(answers: Any, args: argparse.Namespace) -> int:
    return say_found(
        answers,
        lambda shipment: page(shipment, utc=args.utc),
        "there is no shipment",
        as_json=args.json,
    )
