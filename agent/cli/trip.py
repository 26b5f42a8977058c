"""What the proof of a journey tells whoever receives the goods: look at everything, or at some."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from agent.cli.given_files import given_bundle, read_policy
from agent.cli.summary_page import in_short
from agent.desks.dock_entries import MOST_TRIP
from agent.shipments.shipment import KIND
from agent.shipments.summary import summarized
from evidence.leaf import Record
from evidence.report import Outcome, Report
from evidence.verify import verify_bundle
from foundation.counting import counted
from foundation.words import one_line

INCIDENTS = {
    "alarm": ("alarm", "alarms"),
    "shock": ("shock", "shocks"),
    "excursion": ("excursion or unknown condition", "excursions or unknown conditions"),
    "gap": ("gap", "gaps"),
    "tag-suspect": ("suspect tag", "suspect tags"),
    "box-check": ("box whose barcode and tag differ", "boxes whose barcode and tag differ"),
}
"""Kinds of records that are a reason to look closer."""

NOT_PROVEN = {
    Outcome.ALTERED: "the file was altered",
    Outcome.INCOMPLETE: "data is missing and no gap was declared",
    Outcome.UNTRUSTED: "nothing in the policy vouches for it",
    Outcome.UNREADABLE: "the file is not a bundle that can be checked",
}


def journey(bundle: Path, policy: Path) -> str:
    """Return what a bundle proves of a journey, and how it went; Mistake for unreadable files."""
    trusted = read_policy(policy)
    report = verify_bundle(given_bundle(bundle), trusted)
    return "; ".join([advice_of(report), *fared(report)])[:MOST_TRIP]


def fared(report: Report) -> list[str]:
    """Return how the shipments of a proven journey fared, one sentence each, unknown time named."""
    if report.outcome is not Outcome.AUTHENTIC:
        return []
    names = dict.fromkeys(
        str(each.values.get("name")) for each in report.records if each.kind == KIND
    )
    return [one_line(in_short(summarized(name, report.records))) for name in names]


def advice_of(report: Report) -> str:
    """Say how closely to look: everything, unless the journey is proven and shown whole."""
    if report.outcome is not Outcome.AUTHENTIC:
        return f"NOT PROVEN: {NOT_PROVEN[report.outcome]}: inspect everything"
    if report.losses or report.hidden:
        return "proven in part, the rest is lost or hidden: inspect everything"
    count = Counter(record.kind for record in report.records if _is_incident(record))
    found = [counted(count[kind], *names) for kind, names in INCIDENTS.items() if count[kind]]
    if found:
        return f"proven, with {', '.join(found)}: inspect the goods concerned"
    records = counted(len(report.records), "record")
    return f"proven, {records} without incident: spot checks will do"


def _is_incident(record: Record) -> bool:
    """Whether a record of such a kind tells of trouble: some tell that all is well, too."""
    if record.kind == "excursion":
        return record.values.get("state") != "ok"
    return record.kind != "box-check" or record.quality != "ok"
