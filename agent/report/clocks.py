"""How right the times on the page are. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.renderer.document import section
from agent.renderer.markup import Html, said
from agent.renderer.table import listed
from agent.renderer.zone import offset_words
from agent.report.case import SHOWN_ROWS, Case
from evidence.leaf import Record

KIND = "clock"


def clocks(case: Case) -> Html:
    """Return who vouches for the times, and what changed: the clock, and local time."""
    return section(case.words("clock.title"), listed(_sentences(case)))


def _sentences(case: Case) -> Iterator[Html]:
    words = case.words
    batches = [statement.batch for statement in case.report.statements]
    bounds = [each.clock_bound_ms for each in batches if each.clock_bound_ms is not None]
    if bounds:
        sources = sorted({b.clock_source for b in batches if b.clock_bound_ms is not None})
        told = words.listed([said(each) for each in sources])
        yield words("clock.bound", sources=told, bound=case.lasting(max(bounds)))
    unsynced = len(batches) - len(bounds)
    if unsynced:
        yield words("clock.unsynced", n=unsynced, all=len(batches))
    undated = sum(case.dating.of(record) is None for record in case.records)
    if undated:
        yield words("clock.undated", n=undated)
    moved = [record for record in case.records if record.kind == KIND]
    for record in moved[:SHOWN_ROWS]:
        yield _moved(case, record)
    for change in case.zone.changes(*case.span):
        yield words(
            "clock.offset",
            at=case.moment(change.at),
            before=offset_words(change.before),
            after=offset_words(change.after),
        )
    yield words("clock.local")


def _moved(case: Case, record: Record) -> Html:
    values = record.values
    source, offset = values.get("new_source"), values.get("offset_ms")
    return case.words(
        "clock.moved",
        at=case.moment(case.dating.of(record)),
        source=said(str(source)),
        offset=case.lasting(offset if isinstance(offset, int) else None),
    )
