"""What the check of a bundle came to, in plain words and first of all. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.renderer.markup import Html, element, said
from agent.renderer.table import listed
from agent.report.case import Case
from evidence.report import Outcome, Report

CLASSES = {Outcome.AUTHENTIC: "good", Outcome.INCOMPLETE: "care"}
"""How a verdict looks, beside its words; what is not here is bad."""

SHOWN_FINDINGS = 20


def verdict(case: Case) -> Html:
    """Return the verdict in a box, with what was found against the bundle."""
    words, report = case.words, case.report
    name = report.outcome.name.lower()
    gaps = len(case.outages) + len(report.losses)
    title = words(f"verdict.{name}.title")
    if report.outcome is Outcome.AUTHENTIC and gaps:
        title = words("verdict.except", n=gaps)
    inside = [
        element("p", element("b", title)),
        element("p", words(f"verdict.{name}.text")),
        listed(_findings(case, report)),
    ]
    if report.outcome not in CLASSES:
        inside.append(element("p", words("verdict.beware")))
    return element("div", *inside, class_=f"verdict {CLASSES.get(report.outcome, 'bad')}")


def _findings(case: Case, report: Report) -> Iterator[Html]:
    for finding in report.findings[:SHOWN_FINDINGS]:
        yield case.words("verdict.finding", text=said(finding.text), reason=finding.reason)
    more = len(report.findings) - SHOWN_FINDINGS
    if more > 0:
        yield case.words("more", n=more)
