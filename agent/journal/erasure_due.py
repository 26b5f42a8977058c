"""Which batches a rule says to erase by now.

How old a batch is, its own stamps tell where the clock was vouched for. One that lies before such
a batch in the gateway's order is as old at least, whatever its stamps say.

What time it is now, the gateway's clock says, and for what cannot be undone a second one has to
agree: that of a node, by its newest custody receipt.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.journal.retention import Query
from evidence.custody import parse_custody
from evidence.errors import EvidenceError
from evidence.statement import parse_statement

PAGE = 16
"""Statements read at once."""

_STATEMENTS = (
    "SELECT seq, statement FROM batch WHERE seq >= ? AND seq < (SELECT MAX(seq) FROM batch) "
    "ORDER BY seq LIMIT ?"
)
_NEWEST_RECEIPT = "SELECT receipt FROM custody ORDER BY seq DESC LIMIT 1"

MS = 1000  # in a second, in which receipts tell the time

LAG_MS = 86_400_000
"""A day: a receipt that is no older is waited for. Behind an older one batches are told of as
overdue."""


@dataclass(frozen=True, slots=True)
class Due:
    """Records of before `before_ms` are due, by the gateway's clock, which shows `now_ms`.

    Those of before `surely_ms` are so by a node's clock, too; None where no receipt can be read.
    Wall times.
    """

    before_ms: int
    now_ms: int
    surely_ms: int | None

    @classmethod
    def of(cls, query: Query, before_ms: int, now_ms: int) -> Due:
        """Hold the gateway's clock against the newest custody receipt."""
        signed_ms = _signed_ms(query)
        if signed_ms is None:
            return cls(before_ms, now_ms, None)
        early_ms = max(0, now_ms - signed_ms)
        surely_ms = before_ms - early_ms
        return cls(surely_ms if early_ms <= LAG_MS else before_ms, now_ms, surely_ms)

    def upto(self, query: Query, start: int) -> int:
        """Return the seq behind the last batch that is due, of the next ones from `start` on.

        All records of a due batch are of before `before_ms`. The newest batch is never due: the
        next statement and the last record are read from it.
        """
        return self._upto(query, start, self.before_ms)

    def surely_upto(self, query: Query, start: int) -> int:
        """Return the same of those that are due by both clocks."""
        return start if self.surely_ms is None else self._upto(query, start, self.surely_ms)

    def _upto(self, query: Query, start: int, before_ms: int) -> int:
        upto = first = start
        while upto == start and (page := query(_STATEMENTS, first, PAGE)):
            for seq, encoded in page:
                due = self._is_due(encoded, before_ms)
                if due is False:
                    return upto
                if due:
                    upto = seq + 1
            first = page[-1][0] + 1
        return upto

    def _is_due(self, encoded: bytes, before_ms: int) -> bool | None:
        """Tell whether a batch is due; None where its stamps do not tell: those around it do."""
        try:
            statement = parse_statement(encoded)
        except EvidenceError:
            return None
        if statement.gap is not None or statement.batch.clock_bound_ms is None:
            return None
        last_ms = statement.batch.last_ms
        return None if last_ms > self.now_ms else last_ms < before_ms


def _signed_ms(query: Query) -> int | None:
    """Return the wall time at which a node signed for the newest body; None: none can be read."""
    rows = query(_NEWEST_RECEIPT)
    try:
        return parse_custody(rows[0][0]).issued_at * MS if rows else None
    except EvidenceError:
        return None
