"""What rules erased, as the file of batches keeps it: how many of which records, and when."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from agent.journal.erasure_rule import Erasure, Rule
from agent.journal.retention import Query
from evidence.cut_body import parse_cut_body

_ERASURES = "SELECT id, what, days, at_ms, count, first, last, behind, told FROM erasure"
_BETWEEN = _ERASURES + " WHERE last >= ? AND first < ? ORDER BY id"
_CUTS_BETWEEN = (
    "SELECT b.first, b.count, cut.rest FROM cut JOIN batch AS b USING (seq) "
    "WHERE b.first < ? AND b.first + b.count > ?"
)
_OPEN = _ERASURES + " WHERE NOT told ORDER BY id"
_ADD = "UPDATE erasure SET count = ?, first = ?, last = ? WHERE id = ?"
_INSERT = (
    "INSERT INTO erasure (what, days, at_ms, count, first, last, behind) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def note(
    connection: sqlite3.Connection, rule: Rule, numbers: Sequence[int], at_ms: int, behind: int
) -> None:
    """Add records to the rule's erasure that no record tells of yet, or begin one at `at_ms`.

    The record that will tell of it has number `behind`, or a later one.
    """
    count, first, last = len(numbers), min(numbers), max(numbers)
    sql = f"{_ERASURES} WHERE NOT told AND what = ? AND days = ?"
    known = connection.execute(sql, (rule.what, rule.days)).fetchone()
    if known is None:
        new = (rule.what, rule.days, at_ms, count, first, last, behind)
        connection.execute(_INSERT, new)
        return
    before = _erasure(known)
    row = (before.count + count, min(before.first, first), max(before.last, last), before.id)
    connection.execute(_ADD, row)


def erasures(query: Query, first: int, end: int) -> list[Erasure]:
    """Return what was erased of the records from `first` to before `end`, oldest erasure first."""
    return [_erasure(row) for row in query(_BETWEEN, first, end)]


def erased_count(query: Query, first: int, end: int) -> int:
    """Return how many of the records from `first` to before `end` a rule erased."""
    count = 0
    for start, held, rest in query(_CUTS_BETWEEN, end, first):
        here = {start + item.index for item in parse_cut_body(rest).left}
        within = range(max(first, start), min(end, start + held))
        count += sum(number not in here for number in within)
    return count


def untold(query: Query) -> list[Erasure]:
    """Return the erasures of which no record tells yet."""
    return [_erasure(row) for row in query(_OPEN)]


def tell(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Note that durable records tell of these."""
    rows = [(each,) for each in ids]
    connection.executemany("UPDATE erasure SET told = 1 WHERE id = ?", rows)


def overdue(query: Query, what: str) -> int:
    """Return how many batches are due and not cut: no node has signed since they were."""
    return int(query("SELECT COUNT(*) FROM overdue WHERE what = ?", what)[0][0])


def _erasure(row: Any) -> Erasure:
    number, what, days, at_ms, count, first, last, behind, told = row
    return Erasure(number, what, days, at_ms, count, first, last, behind, bool(told))
