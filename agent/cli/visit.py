"""`tallyman visit`: a technician's visit, from what was found to what is left, on record."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from agent.cli.arguments import add_config, add_json
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.visit_page import page
from agent.desks.control_client import Lost, Refused, ask, ask_one
from agent.desks.visit import ENDED, Sheet
from foundation.console import told
from foundation.printing import complain, prompt, say, say_each, say_json

HELP = "record a visit: what was found, done, and is left"

ASK = "What did you do? One line each; an empty line ends the visit."
ACTIONS = ("show", "begin", "did", "end")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "the visit's sheet as one JSON object")
    parser.epilog = (
        "Without a word: the whole visit; what was done is read from the terminal or a pipe, "
        "one line each, until an empty line. DEVICE: before a line names what it was done to."
    )
    parser.add_argument(
        "action",
        metavar="ACTION",
        nargs="?",
        choices=ACTIONS,
        help="show: the newest sheet; begin; did TEXT: what was done; end",
    )
    parser.add_argument("text", metavar="TEXT", nargs="?", help="did: what was done")
    parser.add_argument("--as", dest="operator", metavar="NAME", help="who you are")
    parser.add_argument("--device", metavar="DEVICE", help="did: what it was done to")


def run(args: argparse.Namespace) -> int:
    """Do one step of a visit, or all of it."""
    check(args)
    control = gateway(args).control
    steps: dict[str | None, Callable[[Path, argparse.Namespace], Sheet]] = {
        None: whole,
        "show": newest,
        "begin": begin,
        "did": did,
        "end": end,
    }
    tell(steps[args.action](control, args), args)
    return 0


def check(args: argparse.Namespace) -> None:
    """Raise Mistake for what cannot be meant."""
    if args.action == "did" and not args.text:
        raise Mistake("what was done?", advice='say it: tallyman visit did "replugged R3"')
    if args.action != "did" and args.text:
        raise Mistake(f"what is {args.text!r}?", advice="only `did` takes a text: put it in quotes")
    if args.action != "did" and args.device:
        raise Mistake("--device belongs to `did`", advice="tallyman visit did TEXT --device NAME")
    if args.action in (None, "begin") and not args.operator:
        raise Mistake("who are you?", advice="name yourself: --as technician-1")


def begin(control: Path, args: argparse.Namespace) -> Sheet:
    """Begin a visit, or go on with the one under way."""
    sheet: Sheet = ask_one(control, {"verb": "visit-begin", "operator": args.operator})
    return sheet


def did(control: Path, args: argparse.Namespace) -> Sheet:
    """Record what was done."""
    return act(control, args.text, args.device, args.operator)


def act(control: Path, text: str, device: str | None, operator: str | None) -> Sheet:
    """Record one action, of who began the visit unless another is named."""
    request = {"verb": "visit-action", "text": text, "about": device, "operator": operator}
    sheet: Sheet = ask_one(control, {key: value for key, value in request.items() if value})
    return sheet


def end(control: Path, args: argparse.Namespace) -> Sheet:
    """End the visit."""
    by = {"operator": args.operator} if args.operator else {}
    sheet: Sheet = ask_one(control, {"verb": "visit-end", **by})
    return sheet


def newest(control: Path, args: argparse.Namespace) -> Sheet:
    """Return the newest sheet."""
    del args
    for sheet in ask(control, {"verb": "visit"}):
        found: Sheet = sheet
        return found
    raise Mistake("there was no visit yet", advice="begin one: tallyman visit begin --as NAME")


def whole(control: Path, args: argparse.Namespace) -> Sheet:
    """Begin, take what was done line by line, end."""
    sheet = begin(control, args)
    typed = sys.stdin.isatty() and not args.json
    if typed:
        say_each([*page(sheet, utc=args.utc), "", ASK])
    names = [each["name"] for each in ask_one(control, {"verb": "devices"})["devices"]]
    try:
        for line in actions(sys.stdin, before="> " if typed else ""):
            record(control, *split(line, names), args.operator, typed=typed)
    except KeyboardInterrupt:
        complain("")
        complain("the visit goes on; end it with: tallyman visit end")
        raise
    return end(control, args)


def record(control: Path, text: str, device: str | None, operator: str, *, typed: bool) -> None:
    """Record one action; who types is told what is wrong with it, and may type it again."""
    try:
        act(control, text, device, operator)
    except Lost:
        raise
    except Refused as error:
        if not typed:
            raise
        for line in told(error):
            complain(line)


def actions(lines: Iterable[str], before: str) -> Iterable[str]:
    """Yield what is typed, up to an empty line or the end."""
    prompt(before)
    for line in lines:
        if not line.strip():
            return
        yield line.strip()
        prompt(before)
    if before:
        say()


def split(line: str, names: Iterable[str]) -> tuple[str, str | None]:
    """Return text and device of a line that may begin with a device's name and a colon."""
    name, colon, rest = line.partition(":")
    if colon and rest.strip() and name in names:
        return rest.strip(), name
    return line, None


def tell(sheet: dict[str, Any], args: argparse.Namespace) -> None:
    """Print the sheet."""
    if args.json:
        say_json(sheet)
        return
    say_each(page(sheet, utc=args.utc))
    if sheet["state"] != ENDED:
        say('next      tallyman visit did "what you did"; at last: tallyman visit end')
