"""What `tallyman verify` found, for programs: one JSON object."""

from __future__ import annotations

from collections import Counter
from typing import Any

from agent.cli.times import utc_iso
from agent.cli.verdict_page import by_epoch
from agent.records.sentences import sentence
from evidence.report import Attachment, Loss, Report, SeenLog


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as one JSON object."""
    return {
        "verdict": report.outcome.name.lower(),
        "exit": int(report.outcome),
        "findings": [
            {"outcome": f.outcome.name.lower(), "reason": f.reason, "text": f.text}
            for f in report.findings
        ],
        **_statements(report),
        "records_shown": len(report.records),
        "records_hidden": report.hidden,
        "erasures": [
            {"n": each.number, "time": utc_iso(each.wall_ms), "text": sentence(each)}
            for each in report.erasures
        ],
        "kinds": dict(Counter(record.kind for record in report.records)),
        "attachments": [_attachment(report, each) for each in report.attachments],
        "declared_gaps": [
            {"n": gap.number, "device": gap.device, "text": sentence(gap)} for gap in report.gaps
        ],
        "declared_losses": [_loss(each) for each in report.losses],
        "logs": [_log(each) for each in report.logs],
        "logs_named": report.named,
        "logs_wanted": report.threshold,
        "logs_vouching": report.vouching,
        "anchored_at": None if report.anchored_at is None else utc_iso(report.anchored_at * 1000),
        "same_policy": report.same_policy,
    }


def _statements(report: Report) -> dict[str, Any]:
    """Return what the statements say together; null where there are none."""
    statements = report.statements
    batches = [statement.batch for statement in statements]
    bounds = [batch.clock_bound_ms for batch in batches if batch.clock_bound_ms is not None]
    return {
        "issuers": sorted({statement.claims.issuer for statement in statements}),
        "batches": len(batches),
        "first_batch": statements[0].claims.seq if statements else None,
        "first_record": batches[0].first if batches else None,
        "first_time": utc_iso(min(batch.first_ms for batch in batches)) if batches else None,
        "last_time": utc_iso(max(batch.last_ms for batch in batches)) if batches else None,
        "unsynced_batches": len(batches) - len(bounds),
        "worst_clock_bound_ms": max(bounds, default=None),
        "epochs": [begin.claims.epoch.hex() for begin, _ in by_epoch(statements)],
    }


def _attachment(report: Report, attachment: Attachment) -> dict[str, Any]:
    values = attachment.record.values
    return {
        "n": attachment.record.number,
        "name": values.get("name"),
        "type": values.get("type"),
        "about": values.get("about"),
        "sha256": attachment.digest.hex(),
        "sealed": attachment.commitment is not None,
        "location": attachment.envelope.location or None,
        "here": attachment.digest in report.files,
    }


def _loss(loss: Loss) -> dict[str, Any]:
    return {
        "epoch": loss.epoch.hex(),
        "first_batch": loss.first,
        "last_batch": loss.last,
        "records": None if loss.records is None else len(loss.records),
        "reason": loss.reason,
    }


def _log(log: SeenLog) -> dict[str, Any]:
    return {
        "log": log.origin,
        "size": log.size,
        "cosigners": list(log.cosigners),
        "batches": log.batches,
    }
