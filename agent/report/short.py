"""What happened, in a few plain sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.records.went import told_by
from agent.renderer.document import section
from agent.renderer.markup import Html, joined, said
from agent.renderer.table import listed
from agent.report.case import Case
from agent.report.contradictions import contradictions
from agent.report.series import Series
from agent.report.shocks import hardest, measured, peak
from agent.rules.rule import State
from agent.rules.sources import EVENTS
from agent.rules.valid_time import FLOORS


def short(case: Case) -> Html:
    """Return what is to be known before anything else; nothing of what proves nothing."""
    if not case.records:
        return section(case.words("short.title"), listed([case.words("short.nothing")]))
    return section(case.words("short.title"), listed(_sentences(case)))


def _sentences(case: Case) -> Iterator[Html]:
    yield from _records(case)
    for series in case.series:
        yield series_words(case, series)
    yield from _shocks(case)
    yield _conditions(case)
    yield _gaps(case)
    if found := contradictions(case):
        yield case.words("short.against", n=len(found))


def _records(case: Case) -> Iterator[Html]:
    words, report = case.words, case.report
    start, end = case.span
    issuers = sorted({each.claims.issuer for each in report.statements})
    yield words("short.who", gateway=words.listed([said(each) for each in issuers]))
    yield words(
        "short.when", start=case.moment(start), end=case.moment(end), time=case.lasting(end - start)
    )
    doubtful = sum(map(case.dating.doubtful, case.records))
    if doubtful:
        yield words("short.doubtful", n=doubtful)
    yield words("short.records", n=len(case.records), all=len(case.records) + report.hidden)
    if report.hidden:
        yield words("short.hidden", n=report.hidden)
    for each in told_by(report.erasures):
        what, last = words.known("erased", each.what), case.moment(each.last_ms)
        yield words("short.erased", n=each.count, what=what, at=last, days=each.days)


def series_words(case: Case, series: Series) -> Html:
    """Return one value of one sensor in a sentence: its extremes, and how much nobody knows."""
    words = case.words
    who, what = said(series.device), words.known("field", series.field)
    if series.lowest is None or series.highest is None:
        return words("short.no-value", device=who, field=what)
    low, high = (
        words.amount(value, series.decimals, series.unit)
        for value in (series.lowest, series.highest)
    )
    if series.at_least:
        high = words("climate.at-least", highest=high)
    told = words("short.series", device=who, field=what, low=low, high=high)
    if not series.unknown_ms:
        return told
    start, end = case.span
    unknown, whole = case.lasting(series.unknown_ms), case.lasting(end - start)
    return joined((told, words("short.unknown", time=unknown, whole=whole)))


def _shocks(case: Case) -> Iterator[Html]:
    found = [record for record in case.records if record.kind == EVENTS]
    if found:
        worst = hardest(found)[0]
        yield case.words(
            "short.shock",
            n=len(found),
            peak=peak(case, worst),
            time=measured(case, worst, "duration", "ms", 1),
            device=said(worst.device),
            at=case.moment(case.dating.of(worst)),
        )
        floors = sum(each.quality in FLOORS for each in found if each is not worst)
        if floors:
            yield case.words("short.shock-floors", n=floors)


def _conditions(case: Case) -> Html:
    """Return how many excursions and alarms there were; that nobody looked is another thing."""
    words = case.words
    counts = {state: _count(case, state) for state in (State.EXCURSION, State.ALARM)}
    if any(counts.values()):
        excursions = words("short.excursions", n=counts[State.EXCURSION])
        return words(
            "short.conditions",
            excursions=excursions,
            alarms=words("short.alarms", n=counts[State.ALARM]),
        )
    if not any(record.kind == "profile" for record in case.records):
        return words("short.no-rules")
    return words("short.no-conditions")


def _count(case: Case, state: State) -> int:
    return sum(each.state == state for each in case.stretches)


def _gaps(case: Case) -> Html:
    gaps = len(case.outages) + len(case.report.losses)
    if gaps:
        return case.words("short.gaps", n=gaps)
    return case.words("short.no-gaps-shown" if case.report.hidden else "short.no-gaps")
