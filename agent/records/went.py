"""What rules erased, added up: one line a rule, however often it took something. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.observe.presence import text, whole
from evidence.leaf import Record


@dataclass(frozen=True, slots=True)
class Went:
    """Records that one rule took: how many in all, and when the last of them went, UTC ms."""

    what: str
    days: int
    count: int
    last_ms: int


def added_up(several: Iterable[Went]) -> list[Went]:
    """Return them by rule, in the order in which each began."""
    found: dict[tuple[str, int], Went] = {}
    for each in several:
        key = each.what, each.days
        before = found.get(key, replace(each, count=0))
        count, last_ms = before.count + each.count, max(before.last_ms, each.last_ms)
        found[key] = Went(*key, count, last_ms)
    return list(found.values())


def told_by(records: Iterable[Record]) -> list[Went]:
    """Return what `erasure` records tell, by rule."""
    return added_up(
        Went(
            text(each, "what"),
            whole(each, "days") or 0,
            whole(each, "count") or 0,
            each.wall_ms,
        )
        for each in records
    )
