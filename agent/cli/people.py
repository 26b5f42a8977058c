"""`tallyman people`: who may sign receipts with a PIN, and what changes in that."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Any

from agent.cli.arguments import add_config
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.printing import say_found
from agent.desks.control_client import ask, ask_one
from agent.signing.people import ROLES
from foundation.printing import say, say_json
from foundation.words import one_line

HELP = "who may sign with a PIN: list, add, remove, change, unlock"
ACTIONS = ("add", "remove", "pin", "unlock")

PIN_VARIABLE, NEW_PIN_VARIABLE = "TALLYMAN_PIN", "TALLYMAN_NEW_PIN"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    add_config(parser)
    parser.add_argument(
        "action", nargs="?", choices=("show", *ACTIONS), default="show", help="default: show"
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="as receipts will name them")
    parser.add_argument(
        "--role", choices=ROLES, default=ROLES[0], help="what they sign as; default: %(default)s"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per person")


def run(args: argparse.Namespace) -> int:
    """Show who may sign, or make a key in the running agent."""
    control = gateway(args).control
    if args.action == "show":
        return show(control, as_json=args.json)
    if not args.name:
        raise Mistake("who?", advice=f"name them: tallyman people {args.action} NAME")
    return add(control, args) if args.action == "add" else change(control, args)


def show(control: Path, *, as_json: bool) -> int:
    """Print who may sign."""
    return say_found(
        ask(control, {"verb": "people"}),
        lambda each: [f"{each['name']} may sign as {each['role']}{_locked(each)}"],
        "nobody may sign yet: tallyman people add NAME",
        as_json=as_json,
    )


def _locked(each: dict[str, Any]) -> str:
    return "; LOCKED, too many wrong PINs" if each.get("locked") else ""


def change(control: Path, args: argparse.Namespace) -> int:
    """Remove somebody, change their PIN, or unlock them."""
    request = {"verb": f"people-{args.action}", "name": args.name}
    if args.action == "pin":
        request["pin"] = read_pin(f"PIN of {args.name}: ")
        new = read_pin(f"new PIN of {args.name}: ", NEW_PIN_VARIABLE)
        if NEW_PIN_VARIABLE not in os.environ and read_pin("again: ", NEW_PIN_VARIABLE) != new:
            raise Mistake("the two PINs differ", advice="try again")
        request["new_pin"] = new
    answer = ask_one(control, request)
    if args.json:
        say_json(answer)
    else:
        say(f"{answer['name']} {answer['change']}")
    return 0


def add(control: Path, args: argparse.Namespace) -> int:
    """Have somebody's key made, and its public half recorded."""
    pin = read_pin(f"new PIN of {args.name}: ")
    if PIN_VARIABLE not in os.environ and read_pin("again: ") != pin:
        raise Mistake("the two PINs differ", advice="try again")
    request = {"verb": "people-add", "name": args.name, "role": args.role, "pin": pin}
    answer = ask_one(control, request)
    if args.json:
        say_json(answer)
    else:
        say(f"{answer['name']} may sign as {answer['role']}; the public key is on record")
    return 0


def read_pin(prompt: str, variable: str = PIN_VARIABLE) -> str:
    """Return a PIN from the environment or typed unseen; Mistake where neither can be."""
    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        raise Mistake(
            "a PIN must be typed at a terminal", advice=f"use a terminal, or set ${variable}"
        )
    return unseen(prompt)


def unseen(prompt: str) -> str:
    """Return what is typed without being shown; Mistake where the input ends instead."""
    try:
        return getpass.getpass(one_line(prompt))
    except EOFError:
        say()  # the prompt's line has no end yet
        raise Mistake("nothing was typed", advice="try again") from None
