"""Bundles that something is told from: only those that a policy vouches for."""

from __future__ import annotations

from pathlib import Path

from agent.cli.errors import Mistake
from agent.cli.given_files import given_bundle
from evidence.log_set import LogSet
from evidence.report import Outcome, Report
from evidence.verify import verify_bundle


def verified(path: Path, policy: LogSet) -> Report:
    """Return what a bundle shows; Mistake where nothing vouches for it."""
    report = verify_bundle(given_bundle(path), policy)
    if report.outcome is not Outcome.AUTHENTIC:
        raise Mistake(
            f"{path} proves nothing: {report.findings[0].text}",
            advice=f"see: tallyman verify {path} --policy POLICY",
        )
    return report


def gateway_of(path: Path, report: Report) -> str:
    """Return the gateway's id, shortened as people do; the file's name tells which one it was."""
    issuer = report.statements[0].claims.issuer.rpartition(":")[2]
    return f"{path.stem}, {issuer[:8]}"
