"""Parts of a page from a handful of records, as lines: no bundle is made of them, nor checked."""

from __future__ import annotations

from datetime import UTC

from agent.renderer.catalogue import words_of
from agent.renderer.zone import Zone
from agent.report.case import Case
from evidence.report import Report
from tests.agent.report.page_text import lines_of
from tests.agent.report.test_contradictions import Log

WORDS = words_of("en")


def case(records=(), **report):
    records = list(records)
    shown = Report(records=records, gaps=[each for each in records if each.kind == "gap"], **report)
    return Case(shown, "a trip.bundle", "d1" * 32, b"", WORDS, Zone(UTC))


def lines(part, records=(), **report):
    """What a part of the page says, line by line."""
    return lines_of(f"<main>{part(case(records, **report))}</main>")


def plain(html):
    return lines_of(f"<main><p>{html}</p></main>")


def series(*celsius, every=1, device="cargo", start=0.0, **changes):
    log = Log()
    for n, value in enumerate(celsius):
        log.add(start + n * every, device, "temperature", temperature=round(100 * value), **changes)
    return log.records


def renumbered(*parts):
    """Records of several logs as one journal, in the order of their time."""
    found = sorted((each for part in parts for each in part), key=lambda each: each.wall_ms)
    return [each._replace(number=number) for number, each in enumerate(found)]
