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
from agent.cli.dock_language import ENGLISH, ENTRY, Words, told_in
from agent.cli.dock_page import ROOM, heading, page
from agent.cli.dock_receipt import lines, signature, with_code
from agent.cli.errors import Mistake
from agent.cli.given_files import contents
from agent.cli.people import read_pin
from agent.desks.attachments import MOST_BYTES
from agent.desks.control_client import Lost, NotRunning, ask_one
from agent.dock.differences import Code
from foundation.console import cut, folded
from foundation.errors import AgentError
from foundation.printing import say, say_each, say_json, say_text

EVERY = 1.0  # s between two looks
DECISIONS = {"a": "accepted", "x": "rejected", "c": "cancelled"}
YES = ("y", "yes")  # in any language: what the documents say
ReadLine = Callable[[float], str | None]


class Desk:
    """One check, asked through the control socket."""

    def __init__(
        self, control: Path, check: str, args: argparse.Namespace, words: Words = ENGLISH
    ) -> None:
        self.control = control
        self.check = check
        self.args = args
        self.words = words
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
            said = self.words.told(ENTRY, answer["withdrawn"])
            say(cut(self.words("talk.taken-back", what=said)))

    def show(self, view: dict[str, Any], room: int | None = ROOM) -> None:
        """Print how the check stands."""
        if self.args.json:
            say_json(view)
            return
        say_each(page(view, room, self.words), flush=True)
        if passed := view.get("passed"):
            say_each(folded(self._offered(passed, view["now_ms"]), 2))

    def _offered(self, passed: dict[str, Any], now_ms: int) -> str:
        """Say what went through before the check began, and can be counted."""
        words = self.words
        found = [
            words(f"talk.{name}", count=passed[name]) for name in ("tags", "scans") if passed[name]
        ]
        ago = age(now_ms - passed["to_ms"])
        return words("talk.passed", what=words("talk.and").join(found), age=ago)

    def close(self, decision: str) -> int:
        """Decide, sign where asked, and print the receipt."""
        args = self.args
        if args.sign and not self.ask("dock-signers").get(args.operator):
            raise Mistake(
                f"{args.operator} has no key here: nothing was decided",
                advice=f"see who may: tallyman people; or: tallyman people add {args.operator}",
            )
        pin = read_pin(self.words("talk.pin", name=args.operator)) if args.sign else ""
        if args.sign and not pin:
            raise Mistake("no PIN: nothing was decided", advice="type it, or leave out --sign")
        receipt = self.ask("dock-close", decision=decision, pin=pin)
        self.print_receipt(receipt, signature(receipt, {}, self.words))
        return 0

    def print_receipt(self, receipt: dict[str, Any], signed: str) -> None:
        """Print the receipt of a check, with who signed it."""
        if self.args.json:
            say_json(receipt)
        elif self.args.qr or sys.stdout.isatty():
            say_each(with_code(receipt, signed, self.words))
        else:
            say_each(lines(receipt, signed, words=self.words))

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
                say_each([*told_in(self.words, error), self.words("talk.waits")])
            return None
        shown = page(view | {"last_ms": None}, words=self.words)
        if shown != before:
            self.show(view)
            say_text(self.words("talk.keys"))
        return shown

    def tried(self, line: str) -> int | None:
        """Obey; say what was wrong, and go on."""
        try:
            return self.obey(line)
        except AgentError as error:
            say_each(told_in(self.words, error))
            return None

    def left(self) -> str:
        """Say that the check was not decided."""
        return self.words("talk.stays-open", check=self.check)

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
            self.say(dock_words.remark(rest, self.words))
        elif key == "u" and (not rest or rest.isdigit()):
            self.undo(int(rest) if rest else -1)
        elif key == "p" and not rest:
            self.ask("dock-pass")
        elif key == "l" and not rest:
            self.show_all()
        else:
            say_text(self.words("talk.more" if key == "?" else "talk.keys"))
        return None

    def show_all(self) -> None:
        """Print every difference, and what was typed, with the numbers by which to take it back."""
        view = self.look()
        self.show(view, None)
        for each in view["entries"]:
            said = self.words.told(ENTRY, each["said"])
            say(cut(f"  {self.words('talk.entry', number=each['number'], said=said)}"))

    def say(self, remark: dock_words.Remark) -> None:
        """Note a remark; one that names no goods only when it is meant so."""
        if not remark.label:
            code = remark.code if remark.code in tuple(Code) else ""
            what = heading(code, self.words) or remark.code
            if not self.asked(self.words("talk.whole-asked", what=what)):
                say(self.words("talk.nothing-noted"))
                return
        self._remark(remark)

    def decide(self, decision: str) -> int | None:
        """Decide; what is not complete is accepted only when it is meant so."""
        open_ = self._open_points(self.look())
        if decision == DECISIONS["a"] and open_:
            what = self.words("talk.and").join(open_)
            if not self.asked(self.words("talk.accept-asked", what=what)):
                say(self.words("talk.nothing-decided"))
                return None
        return self.close(decision)

    def asked(self, question: str) -> bool:
        """Return whether a question is answered with yes."""
        say_each(folded(self.words("talk.yes-or-no", question=question), 2), flush=True)
        while (answer := self._read_line(EVERY)) is None:
            pass
        return answer.strip().lower() in (*YES, *self.words("talk.yes").split())

    def _open_points(self, view: dict[str, Any]) -> list[str]:
        """Return in words what is missing, and how many differences there are besides."""
        gone = [each for each in view["differences"] if each["code"] == Code.MISSING]
        missing = sum(each["quantity"] for each in gone)
        others = len(view["differences"]) - len(gone) + view["more"]
        points = [self.words("talk.missing", count=missing)] if missing > 0 else []
        if others:
            key = "talk.others" if missing > 0 else "talk.differences"
            points.append(self.words(key, count=others))
        return points
