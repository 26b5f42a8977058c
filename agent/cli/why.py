"""`tallyman why`: what is wrong with a device or a part, by evidence, and what to do about it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import Any

from agent.cli.arguments import add_config, add_json
from agent.cli.errors import Mistake
from agent.cli.place import config_path, gateway
from agent.cli.times import format_time, moment, now_ms
from agent.cli.why_json import answer_json, row_json
from agent.cli.why_page import page
from agent.desks.control_client import ask_one
from agent.why.answer import of_all, of_target, row_of, rows_of, targets
from agent.why.look import look
from agent.why.question import PARTS, Known
from foundation.cause import Cause
from foundation.console import folded
from foundation.hints import hint
from foundation.printing import say, say_each, say_json

HELP = "tell why a device or a part does not work, and what to do"

LIST_INDENT = 25  # columns of an id and a blank
_SPAN = re.compile(r"([1-9][0-9]{0,3})(min|h|d)")
_MS = {"min": 60_000, "h": 3_600_000, "d": 86_400_000}


def until(text: str) -> int:
    """Return wall milliseconds of an end: 12h, 3d, or a time as other verbs take it."""
    found = _SPAN.fullmatch(text)
    return now_ms() + int(found[1]) * _MS[found[2]] if found else moment(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    add_json(parser, "one JSON object")
    parser.add_argument(
        "target",
        nargs="?",
        metavar="TARGET",
        help=f"a device's name, or one of {', '.join(PARTS)}; none: all, the worst first",
    )
    parser.add_argument(
        "--probe", action="store_true", help="also make tests that cost bytes or air time"
    )
    parser.add_argument(
        "--list", action="store_true", help="print every cause that there may be, with its id"
    )
    parser.add_argument("--ignore", metavar="ID", help="leave this cause alone; it is recorded")
    parser.add_argument("--reason", metavar="TEXT", help="why it is left alone")
    parser.add_argument(
        "--until", type=until, metavar="END", help="until when: 12h, 3d or 2026-11-22T06:30"
    )


def run(args: argparse.Namespace) -> int:
    """Answer, whatever is there to ask."""
    known = look(config_path(args), now_ms(), probe=args.probe)
    if args.target is not None and args.target not in targets(known):
        raise Mistake(
            f"there is nothing called {args.target[:40]!r}{hint(args.target[:40], targets(known))}",
            advice=f"ask for one of: {', '.join(targets(known))}",
        )
    if args.list:
        return list_rows(rows_of(args.target, known), as_json=args.json)
    if args.ignore or args.reason or args.until:
        return ignore(args, known)
    found = of_all(known) if args.target is None else of_target(args.target, known)
    if args.json:
        say_json(answer_json(found, known))
    else:
        say_each(page(found, known, lambda ms: format_time(ms, utc=args.utc)))
    return 0


def list_rows(rows: Iterable[Cause[Any]], *, as_json: bool) -> int:
    """Print what may be the matter, a line or an object a row."""
    for row in rows:
        if as_json:
            say_json(row_json(row))
        else:
            say_each(folded(f"{row.id:<24} {row.sentence}", LIST_INDENT))
    return 0


def ignore(args: argparse.Namespace, known: Known) -> int:
    """Have the agent record that a cause is left alone."""
    if not (args.target and args.ignore and args.reason and args.until):
        raise Mistake(
            "to leave a cause alone takes a target, its id, a reason and an end",
            advice='as: tallyman why cold-1 --ignore i2c.no-answer --reason "in repair" --until 3d',
        )
    if row_of(args.target, args.ignore, known) is None:
        raise Mistake(
            f"{args.target} has no cause {args.ignore[:40]!r}",
            advice=f"see their ids: tallyman why {args.target} --list",
        )
    word = {
        "target": args.target,
        "cause": args.ignore,
        "reason": args.reason,
        "until_ms": args.until,
    }
    ask_one(gateway(args).control, {"verb": "why-ignore", **word})
    if args.json:
        say_json(word)
        return 0
    end = format_time(args.until, utc=args.utc)
    say(f"{args.ignore} of {args.target} is left alone until {end}")
    return 0
