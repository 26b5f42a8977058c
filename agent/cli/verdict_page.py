"""What `tallyman verify` found, as a page for people and as JSON.

The page says in plain words who speaks of what and when, how good the clock was, what is missing,
what vouches for the sensors and what is hidden by design; then the details; then how to check it
all without this software.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap

from agent.cli.console import age
from agent.cli.times import format_time, utc_iso
from agent.evidence.leaf import Record
from agent.evidence.log_set import LogSet
from agent.evidence.report import Attachment, Loss, Outcome, Report
from agent.evidence.statement import Statement
from agent.record import OWN_DEVICE, sentence
from agent.selection import VIEWS

CALIBRATION = "calibration"
CUSTODY = {"dock-check": "Receipt", "delivery": "Delivery"}
"""Kinds that the page shows in full: what people signed."""

_VERDICT = {
    Outcome.AUTHENTIC: "AUTHENTIC AND COMPLETE",
    Outcome.ALTERED: "ALTERED: do not rely on this file",
    Outcome.INCOMPLETE: "INCOMPLETE: data is missing and no gap was declared",
    Outcome.UNTRUSTED: "NOT ANCHORED: nothing in this policy vouches for it",
    Outcome.UNREADABLE: "UNREADABLE: this is no bundle that can be checked",
}

_NEXT = {
    "bundle": "ask for the file again, and for its length and SHA-256 to compare",
    "bundle-digest": "copy the file again; if it stays so, ask who gave it to you for another",
    "other-policy": "ask for the policy it was made for, or for a bundle made for yours",
    "version": "use a newer Tallyman: this one does not know how to read it",
    "file": "name the bundle's file first, then --policy and the policy's",
    "policy": "ask the consortium for its policy file",
    "unknown-gateway": "ask the consortium for a policy that lists this gateway, if it should",
    "logs": "wait until more logs have answered the gateway, then ask for a new bundle",
    "same-log": "tell the consortium: who runs that log counts it twice",
    "gap": "ask for the batches that are missing, or for a declaration of their loss",
    "attachment": "ask for the file as it was attached: one changed byte is another file",
}
"""What to do, by the reason of the first finding."""

_WIDTH = 78
_LABEL = 12
_SHOWN_FINDINGS = 20
_SHOWN_GAPS = 40


def page(
    report: Report, policy: LogSet | None, name: str, digest: str, *, utc: bool, records: bool
) -> Iterator[str]:
    """Yield the page. `name` is the file's, `digest` the SHA-256 before its closing one."""
    gaps = len(declared_gaps(report.gaps)) + len(report.losses)
    verdict = _VERDICT[report.outcome]
    if report.outcome is Outcome.AUTHENTIC and gaps:
        verdict += f", except for {gaps} declared gap{'s' if gaps > 1 else ''}"
    yield verdict
    yield ""
    yield from _findings(report)
    for label, text in facts(report, utc=utc):
        yield from _paragraph(label, text)
    if report.statements:
        yield ""
        yield "Details"
        for label, text in details(report, policy):
            yield from _paragraph(label, text)
    if records:
        yield ""
        for record in report.records:
            when = format_time(record.wall_ms, utc=utc)
            yield f"{record.number:>7} {when} {record.device}: {sentence(record)}"
    if digest:
        yield ""
        yield from without_us(report, name, digest)


def _findings(report: Report) -> Iterator[str]:
    """Yield what is wrong, and what to do about the first of it."""
    for finding in report.findings[:_SHOWN_FINDINGS]:
        yield from _paragraph("Wrong", f"{finding.text} [{finding.reason}]")
    if len(report.findings) > _SHOWN_FINDINGS:
        yield from _paragraph("", f"and {len(report.findings) - _SHOWN_FINDINGS} more findings")
    if report.findings and report.findings[0].reason in _NEXT:
        yield from _paragraph("Next", _NEXT[report.findings[0].reason])


def without_us(report: Report, name: str, digest: str) -> Iterator[str]:
    """Yield how to check it with what every Linux has, and where the rest is written."""
    yield from wrap(
        "Check it without Tallyman. The first step, with the tools of any Linux, must print "
        "the hash below it:",
        _WIDTH,
    )
    yield f"  head -c -34 '{name}' | sha256sum"
    yield f"  {digest}"
    text = (
        'The other steps are in docs/PROTOCOL.md, "How to check a bundle without our software": '
        "signatures with openssl, trees with sha256sum. tests/independent takes all of "
        "them with other libraries than ours."
    )
    if report.attachments:
        text = "sha256sum of an attached file must print its SHA-256 above. " + text
    yield from wrap(text, _WIDTH)


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
    """Yield what the evidence says in plain words, as label and text; only what was checked."""
    statements = report.statements
    if not statements:
        return
    issuers = sorted({statement.claims.issuer for statement in statements})
    yield "Who", f"gateway {', '.join(issuers)}"
    held = len(report.records) + report.hidden
    kinds = Counter(record.kind for record in report.records)
    yield "What", f"{len(report.records)} of {held} records are shown"
    if kinds:
        yield "", ", ".join(f"{count} {_safe(kind)}" for kind, count in kinds.most_common())
    for record in report.records:
        if record.kind in CUSTODY:
            yield CUSTODY[record.kind], sentence(record)
    start = min(statement.batch.first_ms for statement in statements)
    end = max(statement.batch.last_ms for statement in statements)
    yield "When", f"{format_time(start, utc=utc)} to {format_time(end, utc=utc)}"
    yield "Clock", _clock(report)
    yield from _gaps(report, utc=utc)
    for loss in report.losses:
        yield "Lost", loss_text(loss)
    yield from _calibration(report, utc=utc)
    for attachment in report.attachments:
        yield "File", attachment_text(report, attachment)
    if report.hidden:
        yield "Hidden", hidden_text(report)
    yield "Seen", seen_text(report, utc=utc)


def seen_text(report: Report, *, utc: bool) -> str:
    """Say who vouches for the statements, and by when all of them were seen."""
    log = report.logs[0]
    when = ""
    if report.anchored_at is not None:
        when = f", by {format_time(report.anchored_at * 1000, utc=utc)}"
    if report.named > 1:
        text = f"{report.vouching} of {report.named} logs vouch{when}"
        return f"{text}; the policy asks for {report.threshold}"
    if when:
        return f"by {len(log.cosigners)} witnesses of log {log.origin}{when}"
    return f"by log {log.origin}; this policy asks for no witnesses"


def _gaps(report: Report, *, utc: bool) -> Iterator[tuple[str, str]]:
    gaps = declared_gaps(report.gaps)
    for gap in gaps[:_SHOWN_GAPS]:
        yield "Gap", gap.text(utc=utc)
    if len(gaps) > _SHOWN_GAPS:
        yield "", f"and {len(gaps) - _SHOWN_GAPS} more; --records and --json have them all"


def hidden_text(report: Report) -> str:
    """Say what is hidden, and what that means."""
    text = (
        f"{report.hidden} records are not shown, by design. The gateway has signed them: each is "
        "committed to by a salted hash that nobody can guess, and can be shown later, unchanged"
    )
    if not report.gaps:
        text += ". A hidden record may declare a gap"
    return text


def _calibration(report: Report, *, utc: bool) -> Iterator[tuple[str, str]]:
    """Yield what vouches for each device that measured something."""
    bare = []
    for device in sorted({record.device for record in report.records if _measured(record)}):
        certificates = [
            attachment
            for attachment in report.attachments
            if attachment.record.values.get("type") == CALIBRATION
            and attachment.record.values.get("about") == device
        ]
        if not certificates:
            bare.append(_safe(device))
        for certificate in certificates:
            yield "Calibration", certificate_text(report, device, certificate, utc=utc)
    if bare:
        yield "Calibration", f"no certificate is shown for {', '.join(bare)}"


def _measured(record: Record) -> bool:
    return record.device != OWN_DEVICE and record.kind not in VIEWS | {"gap", "attachment"}


def certificate_text(report: Report, device: str, certificate: Attachment, *, utc: bool) -> str:
    """Say for how long a certificate counts, and which readings are outside that."""
    values = certificate.record.values
    text = f"{_safe(device)}: {_safe(str(values.get('name', '')))}"
    start, end = (
        _time(certificate.record, "valid_from_ms"),
        _time(certificate.record, "valid_until_ms"),
    )
    if start is None and end is None:
        return f"{text}, says nothing here of how long it counts"
    if start is not None:
        text += f", valid from {format_time(start, utc=utc)}"
    if end is not None:
        text += f" until {format_time(end, utc=utc)}"
    times = [r.wall_ms for r in report.records if r.device == device and _measured(r)]
    outside = sum(
        (start is not None and t < start) or (end is not None and t >= end) for t in times
    )
    if outside:
        return f"{text}: {outside} OF {len(times)} RECORDS ARE OUTSIDE"
    return f"{text}: all {len(times)} records are within"


def attachment_text(report: Report, attachment: Attachment) -> str:
    """Say what a file is, and whether it is here."""
    values = attachment.record.values
    about = f" for {_safe(str(values['about']))}" if "about" in values else ""
    text = f"{_safe(str(values.get('type', '')))} {_safe(str(values.get('name', '')))}{about}, "
    here = attachment.digest in report.files
    sealed = "sealed to its recipients, " if attachment.commitment else ""
    text += f"{sealed}{values['bytes']!r} bytes, "
    if here:
        return text + "here and unchanged"
    where = attachment.envelope.location
    at = f"; it is said to be at {_safe(where)}" if where else ""
    return text + f"not in this file: give it with --attach{at}"


def details(report: Report, policy: LogSet | None) -> Iterator[tuple[str, str]]:
    """Yield numbers, keys and hashes."""
    statements = report.statements
    gaps = sum(loss.records is not None for loss in report.losses)
    yield from _what(statements)
    yield from _keys(statements)
    for log in report.logs:
        yield "Log", f"{log.origin}, {log.size} entries"
        yield "", f"cosigned by {', '.join(log.cosigners) or 'nobody'}"
        if report.named > 1:
            yield "", f"vouches for {log.batches} of {len(statements) + gaps} statements"
    if policy is not None:
        yield "Policy", policy.digest.hex()
    for attachment in report.attachments:
        yield "File", f"record {attachment.record.number}, SHA-256"
        yield "", attachment.digest.hex()


def _keys(statements: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    yield "Key", statements[0].kid.hex()
    for statement in statements:
        named = statement.claims.successor
        if named is not None:
            yield "", f"behind batch {statement.claims.seq} key {named.kid.hex()}, named by the old"


def _what(statements: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    for number, (first, last) in enumerate(by_epoch(statements)):
        yield "" if number else "Records", f" {first.batch.first} to {last.next_record - 1}"
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
        "kinds": dict(Counter(record.kind for record in report.records)),
        "first_time": utc_iso(min(s.batch.first_ms for s in statements)) if statements else None,
        "last_time": utc_iso(max(s.batch.last_ms for s in statements)) if statements else None,
        "unsynced_batches": sum(s.batch.clock_bound_ms is None for s in statements),
        "worst_clock_bound_ms": max(
            (s.batch.clock_bound_ms for s in statements if s.batch.clock_bound_ms is not None),
            default=None,
        ),
        "attachments": [
            {
                "n": attachment.record.number,
                "name": attachment.record.values.get("name"),
                "type": attachment.record.values.get("type"),
                "about": attachment.record.values.get("about"),
                "sha256": attachment.digest.hex(),
                "sealed": attachment.commitment is not None,
                "location": attachment.envelope.location or None,
                "here": attachment.digest in report.files,
            }
            for attachment in report.attachments
        ],
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
        "logs": [
            {
                "log": log.origin,
                "size": log.size,
                "cosigners": list(log.cosigners),
                "batches": log.batches,
            }
            for log in report.logs
        ],
        "logs_named": report.named,
        "logs_wanted": report.threshold,
        "logs_vouching": report.vouching,
        "anchored_at": (None if report.anchored_at is None else utc_iso(report.anchored_at * 1000)),
        "same_policy": report.same_policy,
    }
