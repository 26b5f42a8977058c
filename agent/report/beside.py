"""Who else saw what a record claims, and what speaks against it. Pure.

None of it is proof; a door that was opened, a neighbour that warmed up as well, or one that did
not, is what an expert looks for first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from agent.renderer.markup import Html, said
from agent.renderer.table import listed
from agent.report.case import TEMPERATURE, Case
from agent.report.doors import contact_name
from agent.shipments.doors import OPEN
from evidence.leaf import Record

NEAR = 5_000  # ms within which two sensors tell of one impact: their clock is the same
MOST = 8  # lines beside one claim


class Around(NamedTuple):
    """A claim: what device, of what value, and when, ms of UTC."""

    device: str
    field: str
    start: int
    end: int


def around(case: Case, record: Record) -> Around:
    """Return the claim of an impact."""
    at = case.dating.of(record)
    moment = record.wall_ms if at is None else at
    return Around(record.device, "peak", moment, moment)


def witnesses(case: Case, claim: Around) -> Html:
    """Return what others say of the time of a claim; in words where nobody else says anything."""
    found = list(islice(_lines(case, claim), MOST))
    return listed(found) if found else case.words("beside.nobody")


def _lines(case: Case, claim: Around) -> Iterator[Html]:
    yield from _doubts(case, claim)
    if claim.field == "peak":
        yield from _shocks(case, claim)
    else:
        yield from _neighbours(case, claim)
    yield from _doors(case, claim)
    yield from _places(case, claim)


def _neighbours(case: Case, claim: Around) -> Iterator[Html]:
    """Yield what other sensors of the same value measured meanwhile."""
    words = case.words
    for series in case.series:
        if series.field != claim.field or series.device == claim.device:
            continue
        known = series.known_between(claim.start, claim.end)
        if not known:
            yield words("beside.silent", device=said(series.device))
            continue
        low, high = (
            words.amount(value, series.decimals, series.unit) for value in (min(known), max(known))
        )
        yield words("beside.neighbour", device=said(series.device), low=low, high=high)


def _doubts(case: Case, claim: Around) -> Iterator[Html]:
    """Yield what speaks against a series of temperatures, by itself or beside its neighbours."""
    found = case.doubts.get(claim.device, []) if claim.field == TEMPERATURE else []
    for doubt in found:
        if doubt.start <= claim.end and doubt.end >= claim.start:
            yield case.words(f"beside.{doubt.what}", at=case.moment(doubt.start))


def _shocks(case: Case, claim: Around) -> Iterator[Html]:
    """Yield who else felt it at the same moment, and who did not, where nothing is hidden."""
    near = {each.device for at, each in case.impacts if abs(at - claim.start) <= NEAR}
    for device in sorted({each.device for _, each in case.impacts} - {claim.device}):
        if device in near:
            yield case.words("beside.felt", device=said(device))
        elif not case.report.hidden:
            yield case.words("beside.not-felt", device=said(device))


def _doors(case: Case, claim: Around) -> Iterator[Html]:
    """Yield how each door stood when it began, and how often it was opened meanwhile.

    Where records are hidden one of them may have told of it: then nobody knows.
    """
    words = case.words
    for contact, told in case.doors.items():
        device = contact_name(case, *contact)
        before = [state for at, state in told if at <= claim.start]
        within = [state for at, state in told if claim.start < at <= claim.end]
        if case.report.hidden or not before or not before[-1] or "" in within:
            yield words("beside.door-unknown", device=device)
            continue
        state = words.known("door", before[-1])
        yield words("beside.door", device=device, state=state, n=within.count(OPEN))


def _places(case: Case, claim: Around) -> Iterator[Html]:
    for way in case.ways:
        found = way.before(claim.start)
        if found is not None:
            at, fix = found
            told = {"device": said(way.device), "place": case.place(fix)}
            if at == claim.start:
                yield case.words("beside.here", **told)
            else:
                yield case.words("beside.place", ago=case.lasting(claim.start - at), **told)
