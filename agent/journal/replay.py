"""Catching up with the journal after a restart: what a snapshot does not hold is folded in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.journal.async_journal import AsyncJournal
from evidence.leaf import Record

PAGE = 1024  # records read at once


async def replay(
    journal: AsyncJournal,
    first: int,
    fold: Callable[[Sequence[Record]], None],
) -> None:
    """Hand the records from number `first` on to `fold`, a page at a time, until there are no more.

    A listener that is added to the recorder right behind this call misses none and gets none twice:
    there is no await between the last look at the journal and the return.
    """
    while first < (count := await journal.count()):
        page = await journal.records(first, min(PAGE, count - first))
        if not page:
            return
        fold(page)
        first = page[-1].number + 1  # retention may have let some go in between
