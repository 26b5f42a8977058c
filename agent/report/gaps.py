"""When there is no data, and why, as it was declared. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.renderer.document import section
from agent.renderer.markup import NOTHING, Html, element, said
from agent.renderer.table import listed, table
from agent.report.case import SHOWN_ROWS, Case
from agent.shipments.outages import Outage
from evidence.report import Loss

HEADS = ("device", "from", "to", "time", "reason")
NOTE = "note"


def gaps(case: Case) -> Html:
    """Return the declared gaps, what people noted of them, and what was lost for good."""
    words = case.words
    rows = (_row(case, each) for each in case.outages[:SHOWN_ROWS])
    more = len(case.outages) - SHOWN_ROWS
    losses = [_loss(case, each) for each in case.report.losses]
    return section(
        words("gaps.title"),
        element("p", words("gaps.text" if case.outages or losses else _none(case))),
        table(words("gaps.table"), [words(f"gaps.{name}") for name in HEADS], rows),
        element("p", words("more", n=more)) if more > 0 else NOTHING,
        listed(losses),
        listed(_notes(case)),
    )


def _none(case: Case) -> str:
    """Return what to say where no gap is shown: one may be hidden."""
    return "gaps.none-shown" if case.report.hidden else "gaps.none"


def _row(case: Case, gap: Outage) -> list[Html]:
    words = case.words
    known = gap.start_ms is not None and gap.end_ms is not None
    return [
        said(gap.device),
        case.moment(gap.start_ms),
        words("gaps.open") if gap.end_ms is None else case.moment(gap.end_ms),
        case.lasting(gap.end_ms - gap.start_ms if known else None),  # type: ignore[operator]
        said(gap.reason),
    ]


def _loss(case: Case, loss: Loss) -> Html:
    records = case.words("unknown") if loss.records is None else Html(len(loss.records))
    return case.words(
        "gaps.loss", first=loss.first, last=loss.last, records=records, reason=said(loss.reason)
    )


def _notes(case: Case) -> Iterator[Html]:
    """Yield what people know of gaps, in their words."""
    for record in case.records:
        if record.kind == NOTE:
            told, by = (str(record.values.get(name, "")) for name in ("text", "operator"))
            at = case.moment(case.dating.of(record))
            yield case.words(
                "gaps.note", text=said(told), device=said(record.device), operator=said(by), at=at
            )
