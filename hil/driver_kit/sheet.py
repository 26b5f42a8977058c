"""The conformance sheet of a driver: what it was asked, and how that went."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from agent.machine.version import VERSION
from drivers.catalog import DEVICES
from foundation.console import folded
from foundation.counting import counted
from foundation.printing import say, say_each, say_json

MARKS = {True: "pass", False: "FAIL"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One question, whether it passed, and what was seen where it did not, or is worth knowing."""

    question: str
    passed: bool
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All answers of a driver against an emulator or a real device."""

    kind: str
    against: str
    answers: Sequence[Answer]

    @property
    def passed(self) -> bool:
        """Whether everything was asked and passed."""
        return bool(self.answers) and all(answer.passed for answer in self.answers)


def digest_of(kind: str) -> str:
    """Return the SHA-256 of the driver's module: of which text the sheet is."""
    spec = importlib.util.find_spec(DEVICES[kind])
    assert spec is not None
    assert spec.origin is not None
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()


def print_sheet(sheet: Sheet, *, as_json: bool) -> None:
    """Print it for people, or as one JSON object."""
    if as_json:
        say_json(asdict(sheet) | {"passed": sheet.passed, "sha256": digest_of(sheet.kind)})
        return
    say(f"driver    {sheet.kind}, Tallyman {VERSION}, SHA-256 {digest_of(sheet.kind)[:16]}…")
    say(f"against   {sheet.against}")
    for answer in sheet.answers:
        say_each(folded(f"{MARKS[answer.passed]}      {answer.question}", 10))
        if answer.seen:
            say_each(folded(f"          {answer.seen}", 10))
    failed = sum(not answer.passed for answer in sheet.answers)
    asked = counted(len(sheet.answers), "question")
    say(f"{asked}: {len(sheet.answers) - failed} passed, {failed} failed")
