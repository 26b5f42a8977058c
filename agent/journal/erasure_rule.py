"""A rule by which records are erased, and what it took; what erases them is in `erasing.py`.

Here is what a journal without a rule needs to know: it loads no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.dataclass import dataclass

if TYPE_CHECKING:  # the configuration is read without SQLite
    import sqlite3

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS unwiped (seq INTEGER PRIMARY KEY)",
    (
        "CREATE TABLE IF NOT EXISTS overdue (seq INTEGER NOT NULL, what TEXT NOT NULL, "
        "PRIMARY KEY (seq, what)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS erasure (id INTEGER PRIMARY KEY, what TEXT NOT NULL, "
        "days INTEGER NOT NULL, at_ms INTEGER NOT NULL, count INTEGER NOT NULL, "
        "first INTEGER NOT NULL, last INTEGER NOT NULL, behind INTEGER NOT NULL, "
        "told INTEGER NOT NULL DEFAULT 0)"
    ),
    # The last one: readers take it for a sign that all are there, also where power went in between.
    # Three columns, so that salvage does not take a row for a checkpoint.
    (
        "CREATE TABLE IF NOT EXISTS cut (seq INTEGER PRIMARY KEY, remaining INTEGER NOT NULL, "
        "rest BLOB NOT NULL)"
    ),
)

_HAS_TABLES = "SELECT 1 FROM sqlite_schema WHERE name = 'erasure'"
_UNFINISHED = (
    "SELECT EXISTS (SELECT 1 FROM unwiped) OR EXISTS (SELECT 1 FROM erasure WHERE NOT told)"
)


def is_unfinished(connection: sqlite3.Connection) -> bool:
    """Tell whether copies of what went may be left, or no record tells of it yet."""
    if not connection.execute(_HAS_TABLES).fetchone():
        return False
    return bool(connection.execute(_UNFINISHED).fetchone()[0])


@dataclass(frozen=True, slots=True)
class Rule:
    """Records of `kinds` are kept for so many `days`; `what` is what people call them."""

    what: str
    kinds: frozenset[str]
    days: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """Records of one rule that went in one go: `count` of the numbers `first` to `last`.

    `at_ms` is when it began, wall time; the record that tells of it has number `behind`, or a later
    one; `told`: it is durable.
    """

    id: int
    what: str
    days: int
    at_ms: int
    count: int
    first: int
    last: int
    behind: int
    told: bool
