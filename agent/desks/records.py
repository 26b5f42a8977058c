"""Hands out records: as the hexadecimal of their stored bytes; who asks decodes and prints them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from agent.desks.control import Request, Verb, number
from agent.journal.async_journal import AsyncJournal
from agent.journal.follow import follow, read_from
from agent.journal.recorder import Recorder
from agent.journal.ring_journal import RingJournal


class RecordDesk:
    """The requests of `tallyman journal`."""

    def __init__(self, journal: AsyncJournal, recorder: Recorder) -> None:
        self._journal = journal
        self._recorder = recorder

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by their names."""
        return {
            "records": self.records,
            "follow": self.follow,
            "erasures": self.erasures,
        }

    async def records(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield the records that are durable now: from number `since`, or the `last` ones."""
        first, end = await self._asked(request)
        async for leaf in read_from(self._journal, first, end - first):
            yield leaf.hex()

    async def erasures(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield what rules erased of the records from number `since` on, or of the `last` ones."""
        first, end = await self._asked(request)
        for erasure in await self._journal.run(RingJournal.erasures, first, end):
            yield asdict(erasure)

    async def _asked(self, request: Request) -> tuple[int, int]:
        """Return the first number that is asked for, and the one behind the last."""
        total = await self._journal.count()
        since = number(request, "since", 0)
        return max(since, total - number(request, "last", total)), total

    async def follow(self, request: Request) -> AsyncGenerator[Any, None]:
        """Yield records as they become durable, from number `since` on where it is given."""
        since = number(request, "since", 0) if "since" in request else None
        async with aclosing(follow(self._journal, self._recorder, since)) as leaves:
            async for leaf in leaves:
                yield leaf.hex()
