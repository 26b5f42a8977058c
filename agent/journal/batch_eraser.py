"""Erasing by rules in the file of batches: what is due, then every copy of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial

from agent.journal import erasing, erasure_book, wiping
from agent.journal.erasing import Round
from agent.journal.erasure_due import Due
from agent.journal.erasure_rule import Erasure, Rule
from agent.journal.retention import Query

Write = Callable[[Callable[[sqlite3.Connection], None]], None]


class BatchEraser:
    """Reads by `query`, and changes rows by `write`, a transaction each; `cut_log` cuts the log.

    Methods block, as a journal's do.
    """

    def __init__(self, query: Query, write: Write, cut_log: Callable[[], None]) -> None:
        self._query = query
        self._write = write
        self._cut_log = cut_log

    def erase(self, rule: Rule, before_ms: int, at_ms: int, records: int) -> int | None:
        """Erase of the next batches what a rule says, of before `before_ms`; None: none is due.

        `records` is how many the journal has. Return how many went; `wipe` then leaves nothing of
        them in the file.
        """
        start = erasing.next_seq(self._query, rule.what)
        due = Due.of(self._query, before_ms, at_ms)
        upto = due.upto(self._query, start)
        cuts = erasing.next_cuts(self._query, rule, start, upto, due)
        if not cuts and upto == start:
            return None
        behind = max([start, *(cut.seq + 1 for cut in cuts)]) if cuts else upto
        part = Round(cuts, behind, at_ms, records)
        self._write(lambda connection: erasing.erase(connection, rule, part))
        return len(part.numbers)

    def untold(self) -> list[Erasure]:
        """Return the erasures of which no record tells yet, oldest first."""
        return erasure_book.untold(self._query)

    def set_told(self, ids: Sequence[int]) -> None:
        """Note that durable records tell of these erasures."""
        self._write(lambda connection: erasure_book.tell(connection, ids))

    def erased_upto(self) -> int:
        """Return the number behind the last record that a rule has looked at."""
        return erasing.erased_upto(self._query)

    def unwiped(self) -> bool:
        """Tell whether copies of what went may be left in the file."""
        return bool(wiping.next_unwiped(self._query))

    def wipe(self) -> bool:
        """Leave nothing of some erased records in the file; False: there are no more of them.

        Then the log beside it is cut. JournalUnavailable while another program reads it: to be
        asked again.
        """
        seqs = wiping.next_unwiped(self._query)
        if seqs:
            self._write(partial(wiping.rewrite, seqs=seqs))
        elif not wiping.is_filled(self._query):
            self._write(wiping.fill_free)
        else:
            self._cut_log()
            return False
        return True
