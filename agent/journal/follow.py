"""Records for followers: each one once, in order, only when durable, in bounded memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from agent.journal.async_journal import AsyncJournal
from agent.journal.recorder import Recorder
from evidence.leaf import Record
from foundation.errors import AgentError

MOST_WAITING = 4096  # records for one follower, about 2 MB: minutes at the usual rates
PAGE = 256  # records read from the journal at once


class TooSlow(AgentError):
    """A follower took too few records in too long a time."""

    advice = "follow again from there with --since"


class _Live:
    """What a follower has not taken yet of the newest records."""

    def __init__(self) -> None:
        self.waiting: deque[Record] = deque()
        self.arrived = asyncio.Event()
        self.lost: int | None = None

    def add(self, records: Sequence[Record]) -> None:
        if self.lost is None and len(self.waiting) + len(records) > MOST_WAITING:
            self.lost = self.waiting[0].number if self.waiting else records[0].number
            self.waiting.clear()
        if self.lost is None:
            self.waiting.extend(records)
        self.arrived.set()


async def read_from(journal: AsyncJournal, first: int, count: int) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of `count` records from number `first` on, but for those that are gone."""
    end = first + count
    while first < end:
        leaves = await journal.leaves(first, min(PAGE, end - first))
        if not leaves:
            return
        first = Record.from_bytes(leaves[-1]).number + 1  # some may have gone in between
        for leaf in leaves if first <= end else _before(end, leaves):
            yield leaf


def _before(end: int, leaves: Sequence[bytes]) -> list[bytes]:
    return [leaf for leaf in leaves if Record.from_bytes(leaf).number < end]


async def follow(
    journal: AsyncJournal, recorder: Recorder, since: int | None
) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of records for ever; see `follow_records`."""
    async with aclosing(follow_records(journal, recorder, since)) as records:
        async for record in records:
            yield record.to_bytes()


async def follow_records(
    journal: AsyncJournal, recorder: Recorder, since: int | None
) -> AsyncGenerator[Record, None]:
    """Yield records for ever: those from number `since` on first, or only new ones.

    Raises TooSlow when the one who asks falls MOST_WAITING records behind.
    """
    live = _Live()
    recorder.listen(live.add)
    try:
        upto = await journal.count()
        first = upto if since is None else since
        async for leaf in read_from(journal, first, max(0, upto - first)):
            yield Record.from_bytes(leaf)
        while True:
            live.arrived.clear()
            while live.waiting:
                record = live.waiting.popleft()
                if record.number >= max(upto, first):
                    yield record
            if live.lost is not None:
                raise TooSlow(f"this follower is too slow: it missed records from {live.lost} on")
            await live.arrived.wait()
    finally:
        recorder.unlisten(live.add)
