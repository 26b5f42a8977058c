"""Hands out records: as the hexadecimal of their stored bytes; who asks decodes and prints them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from agent.desks.control import Request, Verb, number
from agent.journal.async_journal import AsyncJournal
from agent.journal.follow import follow, read_from
from agent.journal.recorder import Recorder


class RecordDesk:
    """The requests of `tallyman journal`."""

    def __init__(self, journal: AsyncJournal, recorder: Recorder) -> None:
        self._journal = journal
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {"records": self.records, "follow": self.follow}

    async def records(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the records that are durable now: from number `since`, or the `last` ones."""
        total = await self._journal.count()
        since = number(request, "since", 0)
        last = number(request, "last", total)
        first = max(since, total - last)
        async for leaf in read_from(self._journal, first, total - first):
            yield leaf.hex()

    async def follow(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield records as they become durable, from number `since` on where it is given."""
        since = number(request, "since", 0) if "since" in request else None
        async for leaf in follow(self._journal, self._recorder, since):
            yield leaf.hex()
