"""One check, asked through the control socket, and the conversation about it."""

from __future__ import annotations

import argparse
import hashlib
import mimetypes
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.cli import dock_words
from agent.cli.amounts import age
from agent.cli.dock_page import ROOM, page
from agent.cli.dock_receipt import lines, with_code
from agent.cli.dock_words import KEYS, MORE
from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.cli.people import read_pin
from agent.desks.attachments import MOST_BYTES
from agent.desks.control_client import Lost, NotRunning, ask_one
from agent.dock.differences import CODE_TEXTS, Code
from foundation.console import told
from foundation.counting import counted
from foundation.errors import AgentError
from foundation.printing import say, say_each, say_json, say_text

EVERY = 1.0  # s between two looks
DECISIONS = {"a": "accepted", "x": "rejected", "c": "cancelled"}
ReadLine = Callable[[float], str | None]


class Desk:
    """One check, asked through the control socket."""

    def __init__(self, control: Path, check: str, args: argparse.Namespace) -> None:
        self.control = control
        self.check = check
        self.args = args
        self._read_line: ReadLine = lambda _: None

    def begin(self) -> None:
        """Refuse what cannot come to an end, before anything is opened."""

    def ask(self, verb: str, **more: object) -> dict[str, Any]:
        """Ask the agent about this check."""
        request = {"verb": verb, "check": self.check, "operator": self.args.operator}
        return dict(ask_one(self.control, request | more))

    def look(self, *, passed: bool = False) -> dict[str, Any]:
        """Return how the check stands; `passed`: also what went through before it began."""
        return self.ask("dock-look", passed=True) if passed else self.ask("dock-look")

    def label(self, label: str, quantity: int = 1) -> dict[str, Any]:
        """Note a label read by eye."""
        return self.ask("dock-label", label=label, quantity=quantity, text=self.args.reason)

    def remark(self, code: str, label: str) -> dict[str, Any]:
        """Note what the arguments say of goods."""
        args = self.args
        return self._remark(
            dock_words.Remark(
                code, label, args.quantity, args.rejected, args.reason, getattr(args, "photo", None)
            )
        )

    def _remark(self, said: dock_words.Remark) -> dict[str, Any]:
        photo = {} if said.photo is None else {"photo": self._notarized(said.photo)}
        return self.ask(
            "dock-remark",
            code=said.code,
            label=said.label,
            quantity=said.quantity,
            rejected=said.rejected,
            text=said.reason,
            **photo,
        )

    def _notarized(self, path: Path) -> str:
        """Put a picture on record, and return its SHA-256."""
        from agent.cli import notarize  # noqa: PLC0415  most checks have no picture

        file = contents(path, MOST_BYTES, "name the picture's file")
        digest = hashlib.sha256(file).hexdigest()
        notarize.send(self.control, file, digest)
        kind = mimetypes.guess_type(path.name)[0] or notarize.UNKNOWN_TYPE
        request = {"verb": "notarize", "name": path.name, "type": "photo", "content_type": kind}
        ask_one(self.control, request | {"kept": True, "digest": digest, "bytes": len(file)})
        return digest

    def undo(self, number: int = -1) -> None:
        """Take back an entry, the last one unless `number` names another."""
        entry = {} if number < 0 else {"entry": number}
        answer = self.ask("dock-undo", **entry)
        if not self.args.json:
            say(f"taken back: {answer['withdrawn']}")

    def show(self, view: dict[str, Any], room: int | None = ROOM) -> None:
        """Print how the check stands."""
        if self.args.json:
            say_json(view)
            return
        say_each(page(view, room), flush=True)
        if passed := view.get("passed"):
            ago = age(view["now_ms"] - passed["to_ms"])
            tags = counted(passed["tags"], "tag") if passed["tags"] else ""
            scans = counted(passed["scans"], "scan") if passed["scans"] else ""
            what = " and ".join(filter(None, (tags, scans)))
            say(f"{what} passed {ago} ago, before this check began: count with p, --passed")

    def close(self, decision: str) -> int:
        """Decide, sign where asked, and print the receipt."""
        args = self.args
        if args.sign and not self.ask("dock-signers").get(args.operator):
            raise Mistake(
                f"{args.operator} has no key here: nothing was decided",
                advice=f"see who may: tallyman people; or: tallyman people add {args.operator}",
            )
        pin = read_pin(f"PIN of {args.operator}: ") if args.sign else ""
        if args.sign and not pin:
            raise Mistake("no PIN: nothing was decided", advice="type it, or leave out --sign")
        receipt = self.ask("dock-close", decision=decision, pin=pin)
        self.print_receipt(receipt, f"signed: {receipt['signed']}")
        return 0

    def print_receipt(self, receipt: dict[str, Any], signed: str) -> None:
        """Print the receipt of a check, with who signed it."""
        if self.args.json:
            say_json(receipt)
        elif self.args.qr or sys.stdout.isatty():
            say_each(with_code(receipt, signed))
        else:
            say_each(lines(receipt, signed))

    def talk(self, read_line: ReadLine) -> int:
        """Show what changes and obey what is typed, until the check is decided or left."""
        self._read_line = read_line
        seen: list[str] | None = []
        first = True
        try:
            while True:
                seen = self.watch(seen, first=first)
                first = False
                line = read_line(EVERY)
                code = None if line is None else self.tried(line)
                if code is not None:
                    return code
        except KeyboardInterrupt:
            say()
            say(self.left())
            raise

    def watch(self, before: list[str] | None, *, first: bool = False) -> list[str] | None:
        """Show what changed since `before`; None, told once, while no agent answers."""
        try:
            view = self.look(passed=first)
        except (NotRunning, Lost) as error:
            if before is not None:
                say_each([*told(error), "the check goes on when the agent is back"])
            return None
        shown = page(view | {"last_ms": None})
        if shown != before:
            self.show(view)
            say_text(KEYS)
        return shown

    def tried(self, line: str) -> int | None:
        """Obey; say what was wrong, and go on."""
        try:
            return self.obey(line)
        except AgentError as error:
            say_each(told(error))
            return None

    def left(self) -> str:
        """Say that the check was not decided."""
        return f"check {self.check} stays open: tallyman dock {self.check} goes on with it"

    def obey(self, line: str) -> int | None:
        """Do what one line says; return the exit code where that ends it."""
        key, _, rest = line.partition(" ")
        key, rest = key.lower(), rest.strip()
        if dock_words.is_label(line):
            self.label(line)
        elif key in DECISIONS and not rest:
            return self.decide(DECISIONS[key])
        elif key == "q" and not rest:
            say(self.left())
            return 0
        elif key == "m" and rest:
            quantity, label = dock_words.counted_label(rest)
            self.label(label, quantity)
        elif key == "d" and rest:
            self.say(dock_words.remark(rest))
        elif key == "u" and (not rest or rest.isdigit()):
            self.undo(int(rest) if rest else -1)
        elif key == "p" and not rest:
            self.ask("dock-pass")
        elif key == "l" and not rest:
            self.show_all()
        else:
            say_text(MORE if key == "?" else KEYS)
        return None

    def show_all(self) -> None:
        """Print every difference, and what was typed, with the numbers by which to take it back."""
        view = self.look()
        self.show(view, None)
        for each in view["entries"]:
            say(f"  entry {each['number']}: {each['said']}")

    def say(self, remark: dock_words.Remark) -> None:
        """Note a remark; one that names no goods only when it is meant so."""
        if not remark.label:
            what = CODE_TEXTS.get(_code(remark.code), remark.code)
            if not self.asked(f"{what}: the delivery as a whole?"):
                say("nothing was noted: d CODE LABEL is about some goods")
                return
        self._remark(remark)

    def decide(self, decision: str) -> int | None:
        """Decide; what is not complete is accepted only when it is meant so."""
        view = self.look()
        missing, others = open_points(view)
        if decision == "accepted" and (missing or others):
            what = " and ".join(filter(None, (missing, others)))
            if not self.asked(f"accept with {what}?"):
                say("nothing was decided")
                return None
        return self.close(decision)

    def asked(self, question: str) -> bool:
        """Return whether a question is answered with yes."""
        say(f"{question} y: yes, anything else: no", flush=True)
        while (answer := self._read_line(EVERY)) is None:
            pass
        return answer.strip().lower() in ("y", "yes")


def open_points(view: dict[str, Any]) -> tuple[str, str]:
    """Return in words what is missing, and how many differences there are besides."""
    gone = [each for each in view["differences"] if each["code"] == Code.MISSING]
    missing = sum(each["quantity"] for each in gone)
    others = len(view["differences"]) - len(gone) + view["more"]
    return (
        f"{missing} missing" if missing > 0 else "",
        counted(others, "other difference" if missing > 0 else "difference") if others else "",
    )


def _code(text: str) -> Code:
    return Code(text) if text in tuple(Code) else Code.NONE
