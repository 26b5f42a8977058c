"""A driver against its emulator: the conformance tests, as a sheet."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from foundation.console import cut
from foundation.errors import AgentError
from hil.driver_kit.sheet import Answer, Sheet

TESTS = "tests/conformance"
UNREADABLE = "collection failure"  # what pytest calls it
MOST_SEEN = 240  # characters: three lines of a console
PATIENCE = 600.0  # s; all devices together take less


class NotAsked(AgentError):
    """The tests did not even begin."""


def check(root: Path, kind: str) -> Sheet:
    """Run the tests of one device; NotAsked where that is not possible."""
    if not (root / TESTS).is_dir():
        raise NotAsked(f"{root} has no {TESTS}", advice="say it in a checkout of the source")
    with tempfile.TemporaryDirectory(prefix="tallyman-") as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(  # noqa: S603  our own tests
            [sys.executable, "-m", "pytest", "-q", TESTS, "-k", f"{kind} or readme",
             f"--junitxml={report}", "-p", "no:cacheprovider"],
            cwd=root, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        if not report.exists():
            raise NotAsked(f"the tests do not start:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return Sheet(kind, "its emulator", answers(report.read_text("utf-8"), kind))


def answers(report: str, kind: str) -> list[Answer]:
    """Return what a JUnit report of pytest says; pytest made it, a moment ago, from our tests."""
    found = []
    for case in ET.fromstring(report).iter("testcase"):  # noqa: S314  as above
        trouble = next((each for each in case if each.tag in ("failure", "error", "skipped")), None)
        seen = "" if trouble is None else said(trouble)
        found.append(Answer(question(str(case.get("name")), kind), trouble is None, seen))
    return found


def said(trouble: ET.Element) -> str:
    """Return what went wrong in one line; of a file that cannot be read its last one."""
    message = (trouble.get("message") or "").strip()
    if message == UNREADABLE:
        return (trouble.text or "").strip().rpartition("\n")[2].removeprefix("E").strip()
    return cut(message.partition("\n")[0], MOST_SEEN)


def question(test: str, kind: str) -> str:
    """Return a test's name in words."""
    name, _, case = test.removeprefix("test_").partition("[")
    others = case.rstrip("]").replace(kind, "").strip("-")
    return name.replace("_", " ") + (f" ({others})" if others else "")
