"""`tallyman dock NOTICE --read-point P`: goods against their notice, live, to a signed receipt.

Line by line, so that a serial console will do: the view is printed when it changes, and a line
typed at any time is a command. In place of the notice's file, the number of a check, a receipt or
a notice goes on with it, or shows it again.
"""

from __future__ import annotations

import argparse
import select
import sys
from pathlib import Path
from typing import Any

from agent.cli.amounts import age
from agent.cli.dock_arguments import add_arguments
from agent.cli.dock_language import ENGLISH, Words, words_of
from agent.cli.dock_notice import send
from agent.cli.dock_paper import write_paper
from agent.cli.dock_preview import preview
from agent.cli.dock_receipt import again
from agent.cli.dock_stages import show_stages
from agent.cli.dock_talk import Desk
from agent.cli.errors import Mistake
from agent.cli.place import gateway
from agent.cli.printing import say_found
from agent.desks.control_client import NotRunning, Refused, ask, ask_one
from foundation.console import cut
from foundation.printing import say, say_each, say_json

__all__ = ["HELP", "add_arguments", "run"]

HELP = "check goods against their notice, up to a signed receipt"


def run(args: argparse.Namespace) -> int:
    """Send the notice, open or resume its check, and go on as asked."""
    if args.preview and args.notice is not None:
        return preview(args)
    control = gateway(args).control
    if args.notice is None:
        if entered(args) or args.sign or args.returns:
            raise Mistake("for which check?", advice="name its notice: tallyman dock NOTICE")
        return list_open(control, as_json=args.json, words=words_of(args))
    if args.paper:
        return write_paper(control, args)
    if args.stages:
        return show_stages(control, args)
    if args.sign and not args.operator:
        raise Mistake("who signs?", advice="name them: --operator keeper-2")
    return proceed(control, args, Desk)


def entered(args: argparse.Namespace) -> bool:
    """Whether the arguments enter anything into a check."""
    asked = (args.label, args.remark, args.trip, args.decide, args.passed, args.undo is not None)
    return any(asked)


def proceed(control: Path, args: argparse.Namespace, make: type[Desk]) -> int:
    """Open or resume the check of a notice, enter what the arguments say, then talk or decide."""
    desk = make(control, "", args, words_of(args))
    desk.begin()
    if not args.notice.exists():
        found = known(control, str(args.notice))
        open_ = [each for each in found if "read_point" in each and _meant(each, args)]
        came = next((each["digest"] for each in found if "digest" in each), "")
        if came and not open_ and (args.read_point or len(found) == 1):
            return begin(desk, args, came)
        if found and not open_ and not entered(args):
            return show_again(found, desk.words, utc=args.utc, as_json=args.json)
        if len(open_) > 1:
            raise Mistake(
                f"{len(open_)} checks of {args.notice} are open",
                advice=f"name one: {', '.join(each['check'] for each in open_)}",
            )
        if open_:
            desk.check = open_[0]["check"]
            return go_on(desk, args)
    args.read_point = args.read_point or only_point(control)
    trip = proven(args)
    return begin(desk, args, send(control, args.notice, args.number), trip)


def begin(desk: Desk, args: argparse.Namespace, digest: str, trip: str = "") -> int:
    """Open the check of a notice that the agent has, or go on with it."""
    args.read_point = args.read_point or only_point(desk.control)
    if not args.notice.exists():
        args.number = str(args.notice)
    desk.check = open_check(desk, digest, args)
    return go_on(desk, args, trip)


def _meant(each: dict[str, Any], args: argparse.Namespace) -> bool:
    returns = getattr(args, "returns", False)
    here = args.read_point in (None, each["read_point"])
    return here and (each["returns"] == returns or each["check"] == str(args.notice))


def go_on(desk: Desk, args: argparse.Namespace, trip: str = "") -> int:
    """Enter what the arguments say of a check, then talk or decide."""
    trip = trip or proven(args)
    if trip:
        desk.ask("dock-trip", text=trip)
    if args.passed:
        desk.ask("dock-pass")
    if args.undo is not None:
        desk.undo(args.undo)
    for label in args.label:
        desk.label(label, args.quantity if not args.remark else 1)
    for code, label in args.remark:
        desk.remark(code, label)
    if args.decide:
        return desk.close(args.decide)
    if args.json or not sys.stdin.isatty():
        desk.show(desk.look(passed=True))
        return 0
    return desk.talk(typed)


def known(control: Path, name: str) -> list[dict[str, Any]]:
    """Return the checks and receipts with a number, or of its notice; none without an agent."""
    try:
        return [dict(each) for each in ask(control, {"verb": "dock-find", "name": name})]
    except (NotRunning, Refused):
        return []


def show_again(found: list[dict[str, Any]], words: Words, *, utc: bool, as_json: bool) -> int:
    """Print receipts of before."""
    for each in found:
        if "digest" in each:
            continue  # the notice itself: a check of it can begin
        if as_json:
            say_json(each)
        elif "receipt" in each:
            say_each(again(each, utc=utc, words=words))
        else:
            say_each(listed(each, words))
    return 0


def only_point(control: Path) -> str:
    """Return the read point where there is just one; Mistake names those there are."""
    try:
        points = [str(each["read_point"]) for each in ask(control, {"verb": "dock-points"})]
    except NotRunning:
        points = []
    if len(points) == 1:
        return points[0]
    names = " or ".join(f"'{name}'" for name in points) or "'door 2'"
    raise Mistake("where do the goods pass?", advice=f"name it: --read-point {names}")


def proven(args: argparse.Namespace) -> str:
    """Return what the bundle of `--trip` proves; nothing where none is named."""
    if args.trip is None:
        return ""
    if args.policy is None:
        raise Mistake("whose signatures count?", advice="name the policy: --policy policy.txt")
    from agent.cli.trip import journey  # noqa: PLC0415  most checks have no proof of a journey

    return journey(args.trip, args.policy)


def list_open(control: Path, *, as_json: bool, words: Words = ENGLISH) -> int:
    """Print the open checks."""
    found = ask(control, {"verb": "dock-list"})
    none = words("talk.none-open")
    return say_found(found, lambda each: listed(each, words), none, as_json=as_json)


def listed(each: dict[str, Any], words: Words = ENGLISH) -> list[str]:
    """Return an open check as two lines: which, and how it stands."""
    named = {name: each[name] for name in ("check", "notice", "read_point")}
    head = words("talk.listed-returns" if each["returns"] else "talk.listed", **named)
    ago = age(each["now_ms"] - each["opened_ms"])
    since = words("talk.listed-since", age=ago) if each["opened_ms"] else ""
    by = words("talk.listed-by", operator=each["operator"]) if each["operator"] else ""
    standing = f"  {each['found']}/{each['expected']}{since}{by}"
    return [cut(head), cut(standing)]


def open_check(desk: Desk, digest: str, args: argparse.Namespace) -> str:
    """Open the check, or find the one that is open; return its number."""
    request = {"verb": "dock-open", "digest": digest, "read_point": args.read_point}
    more = {"operator": args.operator, "returns": getattr(args, "returns", False)}
    answer = ask_one(desk.control, request | more | {"number": args.number})
    if not args.json:
        if answer["resumed"]:
            say(desk.words("talk.goes-on", check=answer["check"]))
        for other in answer.get("elsewhere", ()):
            say(desk.words("talk.open-elsewhere", **other))
    return str(answer["check"])


def typed(seconds: float) -> str | None:
    """Return a line from the terminal, None after `seconds`; "q" where the terminal is gone."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return (sys.stdin.readline() or "q\n").strip() if ready else None
