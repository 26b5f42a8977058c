"""What the proof of a journey tells whoever receives the goods: look at everything, or at some."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from agent.cli.common import Mistake
from agent.cli.given_files import bundle_file, policy_file, why
from agent.evidence.errors import EvidenceError
from agent.evidence.report import Outcome, Report
from agent.evidence.verify import verify_bundle

INCIDENTS = {
    "shock": "shocks",
    "excursion": "excursions",
    "gap": "gaps",
    "tag-suspect": "suspect tags",
    "box-check": "boxes whose barcode and tag differ",
}
"""Kinds of records that are a reason to look closer."""

NOT_PROVEN = {
    Outcome.ALTERED: "the file was altered",
    Outcome.INCOMPLETE: "data is missing and no gap was declared",
    Outcome.UNTRUSTED: "nothing in the policy vouches for it",
    Outcome.UNREADABLE: "the file is no bundle that can be checked",
}


def journey(bundle: Path, policy: Path) -> str:
    """Return what a bundle proves of a journey, in one sentence; Mistake for unreadable files."""
    try:
        trusted = policy_file(policy)
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        raise Mistake(
            f"cannot use the policy {policy}: {why(error)}",
            advice="ask the consortium for its policy file",
        ) from error
    try:
        data = bundle_file(bundle)
    except (OSError, EvidenceError) as error:
        raise Mistake(f"cannot read {bundle}: {why(error)}", advice="name a bundle") from error
    return advice_of(verify_bundle(data, trusted))


def advice_of(report: Report) -> str:
    """Say how closely to look: everything, unless the journey is proven and shown whole."""
    if report.outcome is not Outcome.AUTHENTIC:
        return f"NOT PROVEN: {NOT_PROVEN[report.outcome]}: inspect everything"
    if report.losses or report.hidden:
        return "proven in part, the rest is lost or hidden: inspect everything"
    count = Counter(
        record.kind
        for record in report.records
        if record.kind != "box-check" or record.quality != "ok"
    )
    found = [f"{count[kind]} {name}" for kind, name in INCIDENTS.items() if count[kind]]
    if found:
        return f"proven, with {', '.join(found)}: inspect what they concern"
    return f"proven, {len(report.records)} records without incident: samples will do"
