"""Bundles that something is told from: only those that a policy vouches for."""

from __future__ import annotations

from pathlib import Path

from agent.cli.errors import Mistake
from agent.cli.held import held, worst
from evidence.log_set import LogSet
from evidence.report import Outcome, Report


def verified(path: Path, policy: LogSet) -> Report:
    """Return what a bundle shows; Mistake where nothing vouches for it."""
    report = held(path, policy).report
    if report.outcome is not Outcome.AUTHENTIC:
        raise Mistake(
            f"{path} proves nothing: {worst(report).text}",
            advice=f"see: tallyman verify {path} --policy POLICY",
        )
    return report


def gateway_of(path: Path, report: Report) -> str:
    """Return the gateway's id, shortened as people do; the file's name tells which one it was."""
    issuer = report.statements[0].claims.issuer.rpartition(":")[2]
    return f"{path.stem}, {issuer[:8]}"
