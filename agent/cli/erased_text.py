"""What was erased by a rule of [privacy], in words: never lost, and never none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.cli.times import format_time
from agent.journal.erasing import Erasure
from agent.observe.presence import text, whole
from evidence.leaf import Record
from foundation.counting import counted, plural


def from_journal(erasures: Iterable[Erasure], *, utc: bool) -> Iterator[str]:
    """Yield one sentence for each erasure that a journal knows of."""
    for each in erasures:
        yield _sentence(each.count, each.what, each.days, each.at_ms, utc=utc)


def from_records(erasures: Iterable[Record], *, utc: bool) -> Iterator[str]:
    """Yield one sentence for each record of an erasure."""
    for each in erasures:
        count, days = whole(each, "count"), whole(each, "days")
        yield _sentence(count, text(each, "what"), days, each.wall_ms, utc=utc)


def _sentence(count: int | None, what: str, days: int | None, at_ms: int, *, utc: bool) -> str:
    known = count or 0
    records = f"{counted(known, f'{what} record')} {plural(known, 'was', 'were')}"
    return f"{records} erased on {format_time(at_ms, utc=utc)} by rule, after {days} days"
