"""What `tallyman verify` found, for programs: one JSON object."""

from __future__ import annotations

from collections import Counter

from agent.cli.times import utc_iso
from agent.cli.verdict_page import by_epoch
from agent.evidence.report import Report
from agent.record import sentence


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
