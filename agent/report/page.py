"""The page of a bundle, its sections in the order in which somebody with a claim asks. Pure."""

from __future__ import annotations

from agent.renderer.document import document
from agent.renderer.markup import element, said
from agent.report.against import against
from agent.report.case import Case
from agent.report.climate import climate
from agent.report.clocks import clocks
from agent.report.conditions import conditions
from agent.report.custody import custody
from agent.report.doors import doors
from agent.report.gaps import gaps
from agent.report.glossary import glossary
from agent.report.legs import shipments
from agent.report.proof import proof
from agent.report.receipts import receipts
from agent.report.route import route
from agent.report.shocks import shocks
from agent.report.short import short
from agent.report.verdict import verdict
from evidence.report import Outcome

SECTIONS = (
    short, climate, conditions, shocks, gaps, doors, route, shipments, custody, receipts, clocks,
    against, proof,
)  # fmt: skip

RELIABLE = (Outcome.AUTHENTIC, Outcome.INCOMPLETE)
"""Verdicts with which the records shown are the gateway's own, so that a page may show them."""


def page(case: Case) -> str:
    """Return the page; of a bundle that proves nothing only the verdict, and how to check it."""
    words = case.words
    sections = SECTIONS if case.report.outcome in RELIABLE else (proof,)
    return document(
        words.language,
        words("page.title"),
        (
            element("p", words("page.about", file=said(case.name)), class_="soft"),
            verdict(case),
            *(each(case) for each in sections),
            glossary(words),
        ),
    )
