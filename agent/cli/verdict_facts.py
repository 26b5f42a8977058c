"""What the evidence of a bundle says, in plain words: only what `tallyman verify` has checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from agent.cli.amounts import age
from agent.cli.erased_text import from_records
from agent.cli.times import format_time
from agent.disclosure.selection import VIEWS
from agent.observe.presence import whole
from agent.records.convert import OWN_DEVICE
from agent.records.sentences import sentence
from agent.rules.rule import State
from agent.shipments.outages import NO_REASON, Outage, outages
from evidence.leaf import Record
from evidence.report import Attachment, Loss, Report
from foundation.counting import counted, plural, span

CALIBRATION = "calibration"
CUSTODY = {"dock-check": "Receipt", "delivery": "Delivery", "custody": "Custody"}
"""Kinds that the page shows in full: what people signed."""

CONDITIONS = {"excursion": "Excursion", "alarm": "Alarm", "override": "Override"}
"""Kinds that tell how the goods fared."""

NO_MEASUREMENTS = {"gap", "attachment", "calibration", "profile", *CONDITIONS}
"""Kinds that tell of a device and are none of its readings."""

SHOWN_GAPS = SHOWN_CONDITIONS = 40


def gap_text(gap: Outage, *, utc: bool) -> str:
    """Return a stretch without data in one sentence."""
    start = "an unknown time" if gap.start_ms is None else format_time(gap.start_ms, utc=utc)
    if gap.end_ms is None:
        return f"{gap.device}: no data since {start}: {gap.reason}"
    length = "" if gap.start_ms is None else f", {age(gap.end_ms - gap.start_ms)}"
    end = format_time(gap.end_ms, utc=utc)
    return f"{gap.device}: no data from {start} to {end}{length}: {gap.reason}"


def facts(report: Report, *, utc: bool) -> Iterator[tuple[str, str]]:
    """Yield what the evidence says in plain words, as label and text; only what was checked."""
    statements = report.statements
    if not statements:
        return
    issuers = sorted({statement.claims.issuer for statement in statements})
    yield "Who", f"gateway {', '.join(issuers)}"
    held = len(report.records) + report.hidden
    kinds = Counter(record.kind for record in report.records)
    are = plural(held, "is", "are")
    yield "What", f"{len(report.records)} of {counted(held, 'record')} {are} shown"
    if kinds:
        yield "", ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    for record in report.records:
        if record.kind in CUSTODY:
            yield CUSTODY[record.kind], sentence(record)
    start = min(statement.batch.first_ms for statement in statements)
    end = max(statement.batch.last_ms for statement in statements)
    yield "When", f"{format_time(start, utc=utc)} to {format_time(end, utc=utc)}"
    yield "Clock", _clock(report)
    yield from _gaps(report, utc=utc)
    yield from conditions(report)
    for loss in report.losses:
        yield "Lost", loss_text(loss)
    yield from _calibration(report, utc=utc)
    for attachment in report.attachments:
        yield "File", attachment_text(report, attachment)
    if report.hidden:
        yield "Hidden", hidden_text(report)
    for line in from_records(report.erasures, utc=utc):
        yield "Erased", line
    yield "Seen", seen_text(report, utc=utc)


def seen_text(report: Report, *, utc: bool) -> str:
    """Say who vouches for the statements, and by when most of them had seen all of these."""
    log = report.logs[0]
    when = ""
    if report.anchored_at is not None:
        when = format_time(report.anchored_at * 1000, utc=utc)
    if report.named > 1:
        text = f"{report.vouching} of {report.named} logs vouch" + (when and f", by {when}")
        return f"{text}; the policy asks for {report.threshold}"
    if when:
        witnesses = counted(len(log.cosigners), "witness", "witnesses")
        seen = f"most of them by {when}" if len(log.cosigners) > 1 else f"by {when}"
        return f"by {witnesses} of log {log.origin}, {seen}"
    return f"by log {log.origin}; this policy asks for no witnesses"


def _gaps(report: Report, *, utc: bool) -> Iterator[tuple[str, str]]:
    gaps = outages(report.gaps)
    for gap in gaps[:SHOWN_GAPS]:
        yield "Gap", gap_text(gap, utc=utc)
    if len(gaps) > SHOWN_GAPS:
        yield "", f"and {len(gaps) - SHOWN_GAPS} more; --records and --json have them all"


def conditions(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what rules found of the goods, and what people said to it."""
    gaps = outages(report.gaps)
    told = (each for each in report.records if each.kind in CONDITIONS)
    found = [each for each in told if not _is_well(each) and not _is_told(each, gaps)]
    for record in found[:SHOWN_CONDITIONS]:
        yield CONDITIONS[record.kind], f"{record.device}: {sentence(record)}"
    if len(found) > SHOWN_CONDITIONS:
        yield "", f"and {len(found) - SHOWN_CONDITIONS} more; --records and --json have them all"


def _is_well(record: Record) -> bool:
    """Whether a record tells that all is well from there on."""
    return record.kind == "excursion" and record.values.get("state") == State.OK


def _is_told(record: Record, gaps: Sequence[Outage]) -> bool:
    """Whether a record tells of unknown time that the row of a gap tells of."""
    since = whole(record, "from_ms")
    return (
        record.values.get("state") == State.UNKNOWN
        and since is not None
        and any(
            gap.device == record.device
            and (gap.start_ms is None or gap.start_ms <= since)
            and (gap.end_ms is None or since <= gap.end_ms)
            for gap in gaps
        )
    )


def hidden_text(report: Report) -> str:
    """Say what is hidden, and what that means."""
    records = f"{counted(report.hidden, 'record')} {plural(report.hidden, 'is', 'are')}"
    text = (
        f"{records} not shown, by design. The gateway has signed them: "
        "each is committed to by a salted hash that nobody can guess, and can be shown later, "
        "unchanged, by whoever still has it"
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
            bare.append(device)
        for certificate in certificates:
            yield "Calibration", certificate_text(report, device, certificate, utc=utc)
    if bare:
        yield "Calibration", f"no certificate is shown for {', '.join(bare)}"


def _measured(record: Record) -> bool:
    return record.device != OWN_DEVICE and record.kind not in VIEWS | NO_MEASUREMENTS


def certificate_text(report: Report, device: str, certificate: Attachment, *, utc: bool) -> str:
    """Say for how long a certificate counts, and which readings are outside that."""
    values = certificate.record.values
    text = f"{device}: {values.get('name', '')!s}"
    start, end = (
        whole(certificate.record, "valid_from_ms"),
        whole(certificate.record, "valid_until_ms"),
    )
    if start is None and end is None:
        return f"{text}, which does not say here how long it is valid"
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
    about = f" for {values['about']!s}" if "about" in values else ""
    text = f"{values.get('type', '')!s} {values.get('name', '')!s}{about}, "
    here = attachment.digest in report.files
    sealed = "sealed to its recipients, " if attachment.commitment else ""
    text += f"{sealed}{values['bytes']!r} bytes, "
    if here:
        return text + "here and unchanged"
    where = attachment.envelope.location
    at = f"; it is said to be at {where}" if where else ""
    return text + f"not in this file: give it with --attach{at}"


def _clock(report: Report) -> str:
    """Say how far the times may be wrong, by the worst record of the worst batch."""
    batches = [statement.batch for statement in report.statements]
    unsynced = sum(batch.clock_bound_ms is None for batch in batches)
    bounds = [batch.clock_bound_ms for batch in batches if batch.clock_bound_ms is not None]
    parts = []
    if bounds:
        sources = sorted({b.clock_source for b in batches if b.clock_bound_ms is not None})
        parts.append(f"{', '.join(sources)}, correct within {max(bounds) / 1000:g} s")
    if unsynced:
        parts.append(f"{unsynced} of {len(batches)} batches hold times that nobody vouches for")
    return "; ".join(parts)


def loss_text(loss: Loss) -> str:
    """Return a declared loss in one sentence."""
    batches = span(range(loss.first, loss.last + 1), "batch", "batches")
    text = f"{batches} of epoch {loss.epoch.hex()}"
    if loss.records:
        text += f", {span(loss.records, 'record')}"
    return f"{text}: {loss.reason or NO_REASON}"
