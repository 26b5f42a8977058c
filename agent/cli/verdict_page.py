"""What `tallyman verify` found, as a page for people.

The page says in plain words who speaks of what and when, how good the clock was, what is missing,
what vouches for the sensors and what is hidden by design; then the details; then how to check it
all without this software.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from shlex import quote
from textwrap import wrap

from agent.cli.times import format_time
from agent.cli.verdict_facts import facts
from agent.records.sentences import sentence
from agent.shipments.outages import NO_REASON, outages
from evidence.log_set import LogSet
from evidence.report import Outcome, Report
from evidence.statement import Statement
from foundation.counting import counted, span
from foundation.words import one_line

_VERDICT = {
    Outcome.AUTHENTIC: "AUTHENTIC AND COMPLETE",
    Outcome.ALTERED: "ALTERED: do not rely on this file",
    Outcome.INCOMPLETE: "INCOMPLETE: data is missing and no gap was declared",
    Outcome.UNTRUSTED: "NOT ANCHORED: nothing in this policy vouches for it",
    Outcome.UNREADABLE: "UNREADABLE: this is not a bundle that can be checked",
}
_NOT_CHECKED = "NOT CHECKED: there is no policy file to hold the bundle against"

_NEXT = {
    "bundle": "ask for the file again, and for its length and SHA-256 to compare",
    "bundle-digest": "copy the file again; if that does not help, ask for another copy",
    "other-policy": "ask for the policy it was made for, or for a bundle made for yours",
    "version": "use a newer Tallyman: this one does not know how to read it",
    "file": "name the bundle's file first, then --policy and the policy's",
    "policy": "name the policy file with --policy; the consortium gives it out",
    "unknown-gateway": "ask the consortium for a policy that lists this gateway, if it should",
    "logs": "wait until more logs have answered the gateway, then ask for a new bundle",
    "same-log": "tell the consortium: whoever runs that log counts it twice",
    "gap": "ask for the batches that are missing, or for a declaration of their loss",
    "attachment": "ask for the file as it was attached: one changed byte is another file",
}
"""What to do, by the reason of the first finding."""

_WIDTH = 78
_LABEL = 12
_RECORD_INDENT = 8  # behind a record's number
_SHOWN_FINDINGS = 20


def page(
    report: Report, policy: LogSet | None, name: str, digest: str, *, utc: bool, records: bool
) -> Iterator[str]:
    """Yield the page. `name` is the file's, `digest` the SHA-256 before its closing one."""
    gaps = len(outages(report.gaps)) + len(report.losses)
    verdict = _verdict(report)
    if report.outcome is Outcome.AUTHENTIC and gaps:
        verdict += f", except for {counted(gaps, 'declared gap')}"
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
            line = f"{record.number:>7} {when} {record.device}: {sentence(record)}"
            yield from _wrapped(line, _WIDTH, subsequent_indent=" " * _RECORD_INDENT)
    if digest:
        yield ""
        yield from without_us(report, name, digest)


def _verdict(report: Report) -> str:
    no_policy = any(finding.reason == "policy" for finding in report.findings)
    if no_policy and report.outcome is Outcome.UNREADABLE:
        return _NOT_CHECKED
    return _VERDICT[report.outcome]


def _findings(report: Report) -> Iterator[str]:
    """Yield what is wrong, and what to do about the first of it."""
    for finding in report.findings[:_SHOWN_FINDINGS]:
        yield from _paragraph("Wrong", f"{finding.text} [{finding.reason}]")
    if len(report.findings) > _SHOWN_FINDINGS:
        more = counted(len(report.findings) - _SHOWN_FINDINGS, "more finding")
        yield from _paragraph("", f"and {more}")
    if report.findings and report.findings[0].reason in _NEXT:
        yield from _paragraph("Next", _NEXT[report.findings[0].reason])


def without_us(report: Report, name: str, digest: str) -> Iterator[str]:
    """Yield how to check it with what every Linux has, and where the rest is written."""
    yield from wrap(
        "Check it without Tallyman. The first step, with the tools of any Linux, must print "
        "the hash below it:",
        _WIDTH,
    )
    yield f"  head -c -34 {quote(name)} | sha256sum"
    yield f"  {digest}"
    text = (
        'The other steps are in docs/PROTOCOL.md, "How to check a bundle without our software": '
        "signatures with openssl, trees with sha256sum. tests/independent takes "
        "them all with libraries other than ours."
    )
    if report.attachments:
        text = "sha256sum of an attached file must print its SHA-256 above. " + text
    yield from wrap(text, _WIDTH)


def details(report: Report, policy: LogSet | None) -> Iterator[tuple[str, str]]:
    """Yield numbers, keys and hashes."""
    statements = report.statements
    gaps = sum(loss.records is not None for loss in report.losses)
    yield from _what(statements)
    yield from _keys(statements)
    for log in report.logs:
        yield "Log", f"{log.origin}, {counted(log.size, 'entry', 'entries')}"
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
            yield "", f"after batch {statement.claims.seq} key {named.kid.hex()}, named by the old"


def _what(statements: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    for number, (first, last) in enumerate(by_epoch(statements)):
        yield "" if number else "Records", f"{first.batch.first} to {last.next_record - 1}"
        claims = first.claims
        batches = span(range(claims.seq, last.claims.seq + 1), "batch", "batches")
        yield "", f"{batches} of epoch {claims.epoch.hex()}"
        if number and claims.follows is not None:
            yield "", f"this epoch follows the one before: {claims.follows.reason or NO_REASON}"


def by_epoch(statements: Sequence[Statement]) -> list[tuple[Statement, Statement]]:
    """Return the first and last statement of each run in one epoch."""
    runs = (list(run) for _, run in groupby(statements, lambda item: item.claims.epoch))
    return [(run[0], run[-1]) for run in runs]


def _paragraph(label: str, text: str) -> Iterator[str]:
    for number, line in enumerate(_wrapped(text, _WIDTH - _LABEL)):
        yield f"{'' if number else label:<{_LABEL}}{line}"


def _wrapped(text: str, width: int, *, subsequent_indent: str = "") -> list[str]:
    """Wrap between words alone, so names and hashes stay whole; strangers' words come by here."""
    return wrap(
        one_line(text),
        width,
        break_long_words=False,
        break_on_hyphens=False,
        subsequent_indent=subsequent_indent,
    )
