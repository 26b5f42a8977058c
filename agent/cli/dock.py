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

from agent.cli.common import Mistake, add_config, gateway, print_json, whole
from agent.cli.people import read_pin
from agent.cli.qr import drawn
from agent.control_client import Refused, ask, ask_one
from agent.dock.session import DECISIONS
from agent.dock.verdict import CODE_TEXTS, REMARKS, Code

HELP = "check what comes in against an advance shipping notice"

PART = 32 * 1024  # bytes of a notice in one request: as base64 it stays below the socket's limit
EVERY = 1.0  # s between two looks
SHOWN = 12  # differences on a screen of 24 lines
BAR = 10  # characters
WIDTH = 79

KEYS = (
    "[m LABEL] label typed in   [d CODE LABEL] remark   [l] all differences\n"
    "[a] accept   [x] reject   [c] cancel   [q] leave it open"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "notice", metavar="NOTICE", nargs="?", type=Path, help="file; without one: open checks"
    )
    add_check_arguments(parser)
    parser.add_argument("--operator", metavar="NAME", default="", help="who checks")
    parser.add_argument("--sign", action="store_true", help="sign with the operator's PIN")
    parser.add_argument(
        "--returns", action="store_true", help="what comes back from the goods of this notice"
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
    parser.add_argument("--quantity", type=whole, default=1, help="pieces that a remark is about")
    parser.add_argument("--rejected", action="store_true", help="a remark's pieces are refused")
    parser.add_argument("--reason", default="", help="goes with labels and remarks")
    parser.add_argument("--trip", type=Path, metavar="BUNDLE", help="proof of the journey here")
    parser.add_argument("--policy", type=Path, help="the policy to hold that proof against")
    parser.add_argument("--decide", choices=DECISIONS, help="close the check, ask nothing")
    parser.add_argument(
        "--qr", action="store_true", help="draw the receipt's QR code in a pipe, too"
    )
    parser.add_argument("--json", action="store_true", help="print the check or receipt as JSON")


def run(args: argparse.Namespace) -> int:
    """Send the notice, open or resume its check, and go on as asked."""
    control = gateway(args).control
    if args.notice is None:
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
    found = list(ask(control, {"verb": "dock-list"}))
    for each in found:
        if as_json:
            print_json(each)
        else:
            print(f"{each['check']}: notice {each['notice']} at {each['read_point']}")
    if not found and not as_json:
        print("no check is open")
    return 0


def send(control: Path, path: Path) -> str:
    """Hand the notice's bytes to the agent; return their SHA-256 in hexadecimal."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Mistake(f"cannot read {path}: {error.strerror}", advice="name a notice") from error
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
            print(f"  {receipt['verdict_ms'] / 1000:.1f} s after the last new thing was seen")
        print("  SHA-256 of notice and receipt:")
        print(f"  {receipt['digest']}\n  {receipt['sha256']}")
        print(f"  {signed}; it is sealed now, sent when there is a network")
        if self.args.qr or sys.stdout.isatty():
            for line in drawn(receipt_text(receipt)):
                print(line)

    def talk(self, read_line: Callable[[float], str | None]) -> int:
        """Show what changes and obey what is typed, until the check is decided or left."""
        before: dict[str, Any] = {}
        print(KEYS)
        while True:
            view = self.look()
            if {**view, "now_ms": 0} != {**before, "now_ms": 0}:
                self.show(view)
                before = view
            line = read_line(EVERY)
            if line is None:
                continue
            try:
                code = self.obey(line)
            except Refused as error:
                print(f"error: {error}\nnext: {error.advice}")
                continue
            if code is not None:
                return code

    def obey(self, line: str) -> int | None:
        """Do what one line says; return the exit code where that ends it."""
        key, _, rest = line.partition(" ")
        decisions = {"a": "accepted", "x": "rejected", "c": "cancelled"}
        if key in decisions:
            return self.close(decisions[key])
        if key == "q":
            print(f"check {self._check} stays open: the same command goes on with it")
            return 0
        if key == "m" and rest:
            self.label(rest)
        elif key == "d" and rest:
            code, _, label = rest.partition(" ")
            self.remark(code, label)
        elif key == "l":
            self.show(self.look(), None)
        else:
            print(KEYS)
        return None


def page(view: dict[str, Any], most: int | None = SHOWN) -> Iterator[str]:
    """Yield a check as lines of at most 80 columns; `most` differences, None for all."""
    done = BAR * view["found"] // view["expected"] if view["expected"] else BAR
    bar = "#" * done + "." * (BAR - done)
    yield (
        f"{view['read_point']}  [{bar}] {view['found']}/{view['expected']} expected, "
        f"{view['unexpected']} unexpected{since(view)}"
    )[:WIDTH]
    yield from notes(view)
    shown = view["differences"][:most]
    for each in shown:
        code = each["code"]
        count = f"{each['quantity']} x " if each["quantity"] > 1 else ""
        yield f"  {code:3} {heading(code)}: {count}{each['what']}"[:WIDTH]
        if each["text"] != heading(code):
            yield f"      {each['text']}"[:WIDTH]
        if each["hint"]:
            yield f"      hint: {each['hint']}"[:WIDTH]
    left = len(view["differences"]) - len(shown) + view["more"]
    if left:
        yield f"  and {left} more"
    if not view["differences"]:
        yield f"  complete ({view['disposition']})"
    for each in view["put_away"]:
        where = " or ".join(each["shelves"])
        yield f"  put away: {each['quantity']} x (01){each['gtin']} on {where}"[:WIDTH]


def notes(view: dict[str, Any]) -> Iterator[str]:
    """Yield what is special about a check."""
    if view["receipt_before"]:
        yield f"ALREADY RECEIVED: see receipt {view['receipt_before']}"
    if view["returns"]:
        yield returned(view)
    if view["trip"]:
        yield f"journey: {view['trip']}"[:WIDTH]
    if view["manual"]:
        yield f"{view['manual']} known by hand alone"
    if view["doubtful"]:
        yield f"{view['doubtful']} scans were doubtful: scan again, or type the label"


def returned(view: dict[str, Any]) -> str:
    """Say what the goods that come back are held against."""
    if view["delivered_by"]:
        return f"returns, against receipt {view['delivered_by']}"
    return "returns; no hand-over of this notice is on record here: its numbers alone count"


def receipt_text(receipt: dict[str, Any]) -> str:
    """Return what the QR code of a receipt says, in the characters that QR codes pack best."""
    return f"TALLYMAN:{receipt['check']}:{receipt['sha256']}".upper()


def heading(code: str) -> str:
    """Return what a RECADV code means."""
    return CODE_TEXTS.get(Code(code), "")


def since(view: dict[str, Any]) -> str:
    """Return how long ago something new was seen."""
    if view["last_ms"] is None:
        return ""
    return f", {max(0, view['now_ms'] - view['last_ms']) // 1000} s since the last"
