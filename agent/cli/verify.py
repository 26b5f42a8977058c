"""`tallyman verify BUNDLE --policy POLICY`: check a bundle offline, without agent or ledger."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import wrap

from agent.cli.times import format_time, utc_iso
from agent.evidence.errors import EvidenceError
from agent.evidence.leaf import Record
from agent.evidence.policy import Policy, parse_policy
from agent.evidence.statement import Statement
from agent.evidence.verify import Loss, Outcome, Report, verify_bundle
from agent.record import sentence
from agent.status import age

HELP = "check a bundle offline against a pinned policy"

_VERDICT = {
    Outcome.AUTHENTIC: "AUTHENTIC AND COMPLETE",
    Outcome.ALTERED: "ALTERED: do not rely on this file",
    Outcome.INCOMPLETE: "INCOMPLETE: data is missing and no gap was declared",
    Outcome.UNTRUSTED: "NOT ANCHORED: nothing in this policy vouches for it",
    Outcome.UNREADABLE: "UNREADABLE: this is no bundle that can be checked",
}
_WIDTH = 78
_LABEL = 10
_SHOWN_FINDINGS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the bundle's file")
    parser.add_argument(
        "--policy",
        type=Path,
        required=True,
        help="the policy to hold it against, from a trusted "
        "hand: not from whoever gave you the bundle",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--utc", action="store_true", help="show times in UTC")
    parser.add_argument("--records", action="store_true", help="print every record shown, too")


def run(args: argparse.Namespace) -> int:
    """Print the verdict; return its exit code (docs/PROTOCOL.md, "Verification")."""
    try:
        policy = parse_policy(args.policy.read_text())
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        print(f"error: policy {args.policy}: {error}", file=sys.stderr)
        print("next: ask the consortium for its policy file", file=sys.stderr)
        return Outcome.UNTRUSTED
    try:
        data = args.bundle.read_bytes()
    except OSError as error:
        print(f"error: bundle {args.bundle}: {error.strerror}", file=sys.stderr)
        return Outcome.UNREADABLE
    report = verify_bundle(data, policy)
    if args.json:
        print(json.dumps(as_json(report), ensure_ascii=False))
    else:
        for line in page(report, policy, utc=args.utc, records=args.records):
            print(line)
    return report.outcome


def page(report: Report, policy: Policy, *, utc: bool, records: bool) -> Iterator[str]:
    """Yield the page for people: the verdict, what it covers, then what is wrong."""
    gaps = len(declared_gaps(report.gaps)) + len(report.losses)
    verdict = _VERDICT[report.outcome]
    if report.outcome is Outcome.AUTHENTIC and gaps:
        verdict += f", except for {gaps} declared gap{'s' if gaps > 1 else ''}"
    yield verdict
    yield ""
    for label, text in facts(report, utc=utc):
        yield from _paragraph(label, text)
    for finding in report.findings[:_SHOWN_FINDINGS]:
        yield from _paragraph("Wrong", f"{finding.text} [{finding.reason}]")
    if len(report.findings) > _SHOWN_FINDINGS:
        yield from _paragraph("", f"and {len(report.findings) - _SHOWN_FINDINGS} more findings")
    if records:
        yield ""
        for record in report.records:
            when = format_time(record.wall_ms, utc=utc)
            yield f"{record.number:>7} {when} {record.device}: {sentence(record)}"
    yield ""
    yield 'Check it without Tallyman: docs/PROTOCOL.md, "How to check a bundle".'


@dataclass(slots=True)
class DeclaredGap:
    """One stretch without data, as its records tell it; None where no record shown does."""

    device: str
    start_ms: int | None
    end_ms: int | None
    reason: str

    def text(self, *, utc: bool) -> str:
        """Return the gap in one sentence."""
        start = "an unknown time"
        if self.start_ms is not None:
            start = format_time(self.start_ms, utc=utc)
        if self.end_ms is None:
            return f"{self.device}: no data since {start}: {self.reason}"
        length = "" if self.start_ms is None else f", {age(self.end_ms - self.start_ms)}"
        end = format_time(self.end_ms, utc=utc)
        return f"{self.device}: no data from {start} to {end}{length}: {self.reason}"


def declared_gaps(records: Sequence[Record]) -> list[DeclaredGap]:
    """Return the gaps that `gap` records open and close, in the order of their beginning."""
    gaps: list[DeclaredGap] = []
    for record in records:
        start, end = (_time(record, name) for name in ("from_ms", "to_ms"))
        reason = str(record.values.get("reason", "no reason given"))
        opened = [gap for gap in gaps if gap.device == record.device and gap.end_ms is None]
        if record.values.get("state") == "closed" and opened:
            opened[-1].end_ms = end
        else:
            gaps.append(DeclaredGap(record.device, start, end, reason))
    return gaps


def _time(record: Record, name: str) -> int | None:
    value = record.values.get(name)
    return value if isinstance(value, int) else None


def facts(report: Report, *, utc: bool) -> Iterator[tuple[str, str]]:
    """Yield what the evidence says, as label and text; only what was checked."""
    statements = report.statements
    if not statements:
        return
    yield from _who(statements)
    yield from _what(statements)
    kinds = Counter(record.kind for record in report.records)
    if kinds:
        yield "", ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    start = min(statement.batch.first_ms for statement in statements)
    end = max(statement.batch.last_ms for statement in statements)
    yield "When", f"{format_time(start, utc=utc)} to {format_time(end, utc=utc)}"
    yield "Clock", _clock(report)
    for gap in declared_gaps(report.gaps):
        yield "Gap", gap.text(utc=utc)
    for loss in report.losses:
        yield "Lost", loss_text(loss)
    if report.hidden:
        yield "Hidden", f"{report.hidden} records are committed to and not shown, by design"
    if report.anchored_at is not None:
        seen = format_time(report.anchored_at * 1000, utc=utc)
        yield "Anchor", f"log {report.origin}, {report.log_size} entries, by {seen}"
        yield "", f"cosigned by {', '.join(report.cosigners)}"


def _who(statements: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    issuers = sorted({statement.claims.issuer for statement in statements})
    yield "Who", f"{', '.join(issuers)}, key {statements[0].kid.hex()}"
    for statement in statements:
        named = statement.claims.successor
        if named is not None:
            yield "", f"behind batch {statement.claims.seq} key {named.kid.hex()}, named by the old"


def _what(statements: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    for number, (first, last) in enumerate(by_epoch(statements)):
        yield "" if number else "What", f"records {first.batch.first} to {last.next_record - 1}"
        claims = first.claims
        yield "", f"batches {claims.seq} to {last.claims.seq} of epoch {claims.epoch.hex()}"
        if number and claims.follows is not None:
            yield "", f"this epoch follows the one before: {_safe(claims.follows.reason)}"


def by_epoch(statements: Sequence[Statement]) -> list[tuple[Statement, Statement]]:
    """Return the first and last statement of each run in one epoch."""
    runs = (list(run) for _, run in groupby(statements, lambda item: item.claims.epoch))
    return [(run[0], run[-1]) for run in runs]


def loss_text(loss: Loss) -> str:
    """Return a declared loss in one sentence."""
    batches = f"batches {loss.first} to {loss.last}"
    text = f"{batches} of epoch {loss.epoch.hex()}"
    if loss.records:
        text += f", records {loss.records[0]} to {loss.records[-1]}"
    return f"{text}: {_safe(loss.reason)}"


def _safe(text: str) -> str:
    """Return a signer's own words as a terminal may show them."""
    return "".join(c if c.isprintable() else "?" for c in text) or "no reason given"


def _clock(report: Report) -> str:
    """Say how far the times may be wrong, by the worst record of the worst batch."""
    batches = [statement.batch for statement in report.statements]
    unsynced = sum(batch.clock_bound_ms is None for batch in batches)
    bounds = [batch.clock_bound_ms for batch in batches if batch.clock_bound_ms is not None]
    parts = []
    if bounds:
        sources = sorted({b.clock_source for b in batches if b.clock_bound_ms is not None})
        parts.append(f"{', '.join(sources)}, right within {max(bounds) / 1000:g} s")
    if unsynced:
        parts.append(f"{unsynced} of {len(batches)} batches hold times that nobody vouches for")
    return "; ".join(parts)


def _paragraph(label: str, text: str) -> Iterator[str]:
    lines = wrap(text, _WIDTH - _LABEL, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield f"{'' if number else label:<{_LABEL}}{line}"


def as_json(report: Report) -> dict[str, object]:
    """Return the report as one JSON object."""
    statements = report.statements
    return {
        "verdict": report.outcome.name.lower(),
        "exit": int(report.outcome),
        "findings": [
            {"outcome": f.outcome.name.lower(), "reason": f.reason, "text": f.text}
            for f in report.findings
        ],
        "issuers": sorted({statement.claims.issuer for statement in statements}),
        "batches": len(statements),
        "first_batch": statements[0].claims.seq if statements else None,
        "first_record": statements[0].batch.first if statements else None,
        "records_shown": len(report.records),
        "records_hidden": report.hidden,
        "declared_gaps": [
            {"n": gap.number, "device": gap.device, "text": sentence(gap)} for gap in report.gaps
        ],
        "declared_losses": [
            {
                "epoch": loss.epoch.hex(),
                "first_batch": loss.first,
                "last_batch": loss.last,
                "records": None if loss.records is None else len(loss.records),
                "reason": loss.reason,
            }
            for loss in report.losses
        ],
        "epochs": [begin.claims.epoch.hex() for begin, _ in by_epoch(statements)],
        "log": report.origin,
        "log_size": report.log_size,
        "cosigners": list(report.cosigners),
        "anchored_at": (None if report.anchored_at is None else utc_iso(report.anchored_at * 1000)),
        "same_policy": report.same_policy,
    }
