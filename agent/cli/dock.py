"""`tallyman dock NOTICE --read-point P`: goods against their notice, live, to a signed receipt.

Line by line, so that a serial console will do: the view is printed when it changes, and a line
typed at any time is a command.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import select
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agent.cli.arguments import add_config, count
from agent.cli.console import told
from agent.cli.dock_page import SHOWN, page
from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.cli.people import read_pin
from agent.cli.place import gateway
from agent.cli.printing import print_each, print_json
from agent.cli.qr import drawn
from agent.desks.control_client import Lost, NotRunning, Refused, ask, ask_one
from agent.dock.differences import CODE_TEXTS, REMARKS
from agent.dock.history import DECISIONS
from agent.dock.notice import MOST_BYTES
from foundation.errors import AgentError

HELP = "check goods against their notice, up to a signed receipt"

PART = 32 * 1024  # bytes of a notice in one request: as base64 it stays below the socket's limit
EVERY = 1.0  # s between two looks

KEYS = (
    "[m LABEL] label typed in   [d CODE LABEL] remark   [l] all differences\n"
    "[a] accept   [x] reject   [c] cancel   [q] leave it open"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "notice",
        metavar="NOTICE",
        nargs="?",
        type=Path,
        help="file of the notice; without one: list the open checks",
    )
    add_check_arguments(parser)
    parser.add_argument("--operator", metavar="NAME", default="", help="who checks")
    parser.add_argument("--sign", action="store_true", help="sign with the operator's PIN")
    parser.add_argument(
        "--returns", action="store_true", help="check goods that come back against this notice"
    )


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what a check at the dock and a delivery have in common."""
    add_config(parser)
    parser.add_argument("--read-point", metavar="P", help="where the goods pass")
    parser.add_argument(
        "--label", action="append", default=[], metavar="TEXT", help="a label no device could read"
    )
    known = ", ".join(f"{code} {CODE_TEXTS[code]}" for code in REMARKS)
    parser.add_argument(
        "--remark", nargs=2, action="append", default=[], metavar=("CODE", "LABEL"), help=known
    )
    parser.add_argument(
        "--quantity", type=count, default=1, help="how many pieces a remark is about"
    )
    parser.add_argument("--rejected", action="store_true", help="refuse the pieces of a remark")
    parser.add_argument("--reason", default="", help="why, for labels and remarks")
    parser.add_argument(
        "--trip", type=Path, metavar="BUNDLE", help="bundle that proves the journey"
    )
    parser.add_argument("--policy", type=Path, help="policy to check that bundle against")
    parser.add_argument("--decide", choices=DECISIONS, help="close the check without asking")
    parser.add_argument(
        "--qr", action="store_true", help="draw the receipt's QR code even into a pipe"
    )
    parser.add_argument("--json", action="store_true", help="print the check or receipt as JSON")


def run(args: argparse.Namespace) -> int:
    """Send the notice, open or resume its check, and go on as asked."""
    control = gateway(args).control
    if args.notice is None:
        if any((args.label, args.remark, args.trip, args.decide, args.sign, args.returns)):
            raise Mistake("for which check?", advice="name its notice: tallyman dock NOTICE")
        return list_open(control, as_json=args.json)
    if args.sign and not args.operator:
        raise Mistake("who signs?", advice="name them: --operator keeper-2")
    return proceed(control, args, Desk)


def proceed(control: Path, args: argparse.Namespace, make: type[Desk]) -> int:
    """Open or resume the check of a notice, enter what the arguments say, then talk or decide."""
    if not args.read_point:
        raise Mistake("where do the goods pass?", advice="name it: --read-point 'door 2'")
    trip = proven(args)
    digest = send(control, args.notice)
    desk = make(control, open_check(control, digest, args), args)
    if trip:
        desk.ask("dock-trip", text=trip)
    for label in args.label:
        desk.label(label)
    for code, label in args.remark:
        desk.remark(code, label)
    if args.decide:
        return desk.close(args.decide)
    if args.json or not sys.stdin.isatty():
        desk.show(desk.look())
        return 0
    return desk.talk(typed)


def proven(args: argparse.Namespace) -> str:
    """Return what the bundle of `--trip` proves; nothing where none is named."""
    if args.trip is None:
        return ""
    if args.policy is None:
        raise Mistake("whose signatures count?", advice="name the policy: --policy policy.txt")
    from agent.cli.trip import journey  # noqa: PLC0415  most checks have no proof of a journey

    return journey(args.trip, args.policy)


def list_open(control: Path, *, as_json: bool) -> int:
    """Print the open checks."""
    return print_each(
        ask(control, {"verb": "dock-list"}),
        lambda each: f"{each['check']}: notice {each['notice']} at {each['read_point']}",
        "no check is open",
        as_json=as_json,
    )


def send(control: Path, path: Path) -> str:
    """Hand the notice's bytes to the agent; return their SHA-256 in hexadecimal."""
    data = contents(path, MOST_BYTES, "name the notice's file")
    digest = hashlib.sha256(data).hexdigest()
    for offset, part, last in parts(data):
        request = {
            "verb": "dock-notice",
            "digest": digest,
            "offset": offset,
            "part": base64.b64encode(part).decode(),
            "last": last,
        }
        try:
            ask_one(control, request)
        except Refused as error:
            raise Refused(f"{path}: {error}", advice=error.advice) from error
    return digest


def parts(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the parts of a notice: offset, bytes, whether it is the last."""
    for offset in range(0, max(1, len(data)), PART):
        yield offset, data[offset : offset + PART], offset + PART >= len(data)


def open_check(control: Path, digest: str, args: argparse.Namespace) -> str:
    """Open the check, or find the one that is open; return its number."""
    request = {"verb": "dock-open", "digest": digest, "read_point": args.read_point}
    answer = ask_one(
        control, request | {"operator": args.operator, "returns": getattr(args, "returns", False)}
    )
    if answer["resumed"] and not args.json:
        print(f"check {answer['check']} goes on")
    return str(answer["check"])


def typed(seconds: float) -> str | None:
    """Return a line from the terminal, None after `seconds`; "q" where the terminal is gone."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return (sys.stdin.readline() or "q\n").strip() if ready else None


class Desk:
    """One check, asked through the control socket."""

    def __init__(self, control: Path, check: str, args: argparse.Namespace) -> None:
        self._control = control
        self._check = check
        self.args = args

    def ask(self, verb: str, **more: object) -> dict[str, Any]:
        """Ask the agent about this check."""
        request = {"verb": verb, "check": self._check, "operator": self.args.operator}
        return dict(ask_one(self._control, request | more))

    def look(self) -> dict[str, Any]:
        """Return how the check stands."""
        return self.ask("dock-look")

    def label(self, label: str) -> dict[str, Any]:
        """Note a label read by eye."""
        return self.ask("dock-label", label=label, text=self.args.reason)

    def remark(self, code: str, label: str) -> dict[str, Any]:
        """Note what the operator says of goods."""
        args = self.args
        return self.ask(
            "dock-remark",
            code=code,
            label=label,
            quantity=args.quantity,
            rejected=args.rejected,
            text=args.reason,
        )

    def show(self, view: dict[str, Any], most: int | None = SHOWN) -> None:
        """Print how the check stands."""
        if self.args.json:
            print_json(view)
            return
        for line in page(view, most):
            print(line, flush=True)

    def close(self, decision: str) -> int:
        """Decide, sign where asked, and print the receipt."""
        args = self.args
        pin = read_pin(f"PIN of {args.operator}: ") if args.sign else ""
        if args.sign and not pin:
            raise Mistake("no PIN: nothing was decided", advice="type it, or leave out --sign")
        receipt = self.ask("dock-close", decision=decision, pin=pin)
        self.print_receipt(receipt, f"signed: {receipt['signed']}")
        return 0

    def print_receipt(self, receipt: dict[str, Any], signed: str) -> None:
        """Print the receipt of a check, with who signed it."""
        if self.args.json:
            print_json(receipt)
            return
        print(f"receipt {receipt['check']}: notice {receipt['notice']} {receipt['decision']}")
        codes = f", {receipt['codes']}" if receipt.get("codes") else ""
        print(f"  {receipt['found']} of {receipt['expected']} pieces{codes}")
        if receipt.get("verdict_ms") is not None:
            print(f"  {receipt['verdict_ms'] / 1000:.1f} s after the last new item was seen")
        print("  SHA-256 of notice and receipt:")
        print(f"  {receipt['digest']}\n  {receipt['sha256']}")
        print(f"  {signed}\n  it is sealed now, sent when there is a network")
        if self.args.qr or sys.stdout.isatty():
            for line in drawn(receipt_text(receipt)):
                print(line)

    def talk(self, read_line: Callable[[float], str | None]) -> int:
        """Show what changes and obey what is typed, until the check is decided or left."""
        seen: dict[str, Any] | None = {}
        print(KEYS)
        try:
            while True:
                seen = self.watch(seen)
                line = read_line(EVERY)
                code = None if line is None else self.tried(line)
                if code is not None:
                    return code
        except KeyboardInterrupt:
            print(f"\n{self.left()}")
            raise

    def watch(self, before: dict[str, Any] | None) -> dict[str, Any] | None:
        """Show what changed since `before`; None, told once, while no agent answers."""
        try:
            view = self.look()
        except (NotRunning, Lost) as error:
            if before is not None:
                print(*told(error), "the check goes on when the agent is back", sep="\n")
            return None
        if before is None or {**view, "now_ms": 0} != {**before, "now_ms": 0}:
            self.show(view)
        return view

    def tried(self, line: str) -> int | None:
        """Obey; say what was wrong, and go on."""
        try:
            return self.obey(line)
        except AgentError as error:
            print(*told(error), sep="\n")
            return None

    def left(self) -> str:
        """Say that the check was not decided."""
        return f"check {self._check} stays open: the same command goes on with it"

    def obey(self, line: str) -> int | None:
        """Do what one line says; return the exit code where that ends it."""
        key, _, rest = line.partition(" ")
        key = key.lower()
        decisions = {"a": "accepted", "x": "rejected", "c": "cancelled"}
        if key in decisions:
            return self.close(decisions[key])
        if key == "q":
            print(self.left())
            return 0
        if key == "m" and rest:
            self.label(rest)
        elif key == "d" and rest:
            code, _, label = rest.partition(" ")
            self.remark(code.upper(), label)
        elif key == "l":
            self.show(self.look(), None)
        else:
            print(KEYS)
        return None


def receipt_text(receipt: dict[str, Any]) -> str:
    """Return what the QR code of a receipt says, in the characters that QR codes pack best."""
    return f"TALLYMAN:{receipt['check']}:{receipt['sha256']}".upper()
