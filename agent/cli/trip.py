"""What the proof of a journey tells whoever receives the goods: look at everything, or at some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.cli.amounts import age
from agent.cli.given_files import read_policy
from agent.cli.held import held
from agent.cli.summary_page import in_short
from agent.desks.dock_entries import MOST_TRIP
from agent.rules.valid_time import BELIEVED
from agent.shipments.fared import Summary
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

MOST_UNKNOWN = 0.1
"""Share of a journey of which nobody may know how the goods fared, for spot checks to do. Ours."""

NOT_PROVEN = {
    Outcome.ALTERED: "the file was altered",
    Outcome.INCOMPLETE: "data is missing and no gap was declared",
    Outcome.UNTRUSTED: "nothing in the policy vouches for it",
    Outcome.UNREADABLE: "the file is not a bundle that can be checked",
}


def journey(bundle: Path, policy: Path) -> str:
    """Return what a bundle proves of a journey, and how it went; Mistake for unreadable files."""
    report = held(bundle, read_policy(policy)).report
    found = summaries(report)
    told = [one_line(in_short(each)) for each in found]
    return "; ".join([advice_of(report, found), *told])[:MOST_TRIP]


def summaries(report: Report) -> list[Summary]:
    """Return how the shipments of a proven journey fared."""
    if report.outcome is not Outcome.AUTHENTIC:
        return []
    names = dict.fromkeys(
        str(each.values.get("name")) for each in report.records if each.kind == KIND
    )
    return [summarized(name, report.records) for name in names]


def advice_of(report: Report, shipments: Sequence[Summary]) -> str:
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
    silence = next((text for each in shipments for text in unknown(each)), "")
    if silence:
        return f"proven, but {silence}: inspect everything"
    records = counted(len(report.records), "record")
    return f"proven, {records} without incident: spot checks will do"


def unknown(shipment: Summary) -> Iterator[str]:
    """Yield what nobody knows of how a shipment fared, where that is much of the journey."""
    if not shipment.legs:
        yield "its start is not shown"
    if shipment.fared.unbridged:
        yield "the gateway was off for nobody knows how long"
    for name in shipment.fared.silent:
        yield f"{name} told nothing of the journey"
    for each in shipment.fared.measured:
        length = each.valid_ms + each.unknown_ms
        if each.unknown_ms > MOST_UNKNOWN * length:
            yield f"{each.device} told nothing for {age(each.unknown_ms)} of {age(length)}"


def _tells(record: Record) -> bool:
    """Whether a record is what a sensor told, and is to be believed."""
    return record.kind in KINDS and record.quality in BELIEVED


def _is_incident(record: Record) -> bool:
    """Whether a record of such a kind tells of trouble: some tell that all is well, too."""
    if record.kind == "excursion":
        return record.values.get("state") != "ok"
    return record.kind != "box-check" or record.quality != "ok"
