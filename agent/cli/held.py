"""A bundle's file held against a policy, and against the timestamp over it where it bears one."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from agent.cli.given_files import contents
from agent.cli.progress import ProgressLine
from agent.cli.stamp import Stamp
from agent.timestamps.stamped import apart
from evidence.bundle import MAX_FILE_BYTES
from evidence.log_set import LogSet
from evidence.report import Finding, Report
from evidence.verify import verify_bundle


class Held(NamedTuple):
    """What was found, the plain bundle's bytes, and the timestamp that was over them."""

    report: Report
    bundle: bytes
    stamp: Stamp | None


def held(path: Path, policy: LogSet) -> Held:
    """Check a bundle as `tallyman verify` does without an authority; Mistake for no file."""
    bundle, token = apart(contents(path, MAX_FILE_BYTES, "name a bundle"))
    with ProgressLine("checking:", "batches") as line:
        report = verify_bundle(bundle, policy, line)
    stamp = None if token is None else Stamp(bundle, token)
    if stamp is not None:
        stamp.check(report, None)
    return Held(report, bundle, stamp)


def worst(report: Report) -> Finding:
    """Return the finding that made the verdict, of a report that has one."""
    return next(each for each in report.findings if each.outcome is report.outcome)
