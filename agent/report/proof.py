"""Why the page can be believed, and how to check it without whoever made it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from agent.renderer.document import section
from agent.renderer.markup import Html, element, said
from agent.renderer.table import listed
from agent.report.case import Case
from evidence.report import Report

CLOSING_BYTES = 34  # docs/PROTOCOL.md, "Bundle"


def proof(case: Case) -> Html:
    """Return who vouches for the records, and the steps of a check."""
    words = case.words
    return section(
        words("proof.title"),
        listed(_vouched(case)),
        element("h3", words("proof.check")),
        element("p", words("proof.ours")),
        element("pre", _ours(case)),
        element("p", words("proof.without")),
        *_first_step(case),
        element("p", words("proof.hash")),
        element("pre", case.digest),
        element("p", words("proof.rest")),
    )


def _ours(case: Case) -> str:
    return f"tallyman verify {quote(case.name)} --policy POLICY"


def _first_step(case: Case) -> Iterator[Html]:
    """Yield the commands that give the digest at the bundle's end."""
    name = case.name
    if case.taken_out is not None:
        yield element("pre", case.taken_out.command)
        name = case.taken_out.name
    yield element("pre", f"head -c -{CLOSING_BYTES} {quote(name)} | sha256sum")


def _vouched(case: Case) -> Iterator[Html]:
    words, report = case.words, case.report
    if report.statements:
        key = element("code", report.statements[0].kid.hex())
        yield words("proof.key", key=key, n=len(report.statements))
    yield from _logs(case, report)
    if report.anchored_at is not None:
        yield words("proof.seen", at=case.moment(report.anchored_at * 1000))
    if case.policy:
        yield words("proof.policy", digest=element("code", case.policy.hex()))
    if report.hidden:
        yield words("proof.hidden", n=report.hidden)
    for each in report.attachments:
        here = "proof.file-here" if each.digest in report.files else "proof.file-away"
        name = str(each.record.values.get("name", ""))
        yield words(here, name=said(name), digest=element("code", each.digest.hex()))


def _logs(case: Case, report: Report) -> Iterator[Html]:
    words = case.words
    for log in report.logs:
        names = words.listed([said(each) for each in log.cosigners])
        told = names if log.cosigners else words("proof.nobody")
        yield words("proof.log", log=said(log.origin), size=log.size, cosigners=told)
    if report.named > 1 and report.vouching is not None:
        yield words(
            "proof.several", vouching=report.vouching, named=report.named, wanted=report.threshold
        )
