"""What the proof of a journey tells whoever receives the goods: look at everything, or at some."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from agent.cli.given_files import read_policy
from agent.cli.held import held
from agent.cli.summary_page import in_short
from agent.desks.dock_entries import MOST_TRIP
from agent.rules.valid_time import BELIEVED
from agent.shipments.shipment import KIND
from agent.shipments.summary import summarized
from drivers.kinds import KINDS
from evidence.leaf import Record
from evidence.report import Outcome, Report
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
    report = held(bundle, read_policy(policy)).report
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
        rest = "lost, hidden or erased by rule" if report.erasures else "lost or hidden"
        return f"proven in part, the rest is {rest}: inspect everything"
    count = Counter(record.kind for record in report.records if _is_incident(record))
    found = [counted(count[kind], *names) for kind, names in INCIDENTS.items() if count[kind]]
    if found:
        return f"proven, with {', '.join(found)}: inspect the goods concerned"
    if not any(map(_tells, report.records)):
        return "proven, but no sensor told anything of the journey: inspect everything"
    records = counted(len(report.records), "record")
    return f"proven, {records} without incident: spot checks will do"


def _tells(record: Record) -> bool:
    """Whether a record is what a sensor told, and is to be believed."""
    return record.kind in KINDS and record.quality in BELIEVED


def _is_incident(record: Record) -> bool:
    """Whether a record of such a kind tells of trouble: some tell that all is well, too."""
    if record.kind == "excursion":
        return record.values.get("state") != "ok"
    return record.kind != "box-check" or record.quality != "ok"
