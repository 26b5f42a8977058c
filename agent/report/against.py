"""What speaks against what is told, whether or not anything else is claimed. Pure."""

from __future__ import annotations

from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, said
from agent.renderer.table import listed
from agent.report.case import SHOWN_ROWS, Case
from agent.report.contradictions import Contradiction, contradictions


def against(case: Case) -> Html:
    """Return all that speaks against the records; that nothing does is no proof, and is said."""
    words = case.words
    found = contradictions(case)
    more = len(found) - SHOWN_ROWS
    return section(
        words("against.title"),
        element("p", words("against.text" if found else "against.none")),
        listed(_told(case, each) for each in found[:SHOWN_ROWS]),
        element("p", words("more", n=more)) if more > 0 else NOTHING,
        element("p", words("against.hidden")) if case.report.hidden else NOTHING,
    )


def _told(case: Case, each: Contradiction) -> Html:
    return case.words(
        f"against.{each.what}",
        who=said(each.who),
        at=case.moment(each.at),
        until=case.moment(each.until),
        thing=said(each.thing),
        n=each.n,
    )
