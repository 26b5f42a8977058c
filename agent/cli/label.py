"""`tallyman label`: SSCC labels for units that came without one, as ZPL to a printer or a file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.cli.arguments import add_config, count
from agent.cli.errors import Mistake
from agent.cli.label_printer import Printer
from agent.cli.place import config_path, gateway
from agent.config.labels import LabelSettings, load_labels
from agent.desks.control_client import ask_one
from agent.dock.goods_identity import IdentityError, of_text, sscc
from agent.dock.papers.zpl import MOST_LINES, label
from foundation.counting import counted
from foundation.durable import write_output
from foundation.printing import say, say_each, say_json

HELP = "print SSCC labels for pallets without one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "text", metavar="TEXT", nargs="*", help="a line above the bars; at most eight"
    )
    parser.add_argument("--count", type=count, default=1, help="how many new numbers")
    parser.add_argument("--again", metavar="SSCC", help="print the label of a number given before")
    parser.add_argument("--printer", metavar="HOST[:PORT]", help="else [labels] printer")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the ZPL there")
    parser.add_argument("--operator", metavar="NAME", default="", help="who labels")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


def run(args: argparse.Namespace) -> int:
    """Take numbers, and hand their labels over."""
    settings = load_labels(config_path(args))
    if len(args.text) > MOST_LINES:
        raise Mistake(
            f"{len(args.text)} lines: a label has room for {MOST_LINES}", advice="leave some out"
        )
    address = args.printer or settings.printer
    if args.output is not None:
        given = numbers(args)
        write_output(args.output, sheet(given, args.text, settings))
        tell(args, given, f"in {args.output}")
        return 0
    if not address:
        raise Mistake("onto which printer?", advice="--printer 10.0.0.20, or into a file: -o FILE")
    with Printer(address) as printer:
        ready = printer.check()
        given = numbers(args)
        printer.send(sheet(given, args.text, settings), _again(given))
    silent = "" if ready else "; it does not tell how it is: look whether they came out"
    tell(args, given, f"sent to {address}{silent}")
    return 0


def numbers(args: argparse.Namespace) -> list[str]:
    """Return new SSCCs, or the one that is to be printed again."""
    said = {"operator": args.operator, "text": ", ".join(args.text)}
    asked: dict[str, object] = {"verb": "label-new", "count": args.count}
    try:
        if args.again is not None:
            asked = {"verb": "label-again", "sscc": sscc(of_text(args.again).identity.sscc)}
        return [sscc(each) for each in ask_one(gateway(args).control, asked | said)["sscc"]]
    except IdentityError as error:
        raise Mistake(str(error), advice="type it as printed below the bars") from error


def sheet(given: Sequence[str], text: Sequence[str], settings: LabelSettings) -> bytes:
    """Return the ZPL of all labels."""
    return b"".join(label(each, text, settings.dpi) for each in given)


def tell(args: argparse.Namespace, given: Sequence[str], where: str) -> None:
    """Say which numbers were given, and where their labels are."""
    if args.json:
        say_json({"sscc": list(given), "where": where})
        return
    say(f"{counted(len(given), 'label')} {where}")
    say_each(f"  (00){each}" for each in given)


def _again(given: Sequence[str]) -> str:
    return f"print each anew once it is ready: tallyman label --again '(00){given[0]}'"
